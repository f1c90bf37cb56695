// SPDX-License-Identifier: MIT
#pragma once
// oneshot: one result, made by one thread, waited for by at most one waiter on any thread.
//
//     maker                                            taker
//     write result, finish -- [finished] --> empty     wait: false, read the result
//     finish: names the waiter  <-- [waiting] -------- wait: true, is told when it is there
//
//     empty      no result, nobody waits
//     waiting    the word is the waiter
//     finished   the result is there; the word is a mark
// Edges            [finished], [waiting]: the exchanges of both sides on one word, each sees what the other did before.
// Model: tests/model/oneshot.cpp

#include <trust/link/edges.hpp>

#include <atomic>
#include <cstdint>

namespace trust::link {

template <class M, class Waiter> class oneshot {
 public:
  /// Maker: the result is written. Names the waiter to be told, or null.
  [[nodiscard]] Waiter* finish() noexcept {
    const auto order = M::order(edge::waiting, M::order(edge::finished, std::memory_order_acq_rel));
    return reinterpret_cast<Waiter*>(word_.exchange(mark, order));
  }
  /// Taker: true when `w` waits now; false when the result is there already.
  [[nodiscard]] bool wait(Waiter& w) noexcept {
    std::uintptr_t expected = 0;
    return word_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&w),
                                         M::order(edge::waiting, std::memory_order_release),
                                         M::order(edge::finished, std::memory_order_acquire));
  }
  /// Taker: no longer waits; false when the result has come meanwhile, and then the maker tells `w`.
  [[nodiscard]] bool unwait(Waiter& w) noexcept {
    auto expected = reinterpret_cast<std::uintptr_t>(&w);
    return word_.compare_exchange_strong(expected, 0, std::memory_order_relaxed, std::memory_order_relaxed);
  }
  [[nodiscard]] bool finished() const noexcept {
    return word_.load(M::order(edge::finished, std::memory_order_acquire)) == mark;
  }

 private:
  static constexpr std::uintptr_t mark = 1;
  typename M::template atomic<std::uintptr_t> word_{0};
};

}  // namespace trust::link
