// SPDX-License-Identifier: MIT
// Unit tests of coro/stream: lazy, one value at a time, the asker's environment, errors, frames that die where they should.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::stream;
using trust::task;
using namespace std::chrono_literals;

stream<int> count_to(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
}

template <class S> task<std::vector<typename S::value_type>> all_of(S s) {
  std::vector<typename S::value_type> all;
  while (auto x = co_await s.next()) all.push_back(std::move(*x));
  co_return all;
}

TEST_CASE("a stream gives what it yields, in order, then nothing, as often as it is asked") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      auto s = count_to(200);  // more than a budget of steps
      int expected = 0;
      while (auto x = co_await s.next()) CHECK(*x == ++expected);
      CHECK(expected == 200);
      for (int i = 0; i < 100; ++i) {
        const std::optional<int> more = co_await s.next();
        CHECK_FALSE(more.has_value());
      }
    });
  });
}

TEST_CASE("a stream runs only as far as it is asked") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    int reached = 0;
    const auto steps = [](int& at) -> stream<int> {
      at = 1;
      co_yield 1;
      at = 2;
      co_yield 2;
      at = 3;
    };
    auto s = steps(reached);
    co_await trust::yield();
    CHECK(reached == 0);
    static_cast<void>(co_await s.next());
    CHECK(reached == 1);
    co_await trust::yield();
    CHECK(reached == 1);
    static_cast<void>(co_await s.next());
    CHECK(reached == 2);
    static_cast<void>(co_await s.next());
    CHECK(reached == 3);
  });
}

TEST_CASE("a stream gives things that only move, copies of what has a name, and references") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    const auto boxes = []() -> stream<std::unique_ptr<int>> {
      co_yield std::make_unique<int>(1);
      auto p = std::make_unique<int>(2);
      co_yield std::move(p);
      CHECK(p == nullptr);
    };
    const auto boxed = co_await all_of(boxes());
    CHECK(boxed.size() == 2);
    CHECK(*boxed.at(1) == 2);

    const auto texts = []() -> stream<std::string> {
      const std::string kept = "a name of more than sixteen letters";
      co_yield kept;
      CHECK(kept.size() == 35);
      std::string same = kept;
      co_yield same;
      CHECK(same == kept);
      co_yield "a literal";
    };
    const auto told = co_await all_of(texts());
    CHECK(told.size() == 3);
    CHECK(told.at(0) == told.at(1));
    CHECK(told.at(2) == "a literal");

    std::vector<int> numbers{1, 2, 3};
    const auto each = [](std::vector<int>& v) -> stream<int&> {
      for (int& n : v) co_yield n;
    };
    auto s = each(numbers);
    while (int* n = co_await s.next()) *n *= 10;
    CHECK(numbers == std::vector{10, 20, 30});

    const auto read = [](const std::vector<int>& v) -> stream<const int&> {
      for (const int& n : v) co_yield n;
      co_yield 7;  // lives until the next is asked for
    };
    auto r = read(numbers);
    int sum = 0;
    while (const int* n = co_await r.next()) sum += *n;
    CHECK(sum == 67);
  });
}

TEST_CASE("what a stream throws comes to next, once; then it has ended") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      const auto breaks = []() -> stream<int> {
        co_yield 1;
        co_await trust::yield();
        throw std::out_of_range{"row 2"};
      };
      auto s = breaks();
      const auto first = co_await s.next();
      CHECK(first == 1);
      const auto second = co_await trust::as_result(s.next());
      CHECK_FALSE(second.has_value());
      CHECK(second.error().what() == "row 2");
      const auto third = co_await s.next();
      CHECK_FALSE(third.has_value());
    });
  });
}

TEST_CASE("a stream awaits what a task may: sleep, calls to other workers, tasks and other streams") {
  on_each_runtime([](trust::runtime& rt) {
    auto there = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      const auto squares = [](trust::remote<int> r) -> stream<int> {
        auto numbers = count_to(20);
        while (auto n = co_await numbers.next()) {
          const int sum = co_await r.apply([](int& total, int x) { return total += x; }, *n);
          co_await trust::sleep_for(1us);
          const auto twice = [](int x) -> task<int> { co_return 2 * x; };
          const int doubled = co_await twice(sum);
          co_yield doubled;
        }
      };
      auto s = squares(there);
      int last = 0;
      while (auto x = co_await s.next()) last = *x;
      CHECK(last == 420);
    });
  });
}

