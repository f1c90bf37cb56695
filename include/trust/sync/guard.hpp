// SPDX-License-Identifier: MIT
#pragma once
// guard: the use of what a latch or a shared_latch protects, for as long as the guard lives. Move-only; one thread.
//
// `Owner` has core(), which is released, and value_of_holder(). A guard that shares gives a const value. An empty one (released, moved from,
// or its holder waits for a condition) protects nothing, and must not be looked through (asserted in debug builds).
// Tests: tests/unit/delegate/latch.cpp, tests/unit/sync/shared_latch.cpp

#include <trust/base/assert.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace trust::sync {

template <class Owner, class T, bool Shares = false> class guard {
 public:
  using value_type = std::conditional_t<Shares, const T, T>;

  /// Of what is held already.
  explicit guard(Owner& o) noexcept : owner_{&o} {}
  guard(guard&& o) noexcept : owner_{std::exchange(o.owner_, nullptr)} {}
  guard& operator=(guard&& o) noexcept {
    if (this != &o) {
      release();
      owner_ = std::exchange(o.owner_, nullptr);
    }
    return *this;
  }
  ~guard() { release(); }

  [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
  [[nodiscard]] value_type& operator*() const noexcept {
    TRUST_ASSERT(owner_ != nullptr, "an empty guard was looked through");
    return owner_->value_of_holder();
  }
  [[nodiscard]] value_type* operator->() const noexcept { return std::addressof(**this); }
  /// Lets the next one in before the guard's end.
  void release() noexcept {
    if (owner_ == nullptr) return;
    if constexpr (Shares) {
      std::exchange(owner_, nullptr)->core().unlock_shared();
    } else {
      std::exchange(owner_, nullptr)->core().unlock();
    }
  }
  /// For condition: the owner, which stays held. The guard is empty.
  [[nodiscard]] Owner& give_up() noexcept {
    TRUST_ASSERT(owner_ != nullptr, "a task waits for a condition with an empty guard");
    return *std::exchange(owner_, nullptr);
  }

 private:
  Owner* owner_;
};

}  // namespace trust::sync
