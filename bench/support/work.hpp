// SPDX-License-Identifier: MIT
#pragma once
// work: private work between two operations, about so many nanoseconds of arithmetic in which each step needs the one
// before, also across calls on one thread, or the processor would do two of them at once. A loop with nothing between
// two operations rewards those who let one thread run in bursts.
#include <cstdint>

namespace bench {

class work {
 public:
  /// `ns` of it, by measuring the machine; 0: none at all.
  explicit work(double ns);

  void operator()() const noexcept {
    if (rounds_ == 0) return;
    std::uint64_t x = chain_;
    for (std::uint64_t i = 0; i < rounds_; ++i) {
      x = x * 6364136223846793005u + 1442695040888963407u;
      asm volatile("" : "+r"(x));
    }
    chain_ = x;
  }
  /// What it takes, measured.
  [[nodiscard]] double ns() const noexcept { return ns_; }

 private:
  static inline thread_local std::uint64_t chain_ = 1;
  std::uint64_t rounds_ = 0;
  double ns_ = 0;
};

}  // namespace bench
