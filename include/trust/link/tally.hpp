// SPDX-License-Identifier: MIT
#pragma once
// tally: a number that many threads raise and lower, for limits and reports.
//
// It counts the messages that foreign threads have put into an inbox (their back-pressure). It orders nothing: what the number stands for is
// published by the inbox, so relaxed read-modify-writes do.

#include <atomic>
#include <cstdint>

namespace trust::link {

template <class M> class tally {
 public:
  /// Adds one unless there are `most` already.
  [[nodiscard]] bool raise(std::uint64_t most) noexcept {
    if (n_.fetch_add(1, std::memory_order_relaxed) < most) return true;
    lower();
    return false;
  }
  void raise() noexcept { n_.fetch_add(1, std::memory_order_relaxed); }
  void lower() noexcept { n_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t read() const noexcept { return n_.load(std::memory_order_relaxed); }

 private:
  typename M::template atomic<std::uint64_t> n_{0};
};

}  // namespace trust::link