TEST_CASE("a stream may be dropped before it begins, at a co_yield, and when it has ended; what it holds dies then") {
  support::ledger book;
  trust::runtime rt{trust::simulated{}};
  support::run(rt, [&]() -> task<> {
    const auto bags = [](support::ledger& b, support::luggage<> first) -> stream<support::luggage<>> {
      const support::luggage<> mine{b};
      co_yield std::move(first);
      co_yield support::luggage<>{b};
      co_yield mine;
    };
    {
      auto unasked = bags(book, support::luggage<>{book});
      CHECK(book.alive == 1);
    }
    CHECK(book.alive == 0);
    {
      auto s = bags(book, support::luggage<>{book});
      {
        const auto a = co_await s.next();
        CHECK(a->intact());
        const auto b = co_await s.next();
        CHECK(b->intact());
        CHECK(book.alive == 3);
      }
      CHECK(book.alive == 1);
    }
    CHECK(book.alive == 0);
    const auto all = co_await all_of(bags(book, support::luggage<>{book}));
    CHECK(all.size() == 3);
    CHECK(all.at(2).intact());
  });
  CHECK(book.alive == 0);
  CHECK(book.born == book.died);
}

TEST_CASE("a stream moves while nobody awaits it, and an empty one has nothing to give") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    auto a = count_to(3);
    static_cast<void>(co_await a.next());
    stream<int> b = std::move(a);
    const auto two = co_await b.next();
    CHECK(two == 2);
    const auto none = co_await a.next();  // house: moved from on purpose
    CHECK_FALSE(none.has_value());
    a = std::move(b);
    const auto three = co_await a.next();
    CHECK(three == 3);
    a = count_to(1);
    const auto one = co_await a.next();
    CHECK(one == 1);
  });
}

TEST_CASE("the stop token in a stream is that of who asks, each time anew") {
  trust::runtime rt{trust::simulated{}};
  using state = trust::coro::stop_state;
  const auto tokens = []() -> stream<state*> {
    for (;;) {
      const trust::stop_token t = co_await trust::this_task::stop_token();
      co_yield t.state();
    }
  };
  support::run(rt, [&]() -> task<> {
    auto s = tokens();
    const auto ask = [&]() -> task<bool> {
      const trust::stop_token mine = co_await trust::this_task::stop_token();
      const auto theirs = co_await s.next();
      co_return theirs == mine.state();
    };
    const bool here = co_await ask();
    CHECK(here);
    auto other = trust::this_runtime().spawn(trust::unchecked(ask));
    const bool there = co_await other;
    CHECK(there);
    const bool again = co_await ask();
    CHECK(again);
  });
}

TEST_CASE("a stop request ends what a stream awaits, and the error comes to its asker") {
  trust::runtime rt{trust::simulated{}};
  const auto slow = []() -> stream<int> {
    co_yield 1;
    co_await trust::sleep_for(24h);
    co_yield 2;
  };
  std::error_code code;
  auto handle = rt.spawn(trust::unchecked([&]() -> task<> {
    auto s = slow();
    static_cast<void>(co_await s.next());
    const auto second = co_await trust::as_result(s.next());
    if (!second.has_value()) code = second.error().code();
    const auto third = co_await s.next();
    CHECK_FALSE(third.has_value());
  }));
  support::run(rt, []() -> task<> { co_await trust::sleep_for(1s); });
  rt.request_stop();
  CHECK(rt.stop());
  CHECK(code == errc::cancelled);
}

