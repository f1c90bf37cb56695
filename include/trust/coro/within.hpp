// SPDX-License-Identifier: MIT
#pragma once
// within: how an awaitable is awaited in another environment than that of the coroutine that awaits it.
//
// Awaiters look at their coroutine's environment while they suspend it, and never after; so it is another one for just that long. What they
// register with lies in who called this, and outlives the await.   Tests: tests/unit/delegate/within.cpp

#include <trust/coro/promise.hpp>

#include <coroutine>
#include <type_traits>

namespace trust::coro {

/// What `inner.await_suspend(h)` gives, as a coroutine to go on with.
template <class P, class Inner>
[[nodiscard]] std::coroutine_handle<> suspend_within(environment& inside, std::coroutine_handle<P> h, Inner& inner) {
  require_our_coroutine<P>();
  struct restoring {
    explicit restoring(promise_base& x) noexcept : p{x}, outside{x.env} {}
    ~restoring() { p.env = outside; }
    promise_base& p;
    environment* outside;
  } const at_end{h.promise()};
  h.promise().env = &inside;
  using Given = decltype(inner.await_suspend(h));
  if constexpr (std::is_void_v<Given>) {
    inner.await_suspend(h);
    return std::noop_coroutine();
  } else if constexpr (std::is_same_v<Given, bool>) {
    return inner.await_suspend(h) ? std::coroutine_handle<>{std::noop_coroutine()} : std::coroutine_handle<>{h};
  } else {
    return inner.await_suspend(h);
  }
}

}  // namespace trust::coro
