// SPDX-License-Identifier: MIT
// Unit tests of base/result: a value or why there is none, of every kind of type.

#include <trust/base/result.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>

namespace {

using trust::errc;
using trust::failure;
using trust::result;
using trust::result_of;

TEST_CASE("a result of a value has it") {
  result<std::string> r{"ada"};
  REQUIRE(r.has_value());
  CHECK(bool(r));
  CHECK(*r == "ada");
  CHECK(r->size() == 3);
  r.value() += "!";
  CHECK(std::as_const(r).value() == "ada!");
  CHECK(std::move(r).value() == "ada!");
}

TEST_CASE("a result of a failure has no value, and value() throws it") {
  result<int> r{failure{std::make_exception_ptr(std::out_of_range{"row 7"})}};
  CHECK_FALSE(r.has_value());
  CHECK(r.error().what() == "row 7");
  CHECK_THROWS_AS(static_cast<void>(r.value()), std::out_of_range);
  CHECK_THROWS_AS(static_cast<void>(std::as_const(r).value()), std::out_of_range);
  CHECK_THROWS_AS(static_cast<void>(std::move(r).value()), std::out_of_range);
}

TEST_CASE("a result of a code throws a trust::error") {
  result<int> r{errc::overloaded};
  CHECK(r.error() == errc::overloaded);
  CHECK_THROWS_AS(static_cast<void>(r.value()), trust::error);
}

TEST_CASE("value_or gives the other one only where there is no value") {
  CHECK(result<int>{3}.value_or(9) == 3);
  CHECK(result<int>{errc::empty}.value_or(9) == 9);
  const result<int> failed{errc::empty};
  CHECK(failed.value_or(8) == 8);
}

TEST_CASE("transform, and_then and or_else chain as those of std::expected do") {
  CHECK(*result<int>{3}.transform([](int i) { return std::to_string(i); }) == "3");
  CHECK(result<int>{errc::empty}.transform([](int i) { return std::to_string(i); }).error() == errc::empty);
  int seen = 0;
  CHECK(result<int>{3}.transform([&](int i) { seen = i; }).has_value());
  CHECK(seen == 3);
  CHECK(*result<int>{3}.and_then([](int i) { return result<long>{i + 1L}; }) == 4L);
  CHECK(result<int>{3}.and_then([](int) { return result<long>{errc::shared}; }).error() == errc::shared);
  CHECK(*result<int>{errc::empty}.or_else(
            [](failure f) { return f == errc::empty ? result<int>{1} : result<int>{2}; }) == 1);
  CHECK(*result<int>{5}.or_else([](failure) { return result<int>{1}; }) == 5);
}

TEST_CASE("a result of void is done or failed") {
  const auto done = result<void>::done();
  CHECK(done.has_value());
  CHECK_NOTHROW(done.value());
  const result<void> failed{errc::timed_out};
  CHECK_FALSE(failed.has_value());
  CHECK_THROWS_AS(failed.value(), trust::error);
  CHECK(*result<void>::done().and_then([] { return result<int>{7}; }) == 7);
  CHECK(result<void>{errc::empty}.or_else([](failure) { return result<void>::done(); }).has_value());
}

TEST_CASE("a result of a reference refers to the same object") {
  int n = 1;
  result<int&> r{n};
  r.value() = 2;
  CHECK(n == 2);
  CHECK(&*r == &n);
  CHECK(&std::move(r).value() == &n);
}

TEST_CASE("a result of something that only moves lets it out once") {
  result<std::unique_ptr<int>> r{std::make_unique<int>(4)};
  const std::unique_ptr<int> p = std::move(r).value();
  CHECK(*p == 4);
}

TEST_CASE("a new result holds nothing yet") {
  result<int> r;
  CHECK(r.nothing_yet());
  CHECK_FALSE(r.has_value());
  r.emplace(1);
  CHECK_FALSE(r.nothing_yet());
  r.fail(errc::empty);
  CHECK_FALSE(r.nothing_yet());
  CHECK(r.error() == errc::empty);
}

TEST_CASE("a result that is copied, moved, overwritten or fails to be built holds each thing once") {
  struct counted {
    explicit counted(int& alive, bool throws = false) : alive_{alive} {
      if (throws) throw std::runtime_error{"no"};
      ++alive_;
    }
    counted(const counted& o) : alive_{o.alive_} { ++alive_; }
    counted(counted&& o) noexcept : alive_{o.alive_} { ++alive_; }
    ~counted() { --alive_; }
    int& alive_;
  };
  int alive = 0;
  const auto why = std::make_exception_ptr(std::runtime_error{"why"});
  {
    result<counted> a;
    a.emplace(alive);
    result<counted> b{a};
    result<counted> c{std::move(a)};
    CHECK(alive == 3);
    b = c;
    c = std::move(b);
    CHECK(alive == 3);
    c.fail(trust::failure{why});
    CHECK(alive == 2);
    a = c;
    b = std::move(c);
    CHECK(alive == 0);
    CHECK(a.error().exception() == why);
    CHECK(b.error().what() == "why");
    b.emplace(alive);
    CHECK(alive == 1);
    CHECK_THROWS_AS(b.emplace(alive, true), std::runtime_error);
    CHECK(b.nothing_yet());
    CHECK(alive == 0);
    a.emplace(alive);
  }
  CHECK(alive == 0);
}

TEST_CASE("result_of takes what a callable returns or throws") {
  CHECK(*result_of([] { return 5; }) == 5);
  CHECK(result_of([] {}).has_value());
  CHECK(result_of([]() -> int { throw std::runtime_error{"no"}; }).error().what() == "no");
  int n = 0;
  CHECK(&result_of([&]() -> int& { return n; }).value() == &n);
}

}  // namespace
