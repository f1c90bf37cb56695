// SPDX-License-Identifier: MIT
#pragma once
// keys: which object an operation is for: uniform, or Zipf with exponent 0.99, drawn beforehand so that drawing costs
// nothing while the clock runs. Every client walks the same long list from a place of its own.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace bench {

class keys {
 public:
  static constexpr std::size_t length = 1u << 16;

  keys(std::size_t objects, bool zipf, unsigned percent_writes) : drawn_(length) {
    std::mt19937_64 dice{42};
    std::vector<double> sums(objects);
    double sum = 0;
    for (std::size_t i = 0; i < objects; ++i)
      sums[i] = sum += zipf ? 1 / std::pow(static_cast<double>(i + 1), 0.99) : 1;
    std::uniform_real_distribution<double> where{0, sum};
    std::uniform_int_distribution<unsigned> percent{0, 99};
    for (auto& d : drawn_) {
      const auto at = std::upper_bound(sums.begin(), sums.end(), where(dice)) - sums.begin();
      d.object = std::min(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(objects - 1));
      d.writes = percent(dice) < percent_writes;
    }
  }
  struct draw {
    std::uint32_t object = 0;
    bool writes = false;
  };
  [[nodiscard]] const draw& at(std::size_t i) const noexcept { return drawn_[i % length]; }
  /// How many of n draws from `first` on are writes.
  [[nodiscard]] long writes(std::size_t first, long n) const {
    long found = 0;
    for (long i = 0; i < n; ++i) found += at(first + static_cast<std::size_t>(i)).writes ? 1 : 0;
    return found;
  }

 private:
  std::vector<draw> drawn_;
};

}  // namespace bench
