// SPDX-License-Identifier: MIT
#pragma once
// sleep: sleep_for, sleep_until, yield, and what a task can ask about itself.
//
// Sleeping is a timer in the awaiter; a stop request ends it with errc::cancelled. Times are those of trust::now(): the steady clock, or the
// virtual one of a simulated runtime.   Tests: tests/unit/coro/sleep.cpp

#include <trust/base/error.hpp>
#include <trust/base/result.hpp>
#include <trust/coro/promise.hpp>

#include <chrono>

namespace trust {

/// The time on this worker: std::chrono::steady_clock's, or the simulation's. Any thread (foreign ones have the steady clock).
[[nodiscard]] inline time_point now() noexcept { return coro::here() != nullptr ? coro::here()->now() : clock::now(); }

namespace coro {

class sleep_awaiter : private timer, private stop_node {
 public:
  explicit sleep_awaiter(time_point until) noexcept
      : timer{&sleep_awaiter::rung}, stop_node{&sleep_awaiter::stopped}, until_{until} {}

  [[nodiscard]] bool await_ready() const noexcept { return until_ <= trust::now() && base::take_step(*here()); }
  template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
    require_our_coroutine<P>();
    stop_state& stop = h.promise().env->stop;
    sleeper_.frame = turn_of(h);
    if (stop.requested()) {
      cancelled_ = true;
      return here()->gives_way(sleeper_);
    }
    stop.add(*this);
    here()->timers.insert(*this, until_);
    return true;
  }
  void await_resume() const {
    if (cancelled_) base::raise(error{errc::cancelled});
  }
  /// For as_result: a sleep that was cancelled costs no throw.
  [[nodiscard]] result<void> await_result() const {
    if (cancelled_) return failure{errc::cancelled};
    return result<void>::done();
  }

 private:
  static void rung(timer& t) noexcept {
    auto& self = static_cast<sleep_awaiter&>(t);
    self.stop_node::unlink();
    here()->ready(self.sleeper_);
  }
  static void stopped(stop_node& n) noexcept {
    auto& self = static_cast<sleep_awaiter&>(n);
    here()->timers.erase(self);
    self.cancelled_ = true;
    here()->ready(self.sleeper_);
  }
  time_point until_;
  resumable sleeper_;
  bool cancelled_ = false;
};

struct sleep : ours {
  explicit sleep(time_point d) noexcept : due{d} {}
  [[nodiscard]] sleep_awaiter operator co_await() const noexcept { return sleep_awaiter{due}; }
  time_point due;
};

class yield_awaiter {
 public:
  yield_awaiter() noexcept = default;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P> void await_suspend(std::coroutine_handle<P> h) noexcept {
    require_our_coroutine<P>();
    self_.frame = turn_of(h);
    here()->give_way(self_);
  }
  void await_resume() const noexcept {}

 private:
  resumable self_;
};

struct yielding : ours {
  yielding() noexcept {}
  [[nodiscard]] yield_awaiter operator co_await() const noexcept { return yield_awaiter{}; }
};

class maybe_yield_awaiter : public yield_awaiter {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return here()->slice_goes_on(); }
};

struct maybe_yielding : ours {
  maybe_yielding() noexcept {}
  [[nodiscard]] maybe_yield_awaiter operator co_await() const noexcept { return maybe_yield_awaiter{}; }
};

/// Awaited, gives the task's environment at once.
struct own_environment : ours {
  own_environment() noexcept {}
  struct awaiter {
    awaiter() noexcept {}
    environment* env = nullptr;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
      require_our_coroutine<P>();
      env = h.promise().env;
      return false;
    }
    [[nodiscard]] stop_token await_resume() const noexcept { return stop_token{&env->stop}; }
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{}; }
};

}  // namespace coro

/// Suspends the task until `due`; throws errc::cancelled when the task is asked to stop first.
[[nodiscard]] inline coro::sleep sleep_until(time_point due) noexcept { return coro::sleep{due}; }
/// Suspends the task for `d` (not less); throws errc::cancelled when the task is asked to stop first.
template <class Rep, class Period> [[nodiscard]] coro::sleep sleep_for(std::chrono::duration<Rep, Period> d) noexcept {
  return coro::sleep{now() + std::chrono::ceil<clock::duration>(d)};
}
/// Lets everything else that is ready on this worker go first.
[[nodiscard]] inline coro::yielding yield() noexcept { return {}; }
/// For a task that computes for long, at every round of its loop: as yield when options.slice has passed since its first look in this stretch,
/// else goes on at once, for a look at the processor's tick counter. A simulation lets 64 looks pass instead.
[[nodiscard]] inline coro::maybe_yielding maybe_yield() noexcept { return {}; }

namespace this_task {

/// `co_await this_task::stop_token()`: the token of the running task.
[[nodiscard]] inline coro::own_environment stop_token() noexcept { return {}; }

}  // namespace this_task
}  // namespace trust
