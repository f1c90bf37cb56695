// SPDX-License-Identifier: MIT
#pragma once
// refcount: how many hold a thing, counted in one word from any thread.
//
//     any holder                              last holder
//     use, drop: count - 1 -- [drop] ------>  finds 1: everything that the others did is visible
//
// A count that has reached zero stays there: `add_if_held` is how a weak handle asks, and it never brings back what is gone.
// For the cell of an entrusted object the last drop only sends a letter home. The owner serves every lane once before it destroys the
// object: whoever dropped earlier had published his calls before, and [drop] makes those publications visible to that sweep.
// Edges            [drop].     Model: tests/model/last_drop.cpp

#include <trust/link/edges.hpp>

#include <cstdint>

namespace trust::link {

template <class M> class refcount {
 public:
  explicit refcount(std::uint32_t begin = 1) noexcept : count_{begin} {}

  /// A holder makes another holder.
  void add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }

  /// Adds one unless the count is zero.
  [[nodiscard]] bool add_if_held() noexcept {
    std::uint32_t seen = count_.load(std::memory_order_relaxed);
    while (seen != 0) {
      if (count_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  /// True for the last one.
  [[nodiscard]] bool drop() noexcept {
    return count_.fetch_sub(1, M::order(edge::drop, std::memory_order_acq_rel)) == 1;
  }

  /// True when nobody but the caller, who holds one, holds it. May become untrue at once if others can see the handle.
  [[nodiscard]] bool sole() const noexcept { return count_.load(M::order(edge::drop, std::memory_order_acquire)) == 1; }

  /// For reports.
  [[nodiscard]] std::uint32_t peek() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  typename M::template atomic<std::uint32_t> count_;
};

}  // namespace trust::link
