// SPDX-License-Identifier: MIT
#pragma once
// pool: a few threads for work that blocks (files, name look-up, somebody else's library), so that no trustee stands still.
//
// At most options.blocking_threads, started when first needed. Jobs lie in their awaiters, so the queue needs no memory and its length is
// the number of tasks that wait. In a simulation a job runs at once, on the calling thread.   Tests: tests/unit/worker/blocking.cpp

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace trust::worker {

class core;

struct job {
  job* next = nullptr;
  void (*run)(job&) noexcept = nullptr;
};

class pool {
 public:
  explicit pool(core& home) noexcept : core_{home} {}
  ~pool() { stop(); }
  /// Any thread. Throws std::system_error if no thread can be made and none is there.
  void submit(job& j);
  /// Runs what was submitted, then ends the threads.
  void stop() noexcept;

 private:
  void work();

  core& core_;
  std::mutex mutex_;
  std::condition_variable changed_;
  job* first_ = nullptr;
  job** last_ = &first_;
  std::size_t idle_ = 0;
  std::size_t queued_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace trust::worker
