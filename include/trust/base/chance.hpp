// SPDX-License-Identifier: MIT
#pragma once
// chance: a generator of numbers that is the same everywhere, for orders that a seed chooses (splitmix64, Steele and others, 2014).
//
// Small, fast, and good enough to choose from; never for secrets. A simulated runtime has one, which all its decisions come from; a real
// worker whose ready tasks are shuffled has one of its own. One thread.   Tests: tests/unit/base/chance.cpp

#include <cstdint>

namespace trust::base {

class chance {
 public:
  explicit chance(std::uint64_t seed) noexcept : state_{seed} {}

  /// 64 bits.
  [[nodiscard]] std::uint64_t draw() noexcept { return mixed(state_ += 0x9e3779b97f4a7c15u); }
  /// From 0 to n - 1, for n from 1 to 2^32.
  [[nodiscard]] std::uint64_t below(std::uint64_t n) noexcept { return (draw() >> 32) * n >> 32; }
  /// True once in n times; never for 0.
  [[nodiscard]] bool one_in(std::uint64_t n) noexcept { return n != 0 && below(n) == 0; }
  /// From 0 to `most`, small numbers as likely as large ones: for spans of time.
  [[nodiscard]] std::uint64_t up_to(std::uint64_t most) noexcept {
    const std::uint64_t bound = most >> below(12);
    return bound == 0 ? 0 : draw() % (bound + 1);
  }
  /// Tells two histories of draws apart.
  [[nodiscard]] std::uint64_t state() const noexcept { return state_; }

  /// Spreads every bit of `x` over all of the result.
  [[nodiscard]] static std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace trust::base
