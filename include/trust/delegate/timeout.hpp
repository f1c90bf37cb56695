// SPDX-License-Identifier: MIT
#pragma once
// timeout: with_timeout and with_deadline: an end of the waiting, for everything that a task can await. Of an op it is an op.
//
// What is awaited runs in an environment of its own, which is asked to stop when the time has come; if it ends with errc::cancelled for that, the
// error becomes errc::timed_out. It is always waited for: a value that comes late is a value, and a call that is with its trustee is
// answered first (promise 8); `owned` (owned.hpp) is not. The deadline travels with calls: a trustee refuses what it has not begun by then.
// Begun by get, future or start, nobody but the trustee looks at it: it refuses late calls, and asks a launched task to stop in time.
// A deadline in the past: errc::timed_out, nothing was begun. Times are those of trust::now().
// Tests: tests/unit/delegate/within.cpp, tests/unit/delegate/stopped_calls.cpp

#include <trust/coro/sleep.hpp>
#include <trust/delegate/inside.hpp>

#include <chrono>
#include <concepts>
#include <utility>

namespace trust {
namespace delegate {

/// The time where `a` is awaited, or at its trustee's: a simulation has a clock of its own.
template <class A> [[nodiscard]] time_point now_for(const A& a) noexcept {
  if constexpr (beginnable<A>) {
    const worker::core* const home = a.home();
    if (home != nullptr && home->is_simulated()) return home->virtual_now();
  }
  return trust::now();
}

struct until {
  time_point due;
  bool late;

  class Around : private coro::timer {
   public:
    explicit Around(const until& u) noexcept : timer{&Around::rung}, due_{u.due}, late_{u.late} {}
    [[nodiscard]] errc refuses() const noexcept {
      return late_ || (coro::here() != nullptr && due_ <= trust::now()) ? errc::timed_out : errc{};
    }
    [[nodiscard]] coro::environment& enter(coro::environment& around) noexcept {
      env_.lies_in(around, due_);
      coro::here()->timers.insert(*this, due_);
      return env_;
    }
    [[nodiscard]] coro::environment& enter_alone() noexcept {
      env_.stands_alone(due_, false);
      return env_;
    }
    void ended() noexcept {
      if (env_.awaited) coro::here()->timers.erase(*this);
    }
    template <class R> void adjust(result<R>& r) const {
      if (fired_ && !r.has_value() && r.error() == errc::cancelled) r = result<R>{failure{errc::timed_out}};
    }

   private:
    static void rung(coro::timer& t) noexcept {
      auto& self = static_cast<Around&>(t);
      self.fired_ = true;
      self.env_.request_stop(coro::stop_reason::timed_out);
    }
    time_point due_;
    worker::bound_environment env_;
    bool late_;
    bool fired_ = false;
  };
};

}  // namespace delegate

/// Awaited, gives what `awaitable` gives, or errc::timed_out when it has not ended by `due` and stops for that.
template <class A>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto with_deadline(A&& awaitable, time_point due) {
  const bool late = due <= delegate::now_for(awaitable);
  return delegate::inside_of<A, delegate::until>{std::forward<A>(awaitable), delegate::until{due, late}};
}
/// The same, `d` from now: from the call of with_timeout, not from the await.
template <class A, class Rep, class Period>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto with_timeout(A&& awaitable, std::chrono::duration<Rep, Period> d) {
  const time_point due = delegate::now_for(awaitable) + std::chrono::ceil<clock::duration>(d);
  return trust::with_deadline(std::forward<A>(awaitable), due);
}

}  // namespace trust
