// SPDX-License-Identifier: MIT
// Unit tests of the combinators: when_all of ops and tasks, of a range, and what is made of what.

#include <support/runtimes.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

TEST_CASE("when_all gives a tuple of the results, in the order of the ops, however they end") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), 1);
    auto b = rt.entrust(trust::on(1), std::string{"two"});
    support::run(rt, [&]() -> task<> {
      auto slow = a.launch([](int& n) -> task<int> {
        co_await trust::sleep_for(2ms);
        co_return n;
      });
      auto child = []() -> task<std::unique_ptr<int>> {
        co_await trust::yield();
        co_return std::make_unique<int>(4);
      };
      auto [one, two, three, four] = co_await trust::when_all(slow, b.apply([](std::string& s) { return s; }),
                                                              b.apply([](std::string&) {}), child());
      CHECK(one == 1);
      CHECK(two == "two");
      CHECK(three == std::monostate{});
      CHECK(*four == 4);
    });
  });
}

TEST_CASE("when_all begins all before it waits for any") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      int inside = 0;
      int most = 0;
      const auto meet = [&]() -> task<> {
        most = std::max(most, ++inside);
        CHECK(co_await support::soon([&] { return most == 3; }));  // who waits before he has begun all never sees it
        --inside;
      };
      auto a = meet();
      auto b = meet();
      auto c = meet();
      co_await trust::when_all(a, b, c);
      CHECK(most == 3);
    });
  });
}

TEST_CASE("when_all throws the first failure in order, when all have ended") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      auto late = r.launch([](int& n) -> task<int> {
        co_await trust::sleep_for(2ms);
        n = 7;
        throw std::out_of_range{"late, but first in order"};
      });
      auto early = r.apply([](int&) -> int { throw std::invalid_argument{"early"}; });
      auto good = r.apply([](int&) { return 3; });
      std::string caught;
      try {
        co_await trust::when_all(good, late, early);
      } catch (const std::out_of_range& e) {
        caught = e.what();
      }
      CHECK(caught == "late, but first in order");
      const int n = co_await r.apply([](int& x) { return x; });
      CHECK(n == 7);
    });
  });
}

TEST_CASE("when_all of a range gives a vector; of void nothing; of none at once") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), 0);
    auto b = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      const auto bump = [](int& n, int by) { return n += by; };
      std::vector<decltype(a.apply(bump, 1))> ops;
      for (int i = 0; i < 300; ++i) ops.push_back((i % 2 == 0 ? a : b).apply(bump, 1));
      const std::vector<int> got = co_await trust::when_all(ops);
      CHECK(got.size() == 300);
      CHECK(got[298] + got[299] > 100);
      std::vector<task<>> tasks;
      int ran = 0;
      const auto child = [&ran]() -> task<> {
        co_await trust::yield();
        ++ran;
      };
      for (int i = 0; i < 20; ++i) tasks.push_back(child());
      co_await trust::when_all(tasks);
      CHECK(ran == 20);
      std::vector<task<int>> none;
      const std::vector<int> nothing = co_await trust::when_all(none);
      CHECK(nothing.empty());
      const int total = co_await a.apply(bump, 0) + co_await b.apply(bump, 0);
      CHECK(total == 300);
    });
  });
}

TEST_CASE("combinators combine: as_result in when_all, when_all in as_result and in when_all") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 1);
    support::run(rt, [&]() -> task<> {
      const auto get = [](int& n) { return n; };
      const auto fail = [](int&) -> int { throw std::runtime_error{"no"}; };
      const auto [good, bad] =
          co_await trust::when_all(trust::as_result(r.apply(get)), trust::as_result(r.apply(fail)));
      CHECK(good.value() == 1);
      CHECK(bad.error().what() == "no");
      const auto whole = co_await trust::as_result(trust::when_all(r.apply(get), r.apply(fail)));
      CHECK(whole.error().what() == "no");
      const auto [inner, outer] = co_await trust::when_all(trust::when_all(r.apply(get), r.apply(get)), r.apply(get));
      CHECK(std::get<1>(inner) == 1);
      CHECK(outer == 1);
    });
  });
}

TEST_CASE("what combinators make of ops is an op: it has get, future and start") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), 1);
    auto b = rt.entrust(trust::on(1), 2);
    const auto get = [](int& n) { return n; };
    const auto [x, y] = trust::when_all(a.apply(get), b.apply(get)).get();
    CHECK(x + y == 3);
    std::vector<decltype(a.apply(get))> ops;
    for (int i = 0; i < 10; ++i) ops.push_back((i % 2 == 0 ? a : b).apply(get));
    const std::vector<int> all = trust::when_all(ops).get();
    CHECK(all == std::vector{1, 2, 1, 2, 1, 2, 1, 2, 1, 2});
    auto told = std::make_shared<std::atomic<int>>(0);
    support::run(rt, [&]() -> task<> {
      trust::when_all(a.apply([](int& n) { return n; }), b.apply([](int& n) {
        return n;
      })).start([told](std::tuple<int, int> t) { *told = std::get<0>(t) + std::get<1>(t); });
      const bool came = co_await support::soon([&told] { return *told == 3; });
      CHECK(came);
    });
    CHECK(trust::as_result(trust::when_all(a.apply(get), trust::remote<int>{}.apply(get))).get().error() ==
          errc::empty);
  });
}

TEST_CASE("a refused child does not keep when_all waiting") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(1), 1);
    support::run(rt, [&]() -> task<> {
      const trust::remote<int> empty;
      const auto get = [](int& n) { return n; };
      const auto both = co_await trust::as_result(trust::when_all(empty.apply(get), empty.apply(get)));
      CHECK(both.error() == errc::empty);
      const auto one = co_await trust::as_result(trust::when_all(a.apply(get), empty.apply(get)));
      CHECK(one.error() == errc::empty);
    });
  });
}

}  // namespace
