// SPDX-License-Identifier: MIT
#pragma once
// watch: a thread that notices a worker which does not come round: a closure or a coroutine's slice longer than options.stall_report.
//
// It samples the workers' pass counts while any of them is awake and sleeps when all are parked; a worker that wakes up wakes it. What it
// finds it logs at once (also when the stall never ends), and it raises the worker's `stalled` word, so that the worker names the
// object and the closure when it comes out.   Tests: tests/story/stall.cpp

#include <trust/coro/timers.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace trust::worker {

class core;

class watch {
 public:
  explicit watch(core& home);
  ~watch();
  /// A worker woke up while the watch slept.
  void wake() noexcept;

 private:
  struct seen {
    std::uint64_t passes = 0;
    time_point since{};
    std::chrono::nanoseconds cpu{};  // used by its thread until then
    bool reported = false;
  };
  void work();
  [[nodiscard]] bool look() noexcept;  // true while any worker is awake

  core& core_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::vector<seen> before_;
  std::thread thread_;
};

}  // namespace trust::worker
