// SPDX-License-Identifier: MIT
#pragma once
// pool: threads for work that blocks (files, name look-up, somebody else's library), so that no trustee stands still.
//
// A thread is started when a job finds none that is idle, up to options.blocking_threads, and ends when it has been idle for
// options.blocking_idle. Threads run where no worker is pinned, if there is such a CPU. Jobs lie in their awaiters, so the row of
// those that wait needs no memory; options.blocking_queue bounds it.
//
//     begun      a thread has it: it will run, and its task is told after that
//     waiting    no thread is free: it stands in the row, first in, first out, and can be taken back
//     refused    the row is full: it is the caller's still, nothing has happened
//
// Who owns what    a job is the pool's from submit until it has been taken back or has been told. The idle threads are a stack: the one that
//                  ended its job last gets the next, so that the others can end. A thread is idle before the task of its last job is told, so who
//                  submits one job after the other keeps one thread busy.
// In a simulation a thread is a timer: a job runs on the worker that had it begun, after a drawn time; with seed 0 at once.
// Tests: tests/unit/worker/blocking.cpp, tests/stress/blocking.cpp

#include <trust/base/list.hpp>
#include <trust/coro/timers.hpp>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace trust {

/// What the threads of trust::blocking have done and do now.
struct blocking_metrics {
  std::size_t threads = 0;      ///< that there are
  std::size_t idle = 0;         ///< of those, without a job
  std::size_t queued = 0;       ///< jobs that wait for a thread
  std::size_t longest = 0;      ///< the most that have waited at one time
  std::uint64_t started = 0;    ///< threads that were ever started
  std::uint64_t done = 0;       ///< jobs that have run
  std::uint64_t refused = 0;    ///< with errc::overloaded
  std::uint64_t cancelled = 0;  ///< taken back while they waited
};

}  // namespace trust

namespace trust::worker {

class core;

/// Lies in the frame of who waits. Both functions are called once, by whoever runs it; it may be gone when `tell` returns.
struct job : base::hook {
  void (*run)(job&) noexcept = nullptr;
  void (*tell)(job&) noexcept = nullptr;
};

class pool {
 public:
  enum class place { begun, waiting, refused };

  explicit pool(core& home) noexcept;
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// Any thread. `may_wait`: else what finds no thread is refused, and does not count as overload. Throws std::system_error if no thread can
  /// be made and none is there.
  [[nodiscard]] place submit(job& j, bool may_wait);
  /// True if it was waiting still: it is the caller's again and will not run.
  [[nodiscard]] bool take_back(job& j) noexcept;
  [[nodiscard]] blocking_metrics metrics() const;
  /// Ends the threads. Nobody submits any more, and nothing waits.
  void stop() noexcept;

 private:
  /// Where an idle thread sleeps.
  struct berth {
    std::condition_variable changed;
    job* given = nullptr;
    berth* below = nullptr;
  };
  /// A thread of a simulation.
  struct pretended;

  [[nodiscard]] bool start_thread(job& j);
  [[nodiscard]] bool pretend(job& j);
  [[nodiscard]] job* next() noexcept;
  void work(job& first);
  [[nodiscard]] job* wait_for_job(berth& mine);

  core& core_;
  mutable std::mutex mutex_;
  base::list<job> waiting_;
  std::size_t queued_ = 0;
  berth* idle_ = nullptr;
  std::size_t idle_count_ = 0;
  bool stopping_ = false;
  blocking_metrics seen_;  // what is counted
  std::vector<std::thread> threads_;
  std::thread ended_;  // the last one that ended by itself: the next one to do so joins it
  std::vector<std::unique_ptr<pretended>> pretended_;
};

}  // namespace trust::worker
