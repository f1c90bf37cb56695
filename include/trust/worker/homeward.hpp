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

struct homeward : coro::resumable, letter, base::hook {
  coro::environment* env = nullptr;  ///< of the task that waits
  port* home_port = nullptr;         ///< of the worker that waits; null: a foreign thread
  bool (*withdraw)(homeward&) noexcept =
      nullptr;  ///< at the worker's end: stops waiting, unless the event has happened already

  /// From await_suspend.
  template <class P> void leave_home(std::coroutine_handle<P> h) noexcept {
    coro::require_our_coroutine<P>();
    frame = coro::turn_of(h);
    env = h.promise().env;
    loop& w = *here();
    home_port = &w.face();
    w.abroad.push_back(*this);
  }

  /// Any thread, once; this may be gone when it returns.
  void come_home() noexcept {
    letter::open = [](letter& l, loop& home) noexcept { home.ready(static_cast<homeward&>(l)); };
    const bool taken = core::post(*home_port, *this);
    TRUST_ASSERT(taken, "a worker left while one of its tasks still waited");
  }

  /// From await_resume.
  void arrived() noexcept { static_cast<base::hook&>(*this).unlink(); }
};

}  // namespace trust::worker
