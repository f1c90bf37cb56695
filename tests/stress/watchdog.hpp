// SPDX-License-Identifier: MIT
#pragma once
// watchdog: ends the program with a sentence when a test hangs, so that a lost wake-up or a dead-lock is a failure and not a time-out of
// somebody else. Dumps the runtime to stderr first, if it is given one.

#include <trust/trust.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace tests {

class watchdog {
 public:
  explicit watchdog(const char* what, std::chrono::seconds patience, const trust::runtime* rt = nullptr)
      : thread_{[this, what, patience, rt] {
          std::unique_lock lock{mutex_};
          if (changed_.wait_for(lock, patience, [this] { return over_; })) return;
          std::fprintf(stderr, "hangs: %s\n", what);
          if (rt != nullptr) rt->dump(2);
          std::abort();
        }} {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace tests
