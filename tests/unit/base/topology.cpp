// SPDX-License-Identifier: MIT
// Unit tests of base/topology and base/cpu_list: machines made of small files, and the one that the test runs on.

#include <trust/base/cpu_list.hpp>
#include <trust/base/topology.hpp>

#include <doctest/doctest.h>
#include <pthread.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
using trust::base::cpu;
using trust::base::cpu_list_text;
using trust::base::cpu_quota;
using trust::base::parse_cpu_list;
using trust::base::usable_cpus;
using ids = std::vector<int>;

// A machine whose /sys and /proc lie in a folder of their own.
class machine {
 public:
  machine() {
    std::string name = (fs::temp_directory_path() / "trust-machine-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  machine& file(const std::string& path, std::string_view text) {
    fs::create_directories(fs::path{root_ + path}.parent_path());
    std::ofstream{root_ + path} << text << '\n';
    return *this;
  }
  machine& cpu_at(int id, std::string_view siblings, int package, const char* name = "core_cpus_list") {
    const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(id) + "/topology/";
    return file(folder + name, siblings).file(folder + "physical_package_id", std::to_string(package));
  }
  [[nodiscard]] const std::string& root() const { return root_; }

 private:
  std::string root_;
};

ids ids_of(const std::vector<cpu>& cpus) {
  ids result;
  for (const cpu& each : cpus) result.push_back(each.id);
  return result;
}

}  // namespace

TEST_CASE("a list of CPUs is read in its order and without repetitions") {
  CHECK(parse_cpu_list("0") == ids{0});
  CHECK(parse_cpu_list("0,2-5") == ids{0, 2, 3, 4, 5});
  CHECK(parse_cpu_list("5,1-2,1,5") == ids{5, 1, 2});
  CHECK(parse_cpu_list(" 0-1\n") == ids{0, 1});
  CHECK(parse_cpu_list("") == ids{});
  CHECK(parse_cpu_list("\n") == ids{});
}

TEST_CASE("what is not a list of CPUs is refused") {
  for (const char* text :
       {"a", "1,", ",1", "1,,2", "1-", "-1", "3-1", "1 2", "0x1", "99999999999", "70000", "1-70000", "1;2"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cpu_list(text));
  }
}

TEST_CASE("a list of CPUs is written with its neighbours drawn together") {
  CHECK(cpu_list_text(ids{}).empty());
  CHECK(cpu_list_text(ids{3}) == "3");
  CHECK(cpu_list_text(ids{0, 1, 2, 3, 8}) == "0-3,8");
  CHECK(cpu_list_text(ids{4, 0, 1}) == "4,0-1");
}

TEST_CASE("physical cores come first and their siblings after them") {
  machine m;
  m.file("/sys/devices/system/cpu/online", "0-3");
  m.cpu_at(0, "0-1", 0).cpu_at(1, "0-1", 0).cpu_at(2, "2-3", 0).cpu_at(3, "2-3", 0);
  const auto cpus = usable_cpus(m.root());
  REQUIRE(ids_of(cpus) == ids{0, 2, 1, 3});
  CHECK(cpus[1] == cpu{.id = 2, .core = 2, .package = 0, .node = 0, .first_of_core = true});
  CHECK(cpus[3] == cpu{.id = 3, .core = 2, .package = 0, .node = 0, .first_of_core = false});
}

