// SPDX-License-Identifier: MIT
#pragma once
// seed: where a test's randomness comes from. The seed is printed, and TRUST_SEED repeats it.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace tests {

/// Small, good enough, the same everywhere (splitmix64).
class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : state_{seed} {}
  std::uint64_t operator()() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// From 0 to n - 1.
  std::size_t below(std::size_t n) noexcept { return static_cast<std::size_t>((*this)() % n); }
  bool one_in(std::size_t n) noexcept { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// The seed of this run: TRUST_SEED, or one from the clock. Prints it.
[[nodiscard]] inline std::uint64_t seed_of_this_run(const char* test) {
  const char* text = std::getenv("TRUST_SEED");
  const auto ticks = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  const std::uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : dice{ticks}() % 1'000'000'000;
  std::printf("%s: seed %llu, repeat with TRUST_SEED=%llu\n", test, static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

}  // namespace tests
