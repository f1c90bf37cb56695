// SPDX-License-Identifier: MIT
// Unit tests of with_scope, for_each_concurrent, and of how a scope's children are stopped.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

TEST_CASE("the first child that fails stops the others, and its failure is thrown") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    int stopped = 0;
    const auto begin = trust::now();
    auto sleeper = [&]() -> task<> {
      const auto r = co_await trust::as_result(trust::sleep_for(100h));
      stopped += r.error() == errc::cancelled;
      r.value();
    };
    trust::scope s;
    for (int i = 0; i < 3; ++i) co_await s.spawn(sleeper);
    co_await s.spawn([]() -> task<> {
      co_await trust::sleep_for(1ms);
      throw std::out_of_range{"first"};
    });
    const auto r = co_await trust::as_result(s.join());
    CHECK(r.error().what() == "first");
    CHECK(stopped == 3);
    CHECK(trust::now() - begin == 1ms);
  });
}

TEST_CASE("children that request_stop ends are no failures, and one that fails meanwhile is") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    trust::scope s;
    co_await s.spawn([]() -> task<> { co_await trust::sleep_for(100h); });
    co_await trust::yield();
    s.request_stop();
    s.request_stop();
    CHECK(s.stop_requested());
    co_await s.join();

    trust::scope other;
    co_await other.spawn([]() -> task<> {
      static_cast<void>(co_await trust::as_result(trust::sleep_for(100h)));
      throw std::invalid_argument{"while it was being stopped"};
    });
    co_await trust::yield();
    other.request_stop();
    const auto r = co_await trust::as_result(other.join());
    CHECK(r.error().what() == "while it was being stopped");
  });
}

TEST_CASE("a scope whose parent is asked to stop ends with cancelled, unless a child fails in another way") {
  for (const bool fails : {false, true}) {
    trust::runtime rt{trust::simulated{}};
    auto h = rt.spawn(
        [](bool f) -> task<std::string> {
          trust::scope s;
          co_await s.spawn([]() -> task<> { co_await trust::sleep_for(100h); });
          if (f) {
            co_await s.spawn([]() -> task<> {
              static_cast<void>(co_await trust::as_result(trust::sleep_for(100h)));
              throw std::invalid_argument{"a child's own"};
            });
          }
          const auto r = co_await trust::as_result(s.join());
          co_return r.error() == errc::cancelled ? "cancelled" : r.error().what();
        },
        fails);
    rt.request_stop();
    CHECK(h.get() == (fails ? "a child's own" : "cancelled"));
  }
}

TEST_CASE("a bounded scope begins its children in order") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    std::vector<int> order;
    trust::scope s{3};
    for (int i = 0; i < 20; ++i) {
      co_await s.spawn(
          [&](int n) -> task<> {
            order.push_back(n);
            for (int k = 0; k < n % 4; ++k) co_await trust::yield();
          },
          i);
    }
    co_await s.join();
    CHECK(order.size() == 20);
    CHECK(std::is_sorted(order.begin(), order.end()));
  });
}

TEST_CASE("a bounded scope runs so many children at a time") {
  support::on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      int inside = 0;
      int most = 0;
      trust::scope s{3};
      for (int i = 0; i < 20; ++i) {
        co_await s.spawn(
            [&](int) -> task<> {
              most = std::max(most, ++inside);
              CHECK(co_await support::soon([&] { return most >= 3; }));
              --inside;
            },
            i);
      }
      co_await s.join();
      CHECK(most == 3);
    });
  });
}

TEST_CASE("with_scope waits for its children whatever way its body goes, and gives the body's result") {
  support::ledger book;
  support::on_each_runtime([&](trust::runtime& rt) {
    support::run(rt, [&]() -> task<> {
      int ended = 0;
      auto body = [&](trust::scope& s) -> task<int> {
        for (int i = 0; i < 5; ++i) {
          auto one = s.spawn([&, bag = support::luggage<>{book}]() -> task<> {
            co_await trust::yield();
            ++ended;
          });
          co_await one;
        }
        co_return 9;
      };
      CHECK(co_await trust::with_scope(body) == 9);
      CHECK(ended == 5);

      int stopped = 0;
      auto throws = [&](trust::scope& s) -> task<> {
        co_await s.spawn([&]() -> task<> {
          const auto r = co_await trust::as_result(trust::sleep_for(100h));
          stopped += r.error() == errc::cancelled;
        });
        co_await trust::yield();
        throw std::out_of_range{"the body"};
      };
      const auto r = co_await trust::as_result(trust::with_scope(throws));
      CHECK(r.error().what() == "the body");
      CHECK(stopped == 1);
    });
  });
  CHECK(book.born == book.died);
}

TEST_CASE("a child that fails stops the body of with_scope") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    bool stopped = false;
    auto body = [&](trust::scope& s) -> task<int> {
      co_await s.spawn([]() -> task<> {
        co_await trust::sleep_for(1ms);
        throw std::out_of_range{"the child"};
      });
      const auto r = co_await trust::as_result(trust::sleep_for(100h));
      stopped = r.error() == errc::cancelled;
      r.value();
      co_return 1;
    };
    const auto r = co_await trust::as_result(trust::with_scope(body));
    CHECK(r.error().what() == "the child");
    CHECK(stopped);
  });
}

TEST_CASE("an empty scope, and one within a timeout") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    co_await trust::with_scope([](trust::scope&) -> task<> { co_return; });
    auto forever = [](trust::scope& s) -> task<> {
      co_await s.spawn([]() -> task<> { co_await trust::sleep_for(100h); });
    };
    const auto begin = trust::now();
    const auto r = co_await trust::as_result(trust::with_timeout(trust::with_scope(forever), 3ms));
    CHECK(r.error() == errc::timed_out);
    CHECK(trust::now() - begin == 3ms);
  });
}

TEST_CASE("for_each_concurrent runs so many at a time, in order, and begins no more after a failure") {
  support::on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      std::vector<int> numbers;
      for (int i = 0; i < 30; ++i) numbers.push_back(i);
      int sum = 0;
      int inside = 0;
      int most = 0;
      co_await trust::for_each_concurrent(numbers, 4, [&](int n) -> task<> {
        most = std::max(most, ++inside);
        CHECK(co_await support::soon([&] { return most >= 4; }));
        sum += n;
        --inside;
      });
      CHECK(sum == 435);
      CHECK(most == 4);

      int begun = 0;
      auto fails = [&](int n) -> task<> {
        ++begun;
        co_await trust::yield();
        if (n == 2) throw std::out_of_range{"the third"};
      };
      const auto r = co_await trust::as_result(trust::for_each_concurrent(numbers, 1, fails));
      CHECK(r.error().what() == "the third");
      CHECK(begun == 3);

      const auto none = std::vector<int>{};
      co_await trust::for_each_concurrent(none, 1, fails);
      CHECK(begun == 3);
    });
  });
}

}  // namespace