TEST_CASE("two sockets with siblings far apart, NUMA nodes and an older kernel's file names are understood") {
  machine m;
  m.file("/sys/devices/system/cpu/online", "0-7");
  for (int id = 0; id < 8; ++id) {
    const int core = id % 4;
    m.cpu_at(id, std::to_string(core) + "," + std::to_string(core + 4), core / 2, "thread_siblings_list");
  }
  m.file("/sys/devices/system/node/online", "0-1");
  m.file("/sys/devices/system/node/node0/cpulist", "0-1,4-5");
  m.file("/sys/devices/system/node/node1/cpulist", "2-3,6-7");
  const auto cpus = usable_cpus(m.root());
  REQUIRE(ids_of(cpus) == ids{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(cpus[3] == cpu{.id = 3, .core = 3, .package = 1, .node = 1, .first_of_core = true});
  CHECK(cpus[6] == cpu{.id = 6, .core = 2, .package = 1, .node = 1, .first_of_core = false});
}

TEST_CASE("a core of which only the second thread is online counts as a core") {
  machine m;
  m.file("/sys/devices/system/cpu/online", "0,3");
  m.cpu_at(0, "0-1", 0).cpu_at(3, "2-3", 0);
  const auto cpus = usable_cpus(m.root());
  REQUIRE(ids_of(cpus) == ids{0, 3});
  CHECK(cpus[1].first_of_core);
}

TEST_CASE("CPUs of which nothing is known are cores of their own") {
  machine m;
  m.file("/sys/devices/system/cpu/online", "0-1");
  m.file("/sys/devices/system/cpu/cpu1/topology/physical_package_id", "-1");
  const auto cpus = usable_cpus(m.root());
  REQUIRE(ids_of(cpus) == ids{0, 1});
  CHECK(cpus[1] == cpu{.id = 1, .core = 1, .package = 0, .node = 0, .first_of_core = true});
  CHECK(usable_cpus(m.root() + "/nowhere").size() == 1);
}

TEST_CASE("the CPUs of this machine are those of the affinity mask") {
  const auto cpus = usable_cpus();
  REQUIRE_FALSE(cpus.empty());
  const auto all = ids_of(cpus);
  CHECK(std::set<int>(all.begin(), all.end()).size() == all.size());
  std::thread{[&] {
    const ids one{all.back()};
    REQUIRE_FALSE(trust::base::pin_this_thread(one));
    CHECK(ids_of(usable_cpus()) == one);
    CHECK(usable_cpus().front().first_of_core);
    CHECK_FALSE((trust::base::whole_mask_is_ours() && all.size() > 1));
    CHECK(trust::base::pin_this_thread(ids{trust::base::highest_cpu}));
    CHECK(trust::base::pin_this_thread(ids{}));
    CHECK(trust::base::pin_this_thread(ids{-1}));
    CHECK(ids_of(usable_cpus()) == one);
  }}.join();
  CHECK(ids_of(usable_cpus()) == all);
}

TEST_CASE("a thread's name is cut where the kernel would refuse it") {
  std::thread{[] {
    trust::base::name_this_thread("trust/0 and a long tail");
    char name[32] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    CHECK(std::string_view{name} == "trust/0 and a l");
  }}.join();
}

TEST_CASE("no control group files mean no quota") {
  const machine m;
  CHECK_FALSE(cpu_quota(m.root()));
}

TEST_CASE("a quota of cgroup v2 is that of the group or of an ancestor, whichever is less") {
  machine m;
  m.file("/proc/self/cgroup", "0::/a/b/c");
  CHECK_FALSE(cpu_quota(m.root()));
  m.file("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000");
  CHECK_FALSE(cpu_quota(m.root()));
  m.file("/sys/fs/cgroup/a/cpu.max", "250000 100000");
  CHECK(cpu_quota(m.root()) == 2.5);
  m.file("/sys/fs/cgroup/a/b/c/cpu.max", "50000 100000");
  CHECK(cpu_quota(m.root()) == 0.5);
  m.file("/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000");
  CHECK(cpu_quota(m.root()) == 2.5);
}

TEST_CASE("a container's quota is found at the top of what it sees") {
  machine m;
  m.file("/sys/fs/cgroup/cpu.max", "150000 100000");
  for (const char* line : {"0::/", "0::/not/mounted/here", "0::/../..", ""}) {
    CAPTURE(line);
    m.file("/proc/self/cgroup", line);
    CHECK(cpu_quota(m.root()).has_value() == (*line != '\0'));
  }
}

TEST_CASE("a quota of cgroup v1 is found beside the other controllers") {
  machine m;
  m.file("/proc/self/cgroup", "12:memory:/box\n4:cpu,cpuacct:/box/inner\n1:name=systemd:/\n0::/");
  CHECK_FALSE(cpu_quota(m.root()));
  const std::string group = "/sys/fs/cgroup/cpu,cpuacct/box/";
  m.file(group + "inner/cpu.cfs_quota_us", "-1").file(group + "inner/cpu.cfs_period_us", "100000");
  CHECK_FALSE(cpu_quota(m.root()));
  m.file(group + "cpu.cfs_quota_us", "300000").file(group + "cpu.cfs_period_us", "100000");
  CHECK(cpu_quota(m.root()) == 3.0);
  m.file("/sys/fs/cgroup/unified/cpu.max", "100000 100000");
  CHECK(cpu_quota(m.root()) == 1.0);
}

TEST_CASE("a quota that cannot be read is none") {
  machine m;
  m.file("/proc/self/cgroup", "0::/\nnonsense\n7:cpu");
  for (const char* text : {"", "max", "x 100000", "100000 0", "100000 x", "-5 100000"}) {
    CAPTURE(text);
    m.file("/sys/fs/cgroup/cpu.max", text);
    CHECK_FALSE(cpu_quota(m.root()));
  }
}
