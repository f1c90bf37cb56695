// SPDX-License-Identifier: MIT
#pragma once
// word: a value that one thread at a time writes and any thread may look at, where the protocol around it gives the order.
//
// `get` and `set` are plain loads and stores (relaxed); `publish` and `see` carry what was written before. Used for an object's owner and
// state, for phases of a runtime, and for reports.

#include <atomic>
#include <concepts>

namespace trust::link {

template <class M, class T> class word {
 public:
  explicit word(T begin = T{}) noexcept : value_{begin} {}
  [[nodiscard]] T get() const noexcept { return value_.load(std::memory_order_relaxed); }
  void set(T v) noexcept { value_.store(v, std::memory_order_relaxed); }
  [[nodiscard]] T see() const noexcept { return value_.load(std::memory_order_acquire); }
  void publish(T v) noexcept { value_.store(v, std::memory_order_release); }
  /// For words that several threads may want to move on: true for the one that did.
  bool move_on(T from, T to) noexcept {
    return value_.compare_exchange_strong(from, to, std::memory_order_acq_rel, std::memory_order_relaxed);
  }
  /// Takes the next number; for choices such as round robin.
  [[nodiscard]] T next() noexcept
    requires std::integral<T>
  {
    return value_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  typename M::template atomic<T> value_;
};

}  // namespace trust::link
