// SPDX-License-Identifier: MIT
#pragma once
// bound: an environment whose calls carry their end with them: a deadline, and a word that says whether they were asked to stop.
//
// It lies with who awaits and outlives the calls, also those of a task that was launched from it on another worker. Their records say that it
// exists (record_bits::bounded), so a trustee looks here before it begins one, and refuses what is too late; other calls cost nothing more.
//     owner's worker     asks: writes the word, once
//     any trustee        `verdict`, before it begins a call
// The word carries nothing, so it is relaxed: a trustee that misses it begins the call, which is no error (promise 8).
// Tests: tests/unit/delegate/stopped_calls.cpp, tests/stress/cancel.cpp

#include <trust/base/error.hpp>
#include <trust/coro/environment.hpp>
#include <trust/link/word.hpp>
#include <trust/worker/port.hpp>

namespace trust::worker {

class bound_environment : public coro::environment {
 public:
  bound_environment() noexcept : environment{&bound_environment::heard} { is_bound(); }

  /// Lies within `around`, ends no later than `due`, and its calls with it.
  void lies_in(coro::environment& around, time_point due = time_point::max()) noexcept {
    coro::environment::lies_in(around, due);
    is_bound();
  }
  /// Has nothing around it. `waited_for`: a task waits, else it is only what a call takes along.
  void stands_alone(time_point due, bool waited_for) noexcept {
    deadline = due;
    awaited = waited_for;
    hear_of_stop();
  }

  /// Any thread: what has not begun is not begun any more. No task hears of it.
  void ask() noexcept { asked_.set(true); }
  /// Any thread: why a call must not be begun any more at `now()`, which is asked only if there is a deadline; none: it may.
  template <class Now> [[nodiscard]] errc verdict(Now&& now) const noexcept {
    if (asked_.get()) return errc::cancelled;
    return deadline != time_point::max() && deadline <= now() ? errc::timed_out : errc{};
  }

 private:
  void is_bound() noexcept {
    bound = this;
    in_the_way = true;
  }
  static void heard(coro::stop_node& n) noexcept {
    environment::heard(n);
    auto& self = static_cast<bound_environment&>(of(n));
    if (self.stop.cancels()) self.ask();
  }
  link::word<machine, bool> asked_{false};
};

}  // namespace trust::worker
