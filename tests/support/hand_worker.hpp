// SPDX-License-Identifier: MIT
#pragma once
// hand_worker: a worker that a test turns by hand, so that it can look between two steps and destroy a task wherever it stands.
//
// It has ready queue, timers and frames, and no loop: nothing goes on but in `turn`. `end` does to it what the end of a worker does
// before frames are destroyed. A `hand_task` is a task of it with an environment of its own, which runs at once up to its first suspension.

#include <trust/coro/scheduler.hpp>
#include <trust/coro/task.hpp>

#include <utility>

namespace support {

class hand_worker final : public trust::coro::scheduler {
 public:
  hand_worker() : outer_{std::exchange(trust::base::here, this)} {}
  ~hand_worker() { trust::base::here = outer_; }

  /// Goes on with all that is ready, until nothing is.
  void turn() noexcept {
    while (run_ready(~0u) != 0) {}
    steps = trust::base::steps_per_resumption;
  }
  [[nodiscard]] bool anything_ready() const noexcept { return !ready_.empty(); }
  /// What is ready does not go on any more.
  void end() noexcept {
    ending_ = true;
    while (ready_.pop() != nullptr) {}
  }

 private:
  trust::base::seat* outer_;
};

class hand_task {
 public:
  explicit hand_task(trust::task<> t) : task_{std::move(t)}, done_{*this} {
    task_.frame().promise().done = &done_;
    task_.frame().promise().env = &env;
    task_.frame().resume();
  }
  hand_task(const hand_task&) = delete;

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// It must not be ready: see hand_worker::end.
  void destroy() noexcept { task_ = trust::task<>{}; }
  void stop() noexcept { env.stop.request(); }

  trust::coro::environment env;

 private:
  struct at_end : trust::coro::resumable {
    explicit at_end(hand_task& t) noexcept
        : resumable{[](resumable& r) noexcept -> std::coroutine_handle<> {
            static_cast<at_end&>(r).task.ended_ = true;
            return {};
          }},
          task{t} {}
    hand_task& task;
  };
  trust::task<> task_;
  at_end done_;
  bool ended_ = false;
};

}  // namespace support
