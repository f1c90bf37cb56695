// SPDX-License-Identifier: MIT
#pragma once
// context: one word that a task and all that it awaits carry along: the id of a request, a pointer to its trace.
//
//     co_await trust::context<trace_id>::with(id, handle(request));        sets it for what is awaited
//     const trace_id id = co_await trust::context<trace_id>::get();        anywhere below: children of scopes, launched tasks on other workers
// There is one word for all, so a program has one type for it; without `with` it is T{}. Who carries none pays nothing.
// A pointer must be valid until what is awaited has ended. Closures of apply are no tasks: pass what they need as an argument.
// Tests: tests/unit/delegate/surroundings.cpp

#include <trust/delegate/inside.hpp>

#include <concepts>
#include <cstring>
#include <type_traits>

namespace trust {
namespace delegate {

/// Awaited, gives the word at once.
template <class T> struct own_context : coro::ours {
  own_context() noexcept {}
  class awaiter {
   public:
    awaiter() noexcept {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      word_ = h.promise().env->context;
      return false;
    }
    [[nodiscard]] T await_resume() const noexcept {
      T value{};
      if (word_ != nullptr) std::memcpy(&value, &word_, sizeof value);
      return value;
    }

   private:
    void* word_ = nullptr;
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{}; }
};

}  // namespace delegate

template <class T> struct context {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*) && std::is_default_constructible_v<T>,
                "trust-tee: a context is one word that is copied along: an id or a pointer");

  /// Awaited, gives what `awaitable` gives; what runs in it carries `value`.
  template <class A>
    requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
  [[nodiscard]] static auto with(T value, A&& awaitable) {
    void* word = nullptr;
    std::memcpy(&word, &value, sizeof value);
    return delegate::inside_setting(std::forward<A>(awaitable), [word](coro::environment& e) noexcept {
      e.context = word;
      e.in_the_way = true;
    });
  }
  /// `co_await context<T>::get()`: that of the running task.
  [[nodiscard]] static delegate::own_context<T> get() noexcept { return {}; }
};

}  // namespace trust
