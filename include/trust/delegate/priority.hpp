// SPDX-License-Identifier: MIT
#pragma once
// priority: work that gives precedence to all other work of its worker.
//
//     co_await trust::with_priority(trust::priority::background, rebuild_index());     what is awaited so
//     co_await trust::with_priority(trust::priority::background, r.launch(compact));   on its trustee, too
//     rt.spawn(trust::priority::background, f)                                         a whole task
// Whatever runs in it inherits it: children of scopes, launched tasks, their calls' way home. Closures of apply are no tasks: they run when their
// trustee comes to their lane. Who has none pays nothing. Tests: tests/unit/delegate/priority.cpp

#include <trust/delegate/inside.hpp>

#include <concepts>

namespace trust {

/// Awaited, gives what `awaitable` gives; the tasks that run in it are of priority `p`: of a background task a worker runs one stretch, from
/// one wait to the next, after eight of others (after 32 at most), or when it has none of others. An await of its own that is ready at once goes on at once.
template <class A>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto with_priority(priority p, A&& awaitable) {
  return delegate::inside_setting(std::forward<A>(awaitable), [p](coro::environment& e) noexcept { e.ranks(p); });
}

}  // namespace trust
