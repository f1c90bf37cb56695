// SPDX-License-Identifier: MIT
// machine: what the kernel says about itself, and threads that start together.
#include "machine.hpp"

#include "pause.hpp"

#include <dlfcn.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

namespace bench {
namespace {

std::vector<int> mask_at_start() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof mask, &mask);
  std::vector<int> found;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &mask)) found.push_back(cpu);
  if (found.size() < 2) {
    std::fprintf(stderr, "these benchmarks need two CPUs, this process may use %zu\n", found.size());
    std::exit(2);
  }
  return found;
}

// The second figure of a task's schedstat: nanoseconds in which it was ready and had no CPU.
double waited_by(const std::string& task) {
  std::ifstream file{"/proc/" + task + "/schedstat"};
  double ran = 0;
  double waited = 0;
  file >> ran >> waited;
  return waited;
}

// What threads that have ended waited for in their bodies.
std::atomic<double> waited_by_ended{0};

struct alignas(128) word {
  std::atomic<long> value{0};
};

}  // namespace

const std::vector<int>& cpus() {
  static const std::vector<int> all = mask_at_start();
  return all;
}

void pin_here(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  sched_setaffinity(0, sizeof one, &one);
}

together_result together(std::size_t threads, const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> here{0};
  std::vector<clock::time_point> begins(threads);
  std::vector<clock::time_point> ends(threads);
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < threads; ++i)
    all.emplace_back([&, i] {
      pin_here(cpus()[i % cpus().size()]);
      const double before = waited_by("thread-self");
      here.fetch_add(1);
      wait_until([&] { return here.load(std::memory_order_acquire) == threads; });
      begins[i] = clock::now();
      body(i);
      ends[i] = clock::now();
      waited_by_ended.fetch_add(waited_by("thread-self") - before);
    });
  for (auto& t : all) t.join();
  const auto [first, last_to_begin] = std::minmax_element(begins.begin(), begins.end());
  const auto [first_to_end, last] = std::minmax_element(ends.begin(), ends.end());
  const double whole = ns_between(*first, *last);
  return {whole, std::max(0.0, ns_between(*last_to_begin, *first_to_end) / whole)};
}

double bare_round_trip(int lines) {
  constexpr long trips = 64;
  constexpr std::size_t runs = 25;
  word first;
  word second;
  word& back = lines == 1 ? first : second;
  std::array<double, runs> took{};
  together(2, [&](std::size_t side) {
    long turn = 0;
    for (std::size_t r = 0; r < runs; ++r) {
      const auto begin = clock::now();
      for (long i = 0; i < trips; ++i, turn += 2)
        if (side == 0) {
          first.value.store(turn + 1, std::memory_order_release);
          wait_until([&] { return back.value.load(std::memory_order_acquire) == turn + 2; });
        } else {
          wait_until([&] { return first.value.load(std::memory_order_acquire) == turn + 1; });
          back.value.store(turn + 2, std::memory_order_release);
        }
      if (side == 0) took[r] = ns_between(begin, clock::now()) / trips;
    }
  });
  std::nth_element(took.begin(), took.begin() + runs / 2, took.end());
  return took[runs / 2];
}

double waited_ns() {
  double sum = waited_by_ended.load();
  const std::string main = std::to_string(getpid());
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"})
    if (task.path().filename() != main) sum += waited_by("self/task/" + task.path().filename().string());
  return sum;
}

double load() {
  double one = 0;
  return getloadavg(&one, 1) == 1 ? one : 0;
}

identity identify() {
  identity me;
  std::ifstream info{"/proc/cpuinfo"};
  for (std::string line; me.cpu.empty() && std::getline(info, line);)
    if (line.starts_with("model name")) me.cpu = line.substr(line.find(':') + 2);
  me.cpu += ", " + std::to_string(cpus().size()) + " CPUs";
  utsname name{};
  uname(&name);
  me.kernel = std::string{name.sysname} + ' ' + name.release;
#ifdef __clang__
  me.compiler = "clang " __clang_version__;
#else
  me.compiler = "g++ " __VERSION__;
#endif
  me.malloc = dlsym(RTLD_DEFAULT, "tc_malloc") != nullptr ? "tcmalloc" : "glibc";
  const std::time_t now = std::time(nullptr);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", std::gmtime(&now));
  me.date = text.data();
  return me;
}

}  // namespace bench
