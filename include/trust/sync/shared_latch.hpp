// SPDX-License-Identifier: MIT
#pragma once
// shared_latch: a T that one coroutine at a time may change, or several may read, also across their suspension points, on one trustee.
//
// Like latch<T>, with two kinds of guards: `lock()` gives one to the T, `lock_shared()` one to a const T. First in, first out: behind a writer that
// waits readers wait too, so that neither side is starved. A reader that locks once more while a writer waits therefore waits for itself. Confined to
// one worker, no atomics; guards must not outlive it, and it must outlive who waits for it (asserted in debug builds).
// Tests: tests/unit/sync/shared_latch.cpp, tests/stress/cancel_sync.cpp

#include <trust/sync/guard.hpp>
#include <trust/sync/shared_mutex.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace trust {

template <class T> class shared_latch {
 public:
  using value_type = T;
  using guard = sync::guard<shared_latch, T>;
  using shared_guard = sync::guard<shared_latch, T, true>;

  shared_latch() = default;
  explicit shared_latch(T value) : value_{std::move(value)} {}
  template <class... Args>
  explicit shared_latch(std::in_place_t, Args&&... args) : value_(std::forward<Args>(args)...) {}
  /// Only while nobody holds it: to entrust it.
  shared_latch(shared_latch&& o) noexcept(std::is_nothrow_move_constructible_v<T>) : value_{std::move(o.value_)} {
    TRUST_ASSERT(!o.held(), "a shared_latch was moved while it was held");
  }

  /// `auto g = co_await l.lock();` the T, alone. A stop request while waiting: errc::cancelled.
  [[nodiscard]] auto lock() noexcept {
    return sync::awaitable{sync::shared_locking<guard, shared_latch, false>{mutex_, *this}};
  }
  /// `auto g = co_await l.lock_shared();` the T to read, beside other readers. A stop request while waiting: errc::cancelled.
  [[nodiscard]] auto lock_shared() noexcept {
    return sync::awaitable{sync::shared_locking<shared_guard, shared_latch, true>{mutex_, *this}};
  }
  /// A guard if nobody holds it or waits. For closures, which cannot wait.
  [[nodiscard]] std::optional<guard> try_lock() noexcept {
    if (!mutex_.try_lock()) return std::nullopt;
    return std::optional<guard>{std::in_place, *this};
  }
  /// A guard if no writer holds it and nobody waits.
  [[nodiscard]] std::optional<shared_guard> try_lock_shared() noexcept {
    if (!mutex_.try_lock_shared()) return std::nullopt;
    return std::optional<shared_guard>{std::in_place, *this};
  }
  [[nodiscard]] bool held() const noexcept { return mutex_.held(); }
  [[nodiscard]] bool held_exclusively() const noexcept { return mutex_.held_exclusively(); }

  /// For guards and conditions.
  [[nodiscard]] sync::shared_mutex& core() noexcept { return mutex_; }
  [[nodiscard]] T& value_of_holder() noexcept { return value_; }

 private:
  sync::shared_mutex mutex_;
  T value_{};
};

}  // namespace trust
