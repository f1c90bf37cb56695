// SPDX-License-Identifier: MIT
// alone_idle: an idle runtime uses no CPU and nobody wakes it, also when many workers have called each other before (promise 10).
//
// CPU time of the whole process and voluntary switches of each of its worker threads over two seconds.
#include "support/effort.hpp"
#include <trust/trust.hpp>

#include <dirent.h>
#include <doctest/doctest.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

std::chrono::nanoseconds cpu_used() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

/// Voluntary switches of each thread that is named trust/...
std::map<std::string, long> switches() {
  std::map<std::string, long> found;
  DIR* tasks = ::opendir("/proc/self/task");
  while (const dirent* entry = ::readdir(tasks)) {
    const std::string folder = std::string{"/proc/self/task/"} + entry->d_name;
    std::string name;
    std::ifstream comm{folder + "/comm"};
    if (!std::getline(comm, name) || name.rfind("trust/", 0) != 0) continue;
    std::ifstream status{folder + "/status"};
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("voluntary_ctxt_switches:", 0) == 0)
        found[std::string{entry->d_name} + ' ' + name] = std::stol(line.substr(24));
    }
  }
  ::closedir(tasks);
  return found;
}

void check_quiet(const std::string& when) {
  std::this_thread::sleep_for(500ms);  // what was going on comes to rest
  const auto before = switches();
  const auto cpu_before = cpu_used();
  std::this_thread::sleep_for(2s);
  const auto used = cpu_used() - cpu_before;
  const auto after = switches();
  CAPTURE(when);
  MESSAGE(when << ": " << used.count() / 1000 << " us of CPU time in 2 s");
  CHECK(used < 2ms);
  CHECK(!after.empty());
  for (const auto& [thread, count] : after) {
    CAPTURE(thread);
    CHECK(count - before.at(thread) <= 2);
  }
}

trust::task<> call_all(std::vector<trust::remote<int>> them) {
  for (int round = 0; round < 3; ++round) {
    for (const auto& r : them) co_await r.apply([](int& n) { ++n; });
  }
}

}  // namespace

TEST_CASE("a runtime that has nothing to do uses no CPU") {
  if (tests::sanitized) {
    MESSAGE("skipped: a sanitizer's own thread uses CPU time");
    return;
  }
  trust::options o;
  o.workers = 2;
  trust::runtime rt{o};
  const auto r = rt.entrust(trust::on(1), 0);
  rt.block_on(call_all, std::vector{r});
  check_quiet("two workers");
}

TEST_CASE("64 workers that have all called each other use no CPU afterwards") {
  if (tests::sanitized) {
    MESSAGE("skipped: a sanitizer's own thread uses CPU time");
    return;
  }
  trust::options o;
  o.workers = 64;
  o.lane_capacity = 64;
  trust::runtime rt{o};
  std::vector<trust::remote<int>> them;
  for (std::size_t i = 0; i < 64; ++i) them.push_back(rt.entrust(trust::on(i), 0));
  std::vector<trust::task_handle<void>> tasks;
  for (std::size_t i = 0; i < 64; ++i) tasks.push_back(rt.spawn(trust::on(i), call_all, them));
  for (auto& t : tasks) t.get();
  check_quiet("64 workers");
}
