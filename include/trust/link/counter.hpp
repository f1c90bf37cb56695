// SPDX-License-Identifier: MIT
#pragma once
// counter: a number that one thread advances and any thread may read, without a read-modify-write.
//
// `add` is a load and a store of its one writer. A reader sees some value that it had; `read_settled` is for the shutdown hand-shake, which
// compares sums of what was sent and what was done: a writer's other stores before the count are visible with it.

#include <atomic>
#include <cstdint>

namespace trust::link {

template <class M> class counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_release); }
  [[nodiscard]] std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t read_settled() const noexcept { return value_.load(std::memory_order_acquire); }

 private:
  typename M::template atomic<std::uint64_t> value_{0};
};

}  // namespace trust::link
