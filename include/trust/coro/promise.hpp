// SPDX-License-Identifier: MIT
#pragma once
// promise: what every coroutine of ours has: who goes on when it ends, its environment, frames from the worker's pool.
//
// A task may await our awaitables (they derive from coro::ours) and other tasks. Anything else completes on threads of its own and must be
// brought home: trust::adopt(x). Awaiters are made by operator co_await, by value: g++ 12 loses them otherwise.
// Transfers are symmetric and each takes a step of the budget (promise 12), so no compiler flag is needed against deep chains: at -O0 the
// stack grows by one frame a step and 64 steps at most.   Tests: tests/unit/coro/task.cpp

#include <trust/base/result.hpp>
#include <trust/coro/environment.hpp>
#include <trust/coro/scheduler.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace trust::coro {

/// Base of everything that a task may await.
struct ours {};

/// What a resumable is given for a frame that goes on in its turn, in `e`.
[[nodiscard]] inline std::coroutine_handle<> turn_of(std::coroutine_handle<> h, const environment& e) noexcept {
  static_assert(static_cast<std::uintptr_t>(priority::background) == resumable::background_bit);
  return std::coroutine_handle<>::from_address(
      reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(h.address()) | static_cast<std::uintptr_t>(e.rank)));
}
/// The same from await_suspend. One that is only ever gone on with straight from another coroutine's end stands there as it is.
template <class P> [[nodiscard]] std::coroutine_handle<> turn_of(std::coroutine_handle<P> h) noexcept {
  return turn_of(h, *h.promise().env);
}

struct promise_base {
  resumable* done = nullptr;   ///< goes on when the coroutine has ended
  environment* env = nullptr;  ///< shared with who awaits it

  [[nodiscard]] static void* operator new(std::size_t bytes) { return frame_pool::allocate(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { frame_pool::release(block, bytes); }

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

  struct final_awaiter {
    final_awaiter() noexcept {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) const noexcept {
      resumable* next = h.promise().done;
      if (next->frame && !base::take_step(*here())) {
        next->frame = turn_of(next->frame, *h.promise().env);
        here()->give_way(*next);
        return std::noop_coroutine();
      }
      const std::coroutine_handle<> go_on = next->claim();
      return go_on ? go_on : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }

  template <class A> decltype(auto) await_transform(A&& awaited, source_pointer place = __builtin_source_location()) {
    static_assert(
        std::derived_from<std::remove_cvref_t<A>, ours>,
        "trust-tee: a trust::task can await trust-tee's own operations and tasks only (as can a trust::stream), since "
        "others may complete on another thread; bring it home with co_await trust::adopt(x)");
    env->place = place;
    return static_cast<A&&>(awaited).operator co_await();
  }
};

/// Said once: an awaiter's await_suspend calls it to refuse coroutines that are not ours.
template <class P> constexpr void require_our_coroutine() noexcept {
  static_assert(std::derived_from<P, promise_base>,
                "trust-tee: only a coroutine that returns trust::task can await this; so can one that returns "
                "trust::stream; from another coroutine or from a plain function use op.start(callback), "
                "op.start(executor, callback), op.future() or an adapter such as <trust/asio.hpp>");
}

/// A coroutine's result, until it is taken.
template <class T> struct promise_of : promise_base {
  result<T> kept;
  void unhandled_exception() noexcept { kept.fail(failure{std::current_exception()}); }
};

template <class T> struct returning : promise_of<T> {
  template <class U = T>
    requires std::convertible_to<U&&, T>
  void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>) {
    this->kept.emplace(std::forward<U>(value));
  }
};

template <class T>
  requires std::is_reference_v<T>
struct returning<T> : promise_of<T> {
  void return_value(T value) noexcept { this->kept.emplace(static_cast<T>(value)); }
};

template <class T>
  requires std::is_void_v<T>
struct returning<T> : promise_of<T> {
  void return_void() noexcept { this->kept.emplace(); }
};

}  // namespace trust::coro
