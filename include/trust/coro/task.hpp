// SPDX-License-Identifier: MIT
#pragma once
// task: a coroutine that starts when it is awaited, and gives its result to who awaits it.
//
// Lazy, move-only, symmetric transfer both ways. `T` may be void, move-only or a reference. The frame comes from the worker's pool, is
// resumed and destroyed on one thread, and so needs no atomics. Work crosses to another worker as a callable (spawn, launch), not as a task.
// A task that is dropped before it was awaited never runs; its frame is destroyed with it.
// Rejected: eager start (an exception before the first await would have no taker).   Tests: tests/unit/coro/task.cpp   Price: bench/frame.cpp

#include <trust/coro/promise.hpp>

#include <coroutine>
#include <utility>

namespace trust {

/// The return type of coroutines that run on a worker. Await it once, on the worker that made it.
template <class T = void> class [[nodiscard]] task : public coro::ours {
 public:
  struct promise_type : coro::returning<T> {
    [[nodiscard]] task get_return_object() noexcept {
      return task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
  };
  using value_type = T;
  using handle = std::coroutine_handle<promise_type>;

  task() noexcept = default;
  task(task&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      reset();
      frame_ = std::exchange(other.frame_, {});
    }
    return *this;
  }
  ~task() { reset(); }

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

  class awaiter {
   public:
    explicit awaiter(handle child) noexcept : child_{child} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> parent) noexcept {
      coro::require_our_coroutine<P>();
      parent_.frame = parent;
      child_.promise().done = &parent_;
      child_.promise().env = parent.promise().env;
      coro::scheduler& s = *coro::here();
      if (base::take_step(s)) return child_;
      start_.frame = coro::turn_of(child_);
      s.give_way(start_);
      return std::noop_coroutine();
    }
    T await_resume() { return std::move(child_.promise().kept).value(); }

   private:
    handle child_;
    coro::resumable parent_;
    coro::resumable start_;
  };

  [[nodiscard]] awaiter operator co_await() const noexcept {
    TRUST_ASSERT(frame_, "an empty task was awaited");
    return awaiter{frame_};
  }

  /// For roots: the frame, which stays this task's.
  [[nodiscard]] handle frame() const noexcept { return frame_; }

 private:
  explicit task(handle h) noexcept : frame_{h} {}
  void reset() noexcept {
    if (frame_) std::exchange(frame_, {}).destroy();
  }

  handle frame_;
};

template <class X> inline constexpr bool is_task = false;
template <class T> inline constexpr bool is_task<task<T>> = true;

}  // namespace trust
