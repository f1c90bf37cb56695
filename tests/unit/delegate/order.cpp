// SPDX-License-Identifier: MIT
// Unit tests of promise 1: closures of one object never overlap, and calls of one caller to one object run in the order in which they were
// made, over all verbs, also through lanes that are always full.

#include <support/runtimes.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using trust::task;

struct journal {
  std::vector<int> entries = {};
  int inside = 0;
  bool overlapped = false;
  void write(int n) {
    overlapped = overlapped || inside++ != 0;
    entries.push_back(n);
    --inside;
  }
  [[nodiscard]] bool in_order(std::size_t n) const {
    return entries.size() == n && std::is_sorted(entries.begin(), entries.end()) && !overlapped;
  }
};

// Makes 700 calls without waiting for any but the last of each hundred; every verb in turn, closures of three sizes.
task<> make_all(const trust::remote<journal>& r) {
  struct ballast {
    std::array<char, 40> some = {};
  };
  struct more {
    std::array<char, 2000> some = {};
  };
  int n = 0;
  trust::scope waiting;
  for (int round = 0; round < 100; ++round) {
    r.post([](journal& j, int i) { j.write(i); }, n++);
    r.post([](journal& j, int i, const ballast&) { j.write(i); }, n++, ballast{});
    // Children of a scope are begun in order, each up to its first await, which makes the call.
    co_await waiting.spawn([&r, i = n++]() -> task<> { co_await r.apply([](journal& j, int x) { j.write(x); }, i); });
    co_await trust::yield();
    r.apply_then([](journal& j, int i) { j.write(i); }, [] {}, n++);
    co_await waiting.spawn([&r, i = n++]() -> task<> {
      co_await r.launch(
          [](journal& j, int x) -> task<> {
            j.write(x);
            co_await trust::yield();
          },
          i);
    });
    co_await trust::yield();
    r.post([](journal& j, int i, const more&) { j.write(i); }, n++, more{});
    r.launch_then(
        [](journal& j, int i) -> task<> {
          j.write(i);
          co_return;
        },
        [] {}, n++);
    if (round % 10 == 9) co_await waiting.join();
  }
  co_await waiting.join();
  co_await r.flush();
}

TEST_CASE("calls of one worker run in the order in which they were made, over all verbs") {
  const auto check = [](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{1}, std::size_t{0}}) {
      CAPTURE(owner);
      auto r = rt.entrust(trust::on(owner), journal{});
      support::run(rt, [&]() -> task<> { co_await make_all(r); });
      CHECK(r.with([](const journal& j) { return j.in_order(700); }).get());
    }
  };
  // Not where ready tasks are shuffled: there the order in which the calls are made is shuffled too.
  for (const std::size_t capacity : {std::size_t{2}, std::size_t{8}, std::size_t{512}}) {
    CAPTURE(capacity);
    trust::runtime real{trust::options{.workers = 2, .lane_capacity = capacity}};
    check(real);
    trust::runtime simulated{trust::simulated{.lane_capacity = capacity}};
    check(simulated);
    trust::runtime without{trust::options{.workers = 2, .lane_capacity = capacity, .shortcut = false}};
    check(without);
  }
}

TEST_CASE("one coroutine's own calls stay in order even where ready tasks are shuffled") {
  support::on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{1}, std::size_t{0}}) {
      auto r = rt.entrust(trust::on(owner), journal{});
      support::run(rt, [&]() -> task<> {
        for (int n = 0; n < 300;) {
          r.post([](journal& j, int i) { j.write(i); }, n++);
          r.apply_then([](journal& j, int i) { j.write(i); }, [] {}, n++);
          if (n % 3 == 0) co_await r.apply([](journal& j, int i) { j.write(i); }, n++);
          if (n % 7 == 0) {
            co_await r.launch(
                [](journal& j, int i) -> task<> {
                  j.write(i);
                  co_return;
                },
                n++);
          }
        }
        co_await r.flush();
      });
      CHECK(r.with([](const journal& j) { return j.in_order(j.entries.size()) && j.entries.size() >= 300; }).get());
    }
  });
}

TEST_CASE("an awaited call never overtakes a post of the same worker to its own object") {
  support::on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(0), 0);
    const int seen = rt.block_on([&]() -> task<int> {
      r.post([](int& n) { n = n * 10 + 1; });
      r.post([](int& n) { n = n * 10 + 2; });
      const int now = co_await r.apply([](int& n) { return n = n * 10 + 3; });
      co_return now;
    });
    CHECK(seen == 123);
  });
}

TEST_CASE("calls of one foreign thread run in the order in which they were made") {
  trust::runtime rt{trust::options{.workers = 2}};
  auto r = rt.entrust(trust::on(1), std::array<journal, 4>{});
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&rt, r, t] {
      static_cast<void>(rt);
      for (int n = 0; n < 1'000;) {
        r.post([t](std::array<journal, 4>& a, int i) { a[t].write(i); }, n++);
        r.apply_then([t](std::array<journal, 4>& a, int i) { a[t].write(i); }, [] {}, n++);
        if (n % 10 == 0) r.apply([t](std::array<journal, 4>& a, int i) { a[t].write(i); }, n++).get();
      }
      r.flush().get();
    });
  }
  for (auto& t : threads) t.join();
  for (std::size_t t = 0; t < 4; ++t) {
    CHECK(r.with([t](const std::array<journal, 4>& a) {
             return a[t].in_order(a[t].entries.size()) && a[t].entries.size() >= 1'000;
           }).get());
  }
}

TEST_CASE("the counter of many callers is exact") {
  support::on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), journal{});
    std::vector<trust::task_handle<void>> all;
    for (std::size_t i = 0; i < 32; ++i) {
      all.push_back(rt.spawn(
          trust::on(i % 2),
          [](trust::remote<journal> j) -> task<> {
            for (int k = 0; k < 100; ++k) co_await j.apply([](journal& x) { x.write(0); });
          },
          r));
    }
    for (auto& h : all) h.get();
    CHECK(r.with([](const journal& j) { return j.entries.size() == 3'200 && !j.overlapped; }).get());
  });
}

}  // namespace
