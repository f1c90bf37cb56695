// SPDX-License-Identifier: MIT
#pragma once
// homeward: what waits on its worker for something that no lane brings: the end of a task, the end of an object, blocking work, somebody
// else's awaitable.
//
//     leave_home     the task is suspended; its worker lists it, so that the end of the worker finds it
//     come_home      any thread: the event has happened, a letter brings the task back to its worker
//     arrived        the task goes on
//
// Base of awaiters, which lie in the waiting frame. The worker does not leave before all that left home have come back.

#include <trust/coro/promise.hpp>
#include <trust/worker/core.hpp>

#include <coroutine>

namespace trust::worker {

inline const call_type homeward_type{nullptr, nullptr, nullptr, 0, []() noexcept { return "nothing"; }};

struct homeward : call {
  explicit homeward(cell* c = nullptr) noexcept : call{c, 0, homeward_type} {}

  /// From await_suspend.
  template <class P> void leave_home(std::coroutine_handle<P> h) noexcept {
    coro::require_our_coroutine<P>();
    frame = h;
    env = h.promise().env;
    loop& w = *here();
    home_port = &w.face();
    w.abroad.push_back(*this);
  }

  /// Any thread, once; this may be gone when it returns.
  void come_home() noexcept {
    letter::open = [](letter& l, loop& home) noexcept { home.ready(static_cast<call&>(l)); };
    const bool taken = core::post(*home_port, *this);
    TRUST_ASSERT(taken, "a worker left while one of its tasks still waited");
  }

  /// From await_resume.
  void arrived() noexcept { static_cast<base::hook&>(*this).unlink(); }
};

}  // namespace trust::worker
