// SPDX-License-Identifier: MIT
// rivals: plain threads, each on the CPU of a worker, released together. The time runs from the release to the end of the
// slowest.
#include "measure.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace counter {
namespace {

using clock = std::chrono::steady_clock;

struct alignas(128) shared_word {
  std::atomic<long> value{0};
};

struct alignas(128) locked_word {
  std::mutex mutex;
  long value = 0;
};

void pin_here(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  sched_setaffinity(0, sizeof one, &one);
}

// Runs `body(thread number)` on each thread and returns the nanoseconds from their common start to the last end.
template <class Body> double together(std::size_t threads, const cpus& where, Body body) {
  std::atomic<std::size_t> ready{0};
  std::atomic<bool> go{false};
  std::vector<clock::time_point> ends(threads);
  std::vector<std::thread> crowd;
  for (std::size_t t = 0; t < threads; ++t)
    crowd.emplace_back([&, t] {
      if (t < where.size()) pin_here(where[t]);
      ready.fetch_add(1);
      while (!go.load()) std::this_thread::yield();
      body(t);
      ends[t] = clock::now();
    });
  while (ready.load() != threads) std::this_thread::yield();
  auto begin = clock::now();
  go.store(true);
  for (auto& t : crowd) t.join();
  return std::chrono::duration<double, std::nano>(*std::max_element(ends.begin(), ends.end()) - begin).count();
}

// Until `word` is `value`; lets the other run now and then, in case both are on one CPU.
void await_value(const std::atomic<long>& word, long value) {
  for (int tries = 0; word.load(std::memory_order_acquire) != value; ++tries)
    if (tries == 1000) {
      std::this_thread::yield();
      tries = 0;
    }
}

}  // namespace

void check(const char* who, long got, long wanted) {
  if (got == wanted) return;
  std::fprintf(stderr, "%s counted %ld instead of %ld\n", who, got, wanted);
  std::exit(1);
}

double by_atomic(std::size_t threads, const cpus& where, long increments) {
  shared_word word;
  long each = increments / static_cast<long>(threads);
  double ns = together(threads, where, [&](std::size_t) {
    for (long i = 0; i < each; ++i) word.value.fetch_add(1);
  });
  check("atomic", word.value.load(), each * static_cast<long>(threads));
  return ns;
}

double by_mutex(std::size_t threads, const cpus& where, long increments) {
  locked_word word;
  long each = increments / static_cast<long>(threads);
  double ns = together(threads, where, [&](std::size_t) {
    for (long i = 0; i < each; ++i) {
      std::lock_guard lock{word.mutex};
      ++word.value;
    }
  });
  check("mutex", word.value, each * static_cast<long>(threads));
  return ns;
}

double round_trip(const cpus& where) {
  constexpr long trips = 2'000;
  shared_word there;
  shared_word back;
  double ns = together(2, where, [&](std::size_t side) {
    for (long i = 1; i <= trips; ++i) {
      if (side == 0) {
        there.value.store(i, std::memory_order_release);
        await_value(back.value, i);
      } else {
        await_value(there.value, i);
        back.value.store(i, std::memory_order_release);
      }
    }
  });
  return ns / trips;
}

}  // namespace counter
