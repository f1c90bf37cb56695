// SPDX-License-Identifier: MIT
#pragma once
// shielded: what is awaited so is not asked to stop with its task, nor is it late: for what must be done on the way out.
//
//     co_await trust::shielded(connection.launch(say_goodbye));
// It has no deadline either; give it one inside: shielded(with_timeout(...)). The end of the runtime waits for it, as long as its grace lasts.
// Tests: tests/unit/delegate/surroundings.cpp

#include <trust/delegate/inside.hpp>

#include <concepts>

namespace trust {
namespace delegate {

struct apart {
  class Around {
   public:
    explicit Around(const apart&) noexcept {}
    [[nodiscard]] static errc refuses() noexcept { return {}; }
    [[nodiscard]] coro::environment& enter(coro::environment& around) noexcept {
      env_.lies_apart_in(around);
      return env_;
    }
    [[nodiscard]] coro::environment& enter_alone() noexcept {
      env_.awaited = false;
      return env_;
    }
    static void ended() noexcept {}
    template <class R> static void adjust(const result<R>&) noexcept {}

   private:
    coro::environment env_;
  };
};

}  // namespace delegate

/// Awaited, gives what `awaitable` gives, which hears of no stop request and of no deadline around it.
template <class A>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto shielded(A&& awaitable) {
  return delegate::inside_of<A, delegate::apart>{std::forward<A>(awaitable), delegate::apart{}};
}

}  // namespace trust