TEST_CASE("who is destroyed at the end of its worker takes the stream that it asks along") {
  support::ledger book;
  {
    trust::runtime rt{trust::options{.workers = 1, .grace = 1ms}};
    const auto deaf = [](support::ledger& b) -> stream<int> {
      const support::luggage<> mine{b};
      co_yield 1;
      for (;;) static_cast<void>(co_await trust::as_result(trust::sleep_for(1us)));
    };
    rt.spawn(trust::unchecked([&]() -> task<> {
        auto s = deaf(book);
        while (auto x = co_await s.next()) CHECK(*x == 1);
      }))
        .detach();
    CHECK(support::eventually([&] { return book.born == 1; }));
  }
  CHECK(book.alive == 0);
}

TEST_CASE(
    "three million transfers between a stream and its asker do not use up the stack, and others have their turn") {
  trust::runtime rt{trust::options{.workers = 1}};
  support::run(rt, []() -> task<> {
    std::uint64_t turns = 0;
    bool over = false;
    auto other = trust::this_runtime().spawn(trust::unchecked([&]() -> task<> {
      while (!over) {
        ++turns;
        co_await trust::yield();
      }
    }));
    auto s = count_to(1'500'000);
    int last = 0;
    while (auto x = co_await s.next()) last = *x;
    over = true;
    co_await other;
    CHECK(last == 1'500'000);
    CHECK(turns >= 1'500'000 / 64);  // a step to the stream and one back, 64 steps at most without a turn of others
  });
}

TEST_CASE("map, filter and take make streams of streams") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      auto odd = count_to(1'000'000)
                     .filter([](int n) { return n % 2 == 1; })
                     .map([](int n) { return std::to_string(n); })
                     .take(3);
      const auto got = co_await all_of(std::move(odd));
      CHECK(got == std::vector<std::string>{"1", "3", "5"});
      const auto none = co_await all_of(count_to(5).take(0));
      CHECK(none.empty());
      const auto few = co_await all_of(count_to(2).take(5));
      CHECK(few == std::vector{1, 2});
    });
  });
}

TEST_CASE("take does not ask for one more, and what adaptors pass on is moved") {
  support::ledger book;
  trust::runtime rt{trust::simulated{}};
  support::run(rt, [&]() -> task<> {
    int asked = 0;
    const auto bags = [](support::ledger& b, int& n) -> stream<support::luggage<>> {
      for (;;) {
        ++n;
        co_yield support::luggage<>{b};
      }
    };
    auto s = bags(book, asked)
                 .filter([](const support::luggage<>& x) { return x.intact(); })
                 .map([](support::luggage<> x) { return x; })
                 .take(2);
    while (auto x = co_await s.next()) CHECK(x->intact());
    CHECK(asked == 2);
  });
  CHECK(book.born == 2);
  CHECK(book.alive == 0);
}

TEST_CASE("map gives references where its function does, and adaptors pass references on") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    std::vector<std::pair<int, int>> pairs{{1, 2}, {3, 4}, {5, 6}};
    const auto each = [](std::vector<std::pair<int, int>>& v) -> stream<std::pair<int, int>&> {
      for (auto& p : v) co_yield p;
    };
    auto seconds = each(pairs)
                       .filter([](const std::pair<int, int>& p) { return p.first != 3; })
                       .map([](std::pair<int, int>& p) -> int& { return p.second; })
                       .take(9);
    while (int* n = co_await seconds.next()) *n = 0;
    CHECK(pairs.at(0).second == 0);
    CHECK(pairs.at(1).second == 4);
    CHECK(pairs.at(2).second == 0);
  });
}

struct parcel {
  std::string text;
  int n = 0;
};

TEST_CASE("an aggregate is yielded by name, or vouched for, and lives once") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    const auto parcels = []() -> stream<parcel> {
      parcel p{"a text that does not fit into the string itself", 1};
      co_yield p;
      p.n = 2;
      co_yield trust::unchecked(std::move(p));
    };
    const auto got = co_await all_of(parcels().map([](parcel p) { return parcel{p.text + "!", p.n}; }));
    CHECK(got.size() == 2);
    CHECK(got.at(1).n == 2);
    CHECK(got.at(0).text == got.at(1).text);
  });
}

}  // namespace
