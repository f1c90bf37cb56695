// SPDX-License-Identifier: MIT
// g++ before 13 destroys some temporaries of a co_await twice, silently and at every optimisation level (GCC PR 99576,
// 100611, 101367). Each case here is one of its traps in plain coroutines, without the library: on such a compiler a
// count comes out one short. They say what tests/refuse/doubled.cpp refuses and why; the conditional operator, which no
// library sees, is left to the lint of tests/house.py, and so is a temporary coroutine lambda. A case that fails on an
// older g++ says that the compiler has been mended there.

#include <doctest/doctest.h>

#include <coroutine>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

namespace {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
constexpr int doubled = -1;
#else
constexpr int doubled = 0;
#endif

int alive = 0;

struct counted {
  counted() { ++alive; }
  counted(const counted&) { ++alive; }
  counted(counted&&) noexcept { ++alive; }
  ~counted() { --alive; }
};
struct aggregate {
  counted content;
  int more = 0;
};

struct eager {
  struct promise_type {
    eager get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};
struct awaiter {
  awaiter() {}
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> h) { h.resume(); }
  void await_resume() {}
};
struct awaiter_of_class {
  awaiter_of_class() {}
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> h) { h.resume(); }
  counted await_resume() { return {}; }
};
struct aggregate_awaiter {
  counted content;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> h) { h.resume(); }
  void await_resume() {}
};

template <class F> awaiter call(F&&) { return {}; }
template <class A> awaiter combine(A&&) { return {}; }
struct handle {
  handle() {}
  template <class F> awaiter apply(F&&) { return {}; }
};
template <class T> handle entrust(T&&) { return {}; }
aggregate make_aggregate() { return {}; }

/// How many are left when `coroutine` has ended: less than none, where one was destroyed twice.
template <class Coroutine> int left_by(Coroutine coroutine) {
  alive = 0;
  coroutine();
  return alive;
}

TEST_CASE("trap: the captures of a temporary closure in a co_await") {
  CHECK(left_by([]() -> eager { co_await call([c = counted{}] {}); }) == doubled);
}

TEST_CASE("trap: a temporary aggregate argument in a co_await") {
  CHECK(left_by([]() -> eager { co_await call(aggregate{}); }) == doubled);
}

TEST_CASE("trap: a temporary closure through a combinator") {
  CHECK(left_by([]() -> eager { co_await combine(call([c = counted{}] {})); }) == doubled);
}

TEST_CASE("trap: a temporary aggregate anywhere in the expression, which the awaited call does not see") {
  CHECK(left_by([]() -> eager { co_await entrust(aggregate{}).apply(1); }) == doubled);
}

TEST_CASE("trap: an aggregate awaiter") {
  CHECK(left_by([]() -> eager { co_await aggregate_awaiter{}; }) == doubled);
}

TEST_CASE("trap: the conditional operator between two co_awaits of class type") {
  for (const bool c : {true, false}) {
    const auto coroutine = [](bool x) -> eager {
      const counted y = x ? co_await awaiter_of_class{} : co_await awaiter_of_class{};  // house: on purpose
    };
    CHECK(left_by([&] { coroutine(c); }) == doubled);
  }
}

TEST_CASE("trap: a temporary coroutine lambda that captures by value") {
  CHECK(left_by([]() -> eager { co_await [c = counted{}] { return awaiter{}; }(); }) == doubled);
}

TEST_CASE("safe: a temporary with constructors") {
  CHECK(left_by([]() -> eager { co_await call(counted{}); }) == 0);
}

TEST_CASE("safe: an aggregate that a function returns") {
  CHECK(left_by([]() -> eager { co_await call(make_aggregate()); }) == 0);
}

TEST_CASE("safe: closures and aggregates with a name, also when they are moved from") {
  CHECK(left_by([]() -> eager {
          auto f = [c = counted{}] {};
          aggregate a;
          co_await call(f);
          co_await call(std::move(f));
          co_await call(std::move(a));
        }) == 0);
}

TEST_CASE("safe: an operation with a name") {
  CHECK(left_by([]() -> eager {
          auto op = call([c = counted{}] {});
          co_await op;
        }) == 0);
}

TEST_CASE("safe: if and else in the place of the conditional operator") {
  for (const bool c : {true, false}) {
    const auto coroutine = [](bool x) -> eager {
      if (x) {
        const counted y = co_await awaiter_of_class{};
      } else {
        const counted y = co_await awaiter_of_class{};
      }
    };
    CHECK(left_by([&] { coroutine(c); }) == 0);
  }
}

}  // namespace
