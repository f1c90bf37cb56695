// SPDX-License-Identifier: MIT
// Unit tests of the generator that seeds choose orders with.

#include <trust/base/chance.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>

namespace {

using trust::base::chance;

TEST_CASE("chance: the same seed draws the same numbers, on every machine") {
  chance a{7}, b{7}, other{8};
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t x = a.draw();
    CHECK(x == b.draw());
    CHECK(x != other.draw());
  }
  CHECK(a.state() == b.state());
  CHECK(chance{0}.draw() == 0xe220a8397b1dcdafu);  // the published first value of splitmix64 for the seed 0
}

TEST_CASE("chance: below n is every number from 0 to n - 1, about equally often") {
  chance c{1};
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) ++seen[c.below(7)];
  for (const int n : seen) CHECK(n > 800);
  CHECK(c.below(1) == 0);
  for (int i = 0; i < 100; ++i) CHECK(c.below(std::uint64_t{1} << 32) < std::uint64_t{1} << 32);
}

TEST_CASE("chance: one in n happens that often, one in 0 never, one in 1 always") {
  chance c{2};
  int n = 0;
  for (int i = 0; i < 4000; ++i) n += c.one_in(4);
  CHECK(n > 800);
  CHECK(n < 1200);
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(c.one_in(0));
    CHECK(c.one_in(1));
  }
}

TEST_CASE("chance: spans reach from nothing to the longest, short ones as often as long ones") {
  chance c{3};
  int shorter_than_a_hundredth = 0, longer_than_a_half = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t x = c.up_to(1'000'000);
    CHECK(x <= 1'000'000);
    shorter_than_a_hundredth += x < 10'000;
    longer_than_a_half += x > 500'000;
  }
  CHECK(shorter_than_a_hundredth > 400);
  CHECK(longer_than_a_half > 80);
  CHECK(c.up_to(0) == 0);
}

}  // namespace
