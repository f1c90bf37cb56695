// SPDX-License-Identifier: MIT
// Unit tests of what runs around an object's end: chains of last handles, destructors that post, calls made before the last drop, and
// clones that come and go.

#include <support/ends.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace {

using support::check_at_home;
using support::gone;
using support::ledger;
using support::on_each_runtime;
using support::resident;
using trust::task;
using namespace std::chrono_literals;
using handle = trust::remote<resident>;

struct link_of_chain {
  link_of_chain(ledger* l, trust::remote<link_of_chain> n) : self{l}, next{std::move(n)} {}
  resident self;
  trust::remote<link_of_chain> next;
};

TEST_CASE("a chain of objects, each of which holds the last handle of the next, dies link by link, at home") {
  on_each_runtime([](trust::runtime& rt) {
    constexpr std::size_t links = 100;
    std::vector<ledger> books(links);
    {
      trust::remote<link_of_chain> head;
      for (std::size_t i = 0; i < links; ++i)
        head = rt.emplace<link_of_chain>(trust::on(i % 2), &books[i], std::move(head));
      head.with([](const link_of_chain&) {}).get();
    }
    CHECK(gone(rt, books[0]));
    for (std::size_t i = 0; i < links; ++i) check_at_home(books[i], i % 2);
  });
}

TEST_CASE("a destructor may post to other objects") {
  struct farewell {
    explicit farewell(trust::remote<int> c) : counter{std::move(c)} {}
    ~farewell() {
      if (counter) counter.post([](int& n) { ++n; });
    }
    farewell(farewell&&) = default;
    trust::remote<int> counter;
  };
  on_each_runtime([](trust::runtime& rt) {
    auto counter = rt.entrust(trust::on(0), 0);
    for (int i = 0; i < 10; ++i) {
      auto r = rt.emplace<farewell>(trust::on(1), counter);
      r.with([](const farewell&) {}).get();
    }
    const bool all = rt.block_on([counter]() -> task<bool> {
      for (int i = 0; i < 1'000; ++i) {
        const int n = co_await counter.with([](const int& x) { return x; });
        if (n == 10) co_return true;
        co_await trust::sleep_for(1ms);
      }
      co_return false;
    });
    CHECK(all);
  });
}

TEST_CASE(
    "all that was made before the last drop, on other lanes and by other threads, runs before the object is "
    "destroyed") {
  // Each round: both workers and a thread post, tell the dropper that they have, and only then is the last handle dropped.
  const auto round = [](trust::runtime& rt, std::size_t owner, std::size_t dropper) {
    ledger book;
    {
      auto r = rt.emplace<resident>(trust::on(owner), &book);
      for (const std::size_t w : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
        rt.spawn(
              trust::on(w),
              [](handle mine) -> task<> {
                for (int i = 0; i < 5; ++i) mine.post([](resident& x) { x.use(); });
                mine.reset();
                co_return;
              },
              r)
            .get();
      }
      for (int i = 0; i < 5; ++i) r.post([](resident& x) { x.use(); });
      rt.spawn(
            trust::on(dropper),
            [](handle last) -> task<> {
              last.reset();
              co_return;
            },
            std::move(r))
          .get();
    }
    CHECK(gone(rt, book));
    CHECK(book.uses_when_it_died == 20);
    check_at_home(book, owner);
  };
  on_each_runtime(
      [&](trust::runtime& rt) {
        for (int i = 0; i < 9; ++i) round(rt, static_cast<std::size_t>(i % 3), static_cast<std::size_t>(i / 3));
      },
      3);
}

TEST_CASE("what is posted before the last drop runs before it, though a visit to the lane ends before") {
  trust::runtime rt{trust::simulated{.lane_capacity = 1024}};
  ledger book;
  support::run(rt, [&]() -> task<> {
    auto r = rt.emplace<resident>(trust::on(1), &book);
    co_await r.ready();
    for (int i = 0; i < 300; ++i) r.post([](resident& x) { x.use(); });  // all of them lie in the lane now
    co_await std::move(r).close();
    CHECK(book.died == 1);
    CHECK(book.uses_when_it_died == 300);
  });
  check_at_home(book, 1);
}

TEST_CASE("100 000 clones made and dropped cost later calls nothing") {
  trust::runtime rt{trust::options{.workers = 2, .spin = trust::spinning::park_at_once}};
  ledger book;
  auto r = rt.emplace<resident>(trust::on(1), &book);
  const auto calls = [&] {
    support::run(rt, [&]() -> task<> {
      for (int i = 0; i < 2'000; ++i) co_await r.apply([](resident& x) { x.use(); });
    });
  };
  // Lanes looked at, a pass: one for one client, however many handles there were.
  const auto lanes_per_pass = [&] {
    const trust::worker_metrics before = rt.metrics(1);
    calls();
    const trust::worker_metrics after = rt.metrics(1);
    return static_cast<double>(after.lanes_polled - before.lanes_polled) /
           static_cast<double>(after.passes - before.passes);
  };
  calls();
  const double before = lanes_per_pass();
  support::run(rt, [&]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      std::vector<handle> clones(1'000, r);
      co_await clones.back().apply([](resident& x) { x.use(); });
    }
  });
  const double after = lanes_per_pass();
  CHECK(before <= 1.01);
  CHECK(after <= 1.01);
  CHECK(book.died == 0);
  r.reset();
  CHECK(gone(book));
  check_at_home(book, 1);
}

}  // namespace
