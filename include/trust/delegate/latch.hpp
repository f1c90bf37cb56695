// SPDX-License-Identifier: MIT
#pragma once
// latch: a T for the exclusive use of one coroutine at a time, also across its suspension points, among the coroutines of one trustee.
//
// First in, first out; no atomics, since it is confined to one worker: entrust it (remote<latch<T>>), or keep it in a local. `lock()` gives a
// guard, which must not outlive the latch (asserted in debug builds); `try_lock` is for closures; releasing queues the next waiter and never runs it.
// Guards held over calls to other latches can dead-lock, as mutexes do: rt.dump shows who waits.
// `trust::guarded<T>` is another name, for those who also use std::latch.   Tests: tests/unit/delegate/latch.cpp

#include <trust/sync/guard.hpp>
#include <trust/sync/mutex.hpp>

#include <optional>
#include <utility>

namespace trust {

template <class T> class latch {
 public:
  using value_type = T;
  using guard = sync::guard<latch, T>;

  latch() = default;
  explicit latch(T value) : value_{std::move(value)} {}
  template <class... Args> explicit latch(std::in_place_t, Args&&... args) : value_(std::forward<Args>(args)...) {}
  /// Only while nobody holds it: to entrust it.
  latch(latch&& o) noexcept(std::is_nothrow_move_constructible_v<T>) : value_{std::move(o.value_)} {
    TRUST_ASSERT(!o.mutex_.held(), "a latch was moved while it was held");
  }

  /// `auto g = co_await l.lock();` A stop request while waiting: errc::cancelled.
  [[nodiscard]] auto lock() noexcept { return sync::awaitable{sync::locking<guard, latch>{mutex_, *this}}; }
  /// A guard if it is free. For closures, which cannot wait.
  [[nodiscard]] std::optional<guard> try_lock() noexcept {
    if (!mutex_.try_lock()) return std::nullopt;
    return std::optional<guard>{std::in_place, *this};
  }
  [[nodiscard]] bool held() const noexcept { return mutex_.held(); }

  /// For guards, conditions and remote<latch<T>>::locked.
  [[nodiscard]] sync::mutex& core() noexcept { return mutex_; }
  [[nodiscard]] T& value_of_holder() noexcept { return value_; }

 private:
  sync::mutex mutex_;
  T value_{};
};

template <class T> using guarded = latch<T>;

template <class X> inline constexpr bool is_latch = false;
template <class T> inline constexpr bool is_latch<latch<T>> = true;

}  // namespace trust
