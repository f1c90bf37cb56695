// SPDX-License-Identifier: MIT
// Unit tests of the table of one owner: it holds what a std::unordered_map would, also when hashes collide and when something throws.

#include "support/seed.hpp"
#include <trust/delegate/spread.hpp>
#include <trust/delegate/table.hpp>

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

namespace {

using trust::delegate::mix;
template <class K, class V> using table = trust::delegate::table<K, V, std::equal_to<K>>;

// The same random operations on a table and on a std::unordered_map; `hash` is what the table is told.
template <class V, class Make, class Read, class Hash>
void live_together(std::size_t keys, unsigned rounds, Make&& make, Read&& read, Hash&& hash) {
  tests::dice draw{keys * 7 + rounds};
  table<std::size_t, V> t;
  std::unordered_map<std::size_t, std::size_t> model;
  std::size_t wrong = 0;
  const auto check = [&](bool right) { wrong += right ? 0 : 1; };
  for (unsigned i = 0; i < rounds; ++i) {
    const std::size_t k = draw.below(keys);
    const std::uint64_t h = hash(k);
    switch (draw.below(5)) {
      case 0:
      case 1: {
        const auto [v, built] = t.try_emplace(k, h, make(i));
        check(built == model.try_emplace(k, i).second);
        check(read(*v) == model.at(k));
        break;
      }
      case 2:
        check(t.erase(k, h) == (model.erase(k) == 1));
        break;
      case 3: {
        const V* const v = t.find(k, h);
        const auto it = model.find(k);
        check((v != nullptr) == (it != model.end()) && (v == nullptr || read(*v) == it->second));
        break;
      }
      default:
        if (draw.one_in(200)) {
          t.clear();
          model.clear();
        } else if (draw.one_in(50)) {
          t.reserve(draw.below(keys));
        }
    }
    check(t.size() == model.size());
  }
  std::size_t met = 0;
  t.for_each([&](const std::size_t& k, V& v) {
    ++met;
    check(model.at(k) == read(v));
  });
  CHECK(met == model.size());
  CHECK(wrong == 0);
}

struct large {
  explicit large(std::size_t n) { all.fill(n); }
  std::array<std::size_t, 20> all;
};
struct rooted {
  explicit rooted(std::size_t x) : n{x} {}
  rooted(const rooted&) = delete;
  rooted& operator=(const rooted&) = delete;
  std::size_t n;
};
struct alignas(128) aligned {
  std::size_t n;
};

TEST_CASE("a table holds what was put into it and not erased, whatever the hashes") {
  const auto same = [](std::size_t n) { return n; };
  const auto numbers = [&](std::size_t keys, auto hash) { live_together<std::size_t>(keys, 20'000, same, same, hash); };
  for (std::size_t keys : {3u, 40u, 1000u}) {
    CAPTURE(keys);
    numbers(keys, [](std::size_t k) { return mix(k); });
    numbers(keys, [](std::size_t) { return std::uint64_t{0}; });                // all in one row
    numbers(keys, [](std::size_t) { return ~std::uint64_t{0}; });               // from the last slot on
    numbers(keys, [](std::size_t k) { return std::uint64_t{k % 3} * 6 - 2; });  // three rows, one around the end
    numbers(keys, [](std::size_t k) { return mix(k) & 0xff; });
  }
}

TEST_CASE("values may own, be large, be aligned, or never move") {
  const auto hash = [](std::size_t k) { return mix(k) & 0x3f; };
  live_together<std::string>(
      60, 20'000, [](std::size_t n) { return std::to_string(n) + std::string(20, '.'); },
      [](const std::string& s) { return std::stoul(s); }, hash);
  live_together<std::unique_ptr<std::size_t>>(
      60, 20'000, [](std::size_t n) { return std::make_unique<std::size_t>(n); },
      [](const std::unique_ptr<std::size_t>& p) { return *p; }, hash);
  live_together<large>(60, 20'000, [](std::size_t n) { return n; }, [](const large& l) { return l.all[19]; }, hash);
  live_together<rooted>(60, 20'000, [](std::size_t n) { return n; }, [](const rooted& r) { return r.n; }, hash);
  live_together<aligned>(
      60, 20'000, [](std::size_t n) { return n; },
      [](const aligned& a) { return reinterpret_cast<std::size_t>(&a) % 128 == 0 ? a.n : ~a.n; }, hash);
}

TEST_CASE("an entry that never moves stays where it is while its table grows") {
  table<std::size_t, rooted> t;
  const rooted* const first = t.try_emplace(std::size_t{0}, mix(0), std::size_t{1}).first;
  for (std::size_t k = 1; k < 1000; ++k) t.try_emplace(k, mix(k), k);
  CHECK(t.find(std::size_t{0}, mix(0)) == first);
}

TEST_CASE("extract moves the value out") {
  table<std::string, std::unique_ptr<int>> t;
  t.try_emplace("a", mix(1), std::make_unique<int>(5));
  const std::optional<std::unique_ptr<int>> a = t.extract(std::string{"a"}, mix(1));
  CHECK(**a == 5);
  CHECK(t.size() == 0);
  CHECK_FALSE(t.extract(std::string{"a"}, mix(1)).has_value());
}

/// Alive ones are counted; throws when it is told to.
struct touchy {
  static inline int alive = 0;
  explicit touchy(int x) : n{x} {
    if (x < 0) throw std::runtime_error{"negative"};
    ++alive;
  }
  touchy(touchy&& o) noexcept : n{o.n} { ++alive; }
  touchy& operator=(touchy&&) = delete;
  ~touchy() { --alive; }
  friend bool operator==(const touchy& a, const touchy& b) {
    if (a.n == 13 || b.n == 13) throw std::runtime_error{"unlucky"};
    return a.n == b.n;
  }
  friend bool operator==(const touchy& a, int b) { return a.n == b; }
  int n;
};

TEST_CASE("what throws has changed nothing, and everything is destroyed once") {
  {
    using unlucky = trust::delegate::table<touchy, touchy, std::equal_to<>>;
    unlucky t;
    for (int i = 0; i < 12; ++i) t.try_emplace(touchy{i}, mix(7), i);
    CHECK(touchy::alive == 24);
    CHECK_THROWS_WITH(t.try_emplace(touchy{100}, mix(7), -1), "negative");
    CHECK_THROWS_WITH(t.try_emplace(-1, mix(8), 1), "negative");
    CHECK_THROWS_WITH(static_cast<void>(t.find(touchy{13}, mix(7))), "unlucky");
    CHECK_THROWS_WITH(t.erase(touchy{13}, mix(7)), "unlucky");
    CHECK(t.size() == 12);
    CHECK(touchy::alive == 24);
    for (int i = 0; i < 12; ++i) CHECK(t.find(touchy{i}, mix(7))->n == i);
    for (int i = 0; i < 12; i += 2) CHECK(t.erase(touchy{i}, mix(7)));
    for (int i = 1; i < 12; i += 2) CHECK(t.find(touchy{i}, mix(7))->n == i);
    CHECK(touchy::alive == 12);
    unlucky other{std::move(t)};
    CHECK(other.size() == 6);
    CHECK(t.size() == 0);
    CHECK(t.find(touchy{1}, mix(7)) == nullptr);
  }
  CHECK(touchy::alive == 0);
}

TEST_CASE("a cleared table keeps its memory, and an empty one has none") {
  table<int, int> t;
  CHECK(t.find(1, mix(1)) == nullptr);
  CHECK_FALSE(t.erase(1, mix(1)));
  t.clear();
  for (int i = 0; i < 100; ++i) t.try_emplace(i, mix(static_cast<std::uint64_t>(i)), i);
  t.clear();
  int met = 0;
  t.for_each([&](const int&, int&) { ++met; });
  CHECK(met == 0);
  t.try_emplace(5, mix(5), 6);
  CHECK(*t.find(5, mix(5)) == 6);
}

}  // namespace
