// SPDX-License-Identifier: MIT
// closure: what travels for apply(f, args...), how it is called, and what is known of it at compile time.

#include <trust/delegate/closure.hpp>

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

namespace delegate = trust::delegate;

struct account {
  long balance = 0;
  long add(long n) { return balance += n; }
  [[nodiscard]] long read() const { return balance; }
};
struct aggregate {
  std::string text;
};
struct with_constructor {
  explicit with_constructor(std::string t) : text{std::move(t)} {}
  std::string text;
};
long doubled(account& a, long n) { return a.balance = 2 * n; }

TEST_CASE("it is called as std::invoke does: member functions, functions, closures") {
  account a;
  auto add = delegate::bind(&account::add, 5L);
  CHECK(add(a) == 5);
  auto read = delegate::bind(&account::read);
  const account& reader = a;
  CHECK(read(reader) == 5);
  auto function = delegate::bind(doubled, 4L);
  CHECK(function(a) == 8);
  auto closure = delegate::bind([](account& x) { return x.balance; });
  CHECK(closure(a) == 8);
}

TEST_CASE("arguments decay and reach the callable as rvalues") {
  account a;
  const std::string text = "text";
  auto b = delegate::bind(
      []<class S, class P, class I>(account&, S&& s, P&& p, I&&) {
        static_assert(std::is_same_v<S, std::string> && std::is_same_v<P, std::unique_ptr<int>> &&
                      std::is_same_v<I, int>);
        const std::string taken{std::forward<S>(s)};
        const std::unique_ptr<int> own{std::forward<P>(p)};
        return taken + std::to_string(*own);
      },
      text, std::make_unique<int>(7), 1);
  CHECK(b(a) == "text7");
  CHECK(text == "text");
}

TEST_CASE("character arrays become strings, whose text goes with them") {
  account a;
  char array[] = "array";
  auto b = delegate::bind([](account&, std::string x, std::string y) { return x + y; }, array, " literal");
  static_assert(std::is_same_v<trust::coro::travelling_t<char(&)[3]>, std::string>);
  static_assert(std::is_same_v<trust::coro::travelling_t<const char(&)[3]>, std::string>);
  static_assert(std::is_same_v<trust::coro::travelling_t<const char*&>, const char*>);
  array[0] = 'X';
  CHECK(b(a) == "array literal");
}

TEST_CASE("an lvalue callable is used in place, and copied where nobody waits") {
  account a;
  auto count = [n = 0](account&) mutable { return ++n; };
  auto used = delegate::bind(count);
  CHECK(used(a) == 1);
  CHECK(used(a) == 2);
  CHECK(count(a) == 3);
  auto copied = delegate::bind_copy(count);
  CHECK(copied(a) == 4);
  CHECK(count(a) == 4);
}

TEST_CASE("a moved closure leaves nothing behind") {
  account a;
  auto f = [own = std::make_unique<int>(3)](account& x) { return x.add(*own); };
  auto b = delegate::bind(trust::moved(f));
  CHECK(b(a) == 3);
  static_assert(!std::is_copy_constructible_v<decltype(b)>);
}

TEST_CASE("what is unchecked arrives as itself") {
  account a;
  int n = 4;
  auto b = delegate::bind(
      []<class P>(account&, P&& p) {
        static_assert(std::is_same_v<P, int*>);
        return *p;
      },
      trust::unchecked(&n));
  CHECK(b(a) == 4);
  auto c =
      delegate::bind(trust::unchecked([&n](account&, std::string_view t) { return n + static_cast<int>(t.size()); }),
                     std::string_view{"ab"});
  CHECK(c(a) == 6);
}

TEST_CASE("a captureless closure without arguments is empty") {
  auto f = [](account&) {};
  static_assert(std::is_empty_v<decltype(delegate::bind(std::move(f)))>);
}

TEST_CASE("what refers to something of the caller's is known") {
  int n = 0;
  auto plain = [](account&) {};
  auto refers = [&n](account&) { ++n; };
  auto takes = [](account&, auto&&...) {};
  CHECK(!decltype(delegate::bind([](account&) {}))::borrowed);
  CHECK(decltype(delegate::bind(plain))::borrowed);
  CHECK(decltype(delegate::bind(std::move(refers)))::borrowed);
  CHECK(decltype(delegate::bind_copy(refers))::borrowed);
  CHECK(!decltype(delegate::bind_copy(plain))::borrowed);
  CHECK(decltype(delegate::bind(trust::moved(refers)))::borrowed);
  CHECK(decltype(delegate::bind_copy(takes, &n))::borrowed);
  CHECK(decltype(delegate::bind_copy(takes, std::string_view{"x"}))::borrowed);
  CHECK(decltype(delegate::bind_copy(takes, std::ref(n)))::borrowed);
  CHECK(!decltype(delegate::bind_copy(takes, "literal", 1, std::string{}))::borrowed);
  CHECK(!decltype(delegate::bind_copy(takes, trust::unchecked(&n)))::borrowed);
  CHECK(!decltype(delegate::bind_copy(trust::unchecked(refers)))::borrowed);
  CHECK(!decltype(delegate::bind_copy(&account::add, 1L))::borrowed);
  CHECK(!decltype(delegate::bind_copy(doubled, 1L))::borrowed);
}

TEST_CASE("what g++ before 13 destroys twice is known, and only there") {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  constexpr bool affected = true;
#else
  constexpr bool affected = false;
#endif
  using trust::coro::hazardous;
  auto heavy = [s = std::string{}] { return s.size(); };
  auto light = [n = 1] { return n; };
  using heavy_type = decltype(heavy);
  CHECK(hazardous<heavy_type>() == affected);
  CHECK(hazardous<const heavy_type>() == affected);
  CHECK(hazardous<trust::unchecked_value<heavy_type>>() == affected);
  CHECK(hazardous<aggregate>() == affected);
  CHECK(hazardous<std::array<std::string, 2>>() == affected);
  CHECK_FALSE(hazardous<heavy_type&>());
  CHECK_FALSE(hazardous<aggregate&>());
  CHECK_FALSE(hazardous<decltype(light)>());
  CHECK_FALSE(hazardous<with_constructor>());
  CHECK_FALSE(hazardous<std::string>());
  CHECK_FALSE(hazardous<std::function<void()>>());
  CHECK_FALSE(hazardous<trust::moved_closure<heavy_type>>());
  CHECK_FALSE(hazardous<long (account::*)(long)>());
  CHECK(heavy() + static_cast<std::size_t>(light()) == 1);
}

}  // namespace
