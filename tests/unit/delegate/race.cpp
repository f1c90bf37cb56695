// SPDX-License-Identifier: MIT
// Unit tests of race and when_any: one is first, the others are asked to stop, and all have ended when the winner is given.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::on_each_runtime;
using trust::errc;
using trust::task;

task<int> after(std::chrono::nanoseconds d, int value) {
  co_await trust::sleep_for(d);
  co_return value;
}
task<int> fails_after(std::chrono::nanoseconds d, const char* why) {
  co_await trust::sleep_for(d);
  throw std::runtime_error{why};
}

TEST_CASE("race gives the first that ends; when_any the first that has a value") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    const auto begin = trust::now();
    const auto w = co_await trust::race(after(1h, 1), after(2ms, 2), after(3ms, 3));
    CHECK(w.index == 1);
    CHECK(w.value == 2);
    CHECK(trust::now() - begin == 2ms);  // the others did not last

    const auto failed = co_await trust::as_result(trust::race(after(2ms, 1), fails_after(1ms, "first")));
    CHECK(failed.error().what() == "first");
    const auto any = co_await trust::when_any(after(2ms, 1), fails_after(1ms, "first"));
    CHECK(any.index == 0);
    CHECK(any.value == 1);
    const auto none = co_await trust::as_result(trust::when_any(fails_after(2ms, "second"), fails_after(1ms, "first")));
    CHECK(none.error().what() == "first");
  });
}

TEST_CASE("children of several types give a variant, of void who was first, and a range gives an index") {
  trust::runtime rt{trust::simulated{}};
  auto r = rt.entrust(trust::on(1), std::string{"far"});
  support::run(rt, [&]() -> task<> {
    auto far = r.launch([](std::string& s) -> task<std::string> {
      co_await trust::sleep_for(1ms);
      co_return s;
    });
    const auto w = co_await trust::when_any(after(1h, 1), far);
    CHECK(w.index == 1);
    CHECK(std::get<1>(w.value) == "far");

    auto pause = [](std::chrono::nanoseconds d) -> task<> { co_await trust::sleep_for(d); };
    const auto who = co_await trust::race(pause(2ms), pause(1ms));
    CHECK(who.index == 1);

    std::vector<task<int>> many;
    for (int i = 0; i < 50; ++i) many.push_back(after(std::chrono::milliseconds{100 - i}, i));
    const auto last = co_await trust::race(many);
    CHECK(last.index == 49);
    CHECK(last.value == 49);
    std::vector<task<int>> nobody;
    const auto empty = co_await trust::as_result(trust::race(nobody));
    CHECK(empty.error() == errc::empty);
  });
}

TEST_CASE("losers on other workers are asked to stop and waited for") {
  on_each_runtime([](trust::runtime& rt) {
    support::ledger book;
    auto near = rt.entrust(trust::on(0), 0);
    auto far = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      for (int round = 0; round < 20; ++round) {
        auto slow = [&](trust::remote<int>& r) {
          return r.launch([bag = support::luggage<>{book}](int& n) -> task<int> {
            co_await trust::sleep_for(1h);
            co_return ++n;
          });
        };
        auto a = slow(near);
        auto b = slow(far);
        auto quick = far.apply([](int& n) { return n; });
        const auto w = co_await trust::when_any(a, b, quick);
        CHECK(w.index == 2);
        CHECK(w.value == 0);
        CHECK(book.alive == 0);
      }
    });
  });
}

TEST_CASE("a race whose task is asked to stop ends with errc::cancelled, and its children with it") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    int ended = 0;
    auto child = [&]() -> task<> {
      const auto r = co_await trust::as_result(trust::sleep_for(1h));
      ++ended;
      r.value();
    };
    const auto late = co_await trust::as_result(trust::with_timeout(trust::race(child(), child()), 1ms));
    CHECK(late.error() == errc::timed_out);
    CHECK(ended == 2);
    const auto again = co_await trust::as_result(trust::with_timeout(trust::when_any(child(), child()), 1ms));
    CHECK(again.error() == errc::timed_out);
    CHECK(ended == 4);
  });
}

TEST_CASE("two that end at the same moment: one is first, every time, and nothing is lost") {
  trust::runtime rt{trust::simulated{}};
  const unsigned rounds = tests::effort(10'000, 100'000);
  auto r = rt.entrust(trust::on(1), 0u);
  support::run(rt, [&]() -> task<> {
    unsigned first[3] = {};
    unsigned counted = 0;
    for (unsigned i = 0; i < rounds; ++i) {
      const auto at = trust::now() + 5ns;
      auto there = r.launch([at](unsigned& n) -> task<int> {
        co_await trust::sleep_until(at);
        ++n;
        co_return 0;
      });
      auto here = [](trust::time_point due, unsigned& n) -> task<int> {
        co_await trust::sleep_until(due);
        ++n;
        co_return 1;
      };
      const auto w = co_await trust::when_any(there, here(at + std::chrono::nanoseconds{i % 3} - 1ns, counted));
      ++first[w.index];
    }
    CHECK(first[0] + first[1] == rounds);
    CHECK(first[0] > 0);
    CHECK(first[1] > 0);
    const unsigned ran = co_await r.apply([](unsigned& n) { return n; });
    CHECK(ran + counted >= rounds);  // the loser may have completed too
    CHECK(ran >= first[0]);
    CHECK(counted >= first[1]);
  });
}

}  // namespace
