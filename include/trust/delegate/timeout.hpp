// SPDX-License-Identifier: MIT
#pragma once
// timeout: with_timeout and with_deadline: an end of the waiting, for everything that a task can await.
//
// What is awaited runs in an environment of its own, which is asked to stop when the time has come; if it ends with errc::cancelled for that, the
// error becomes errc::timed_out. It is always waited for: a value that comes late is a value, and a call that is with its trustee is
// answered first (promise 8). A deadline in the past: errc::timed_out, nothing was begun. Times are those of trust::now().
// Tests: tests/unit/delegate/within.cpp

#include <trust/coro/sleep.hpp>
#include <trust/coro/within.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/worker/bound.hpp>

#include <chrono>
#include <concepts>
#include <utility>

namespace trust {
namespace delegate {

template <class Inner> class timed_awaiter : private coro::timer {
 public:
  using R = typename result_awaiter<Inner>::R;
  template <class A>
  timed_awaiter(A&& a, time_point end) : timer{&timed_awaiter::rung}, inner_{static_cast<A&&>(a)}, due_{end} {}

  [[nodiscard]] bool await_ready() {
    late_ = due_ <= trust::now();
    return late_ ? base::take_step(*base::here) : inner_.await_ready();
  }
  template <class P> [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) {
    if (late_) {
      self_.frame = h;
      coro::here()->give_way(self_);
      return std::noop_coroutine();
    }
    inside_.lies_in(*h.promise().env, due_);
    coro::here()->timers.insert(*this, due_);
    return coro::suspend_within(inside_, h, inner_);
  }
  R await_resume() { return await_result().value(); }
  [[nodiscard]] result<R> await_result() {
    if (late_) return failure{errc::timed_out};
    coro::here()->timers.erase(*this);
    result<R> r = inner_.await_resume();
    if (fired_ && !r.has_value() && r.error() == errc::cancelled) return failure{errc::timed_out};
    return r;
  }

 private:
  static void rung(coro::timer& t) noexcept {
    auto& self = static_cast<timed_awaiter&>(t);
    self.fired_ = true;
    self.inside_.stop.request(coro::stop_reason::timed_out);
  }

  result_awaiter<Inner> inner_;
  time_point due_;
  worker::bound_environment inside_;
  coro::resumable self_;
  bool late_ = false;
  bool fired_ = false;
};

/// `A` is an lvalue reference where the awaitable was named.
template <class A> class [[nodiscard]] timed : public coro::ours {
 public:
  static constexpr bool hazardous = awaits_hazard<A>();
  static constexpr bool borrowed = is_borrowed<A>();
  timed(A&& a, time_point due) : inner_{static_cast<A&&>(a)}, due_{due} {}

  [[nodiscard]] auto operator co_await() & { return timed_awaiter<awaiter_of<A>>{inner_, due_}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && {
    coro::check_temporary<H>();
    return timed_awaiter<awaiter_of<A>>{inner_, due_};
  }

 private:
  A inner_;
  time_point due_;
};

}  // namespace delegate

/// Awaited, gives what `awaitable` gives, or errc::timed_out when it has not ended by `due` and stops for that.
template <class A>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto with_deadline(A&& awaitable, time_point due) {
  return delegate::timed<A>{std::forward<A>(awaitable), due};
}
/// The same, `d` from now: from the call of with_timeout, not from the await.
template <class A, class Rep, class Period>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto with_timeout(A&& awaitable, std::chrono::duration<Rep, Period> d) {
  return delegate::timed<A>{std::forward<A>(awaitable), now() + std::chrono::ceil<clock::duration>(d)};
}

}  // namespace trust
