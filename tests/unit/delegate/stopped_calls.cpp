// SPDX-License-Identifier: MIT
// Unit tests of calls whose task is asked to stop (promise 8): wherever a call is then, it ends in one way, with its value or without having been
// begun, and nobody is left who may write to its frame.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::on_each_runtime;
using trust::errc;
using trust::task;

/// An object whose trustee can be made to stand still: real workers only.
struct stuck {
  std::atomic<bool> held{false};
  std::atomic<bool> let_go{false};
  int runs = 0;
  void stand_still() {
    held = true;
    while (!let_go) std::this_thread::sleep_for(100us);
  }
};

/// Runs `body` on worker 0.
template <class F> void run_on_first(trust::runtime& rt, F&& body) {
  rt.spawn(trust::on(0), trust::unchecked(std::forward<F>(body))).get();
}

trust::options two_workers(std::size_t lane_capacity) {
  trust::options o;
  o.workers = 2;
  o.lane_capacity = lane_capacity;
  return o;
}

TEST_CASE(
    "a trustee refuses what it has not begun when its caller was asked to stop, and says so when it serves again") {
  trust::runtime rt{two_workers(512)};
  support::ledger book;
  auto r = rt.emplace<stuck>(trust::on(1));
  stuck& there = *r.apply([](stuck& s) { return trust::unchecked(&s); }).get();
  run_on_first(rt, [&]() -> task<> {
    trust::scope s;
    co_await s.spawn([&]() -> task<> { co_await r.apply([](stuck& x) { x.stand_still(); }); });
    while (!there.held) co_await trust::sleep_for(100us);
    co_await s.spawn([&]() -> task<> {
      co_await trust::sleep_for(20ms);
      there.let_go = true;
    });
    auto call = r.apply([bag = support::luggage<>{book}](stuck& x) { ++x.runs; });
    const auto refused = co_await trust::as_result(trust::with_timeout(call, 2ms));
    CHECK_FALSE(refused.has_value());
    if (!refused.has_value()) CHECK(refused.error() == errc::timed_out);
    CHECK(there.let_go);  // it was waited for
    co_await s.join();
    const int runs = co_await r.apply([](stuck& x) { return x.runs; });
    CHECK(runs == 0);
  });
  CHECK(book.alive == 0);
}

TEST_CASE("a call that waits for room is taken back at once, and what was sent after it leaves in order") {
  trust::runtime rt{two_workers(4)};
  support::ledger book;
  auto r = rt.emplace<stuck>(trust::on(1));
  stuck& there = *r.apply([](stuck& s) { return trust::unchecked(&s); }).get();
  run_on_first(rt, [&]() -> task<> {
    trust::scope s;
    co_await s.spawn([&]() -> task<> { co_await r.apply([](stuck& x) { x.stand_still(); }); });
    while (!there.held) co_await trust::sleep_for(100us);
    const trust::sent first = r.post([](stuck& x) { x.runs = x.runs * 10 + 1; });
    for (int i = 0; i < 4; ++i) r.post([](stuck&) {});  // the lane has four granules
    const trust::sent before = r.post([](stuck& x) { x.runs = x.runs * 10 + 2; });
    auto call = r.apply([bag = support::luggage<>{book}](stuck& x) { x.runs = -1; });
    auto late = trust::as_result(trust::with_timeout(call, 2ms));
    std::unique_ptr<trust::sent> after;
    co_await s.spawn([&]() -> task<> {
      after = std::make_unique<trust::sent>(r.post([](stuck& x) { x.runs = x.runs * 10 + 3; }));
      co_return;
    });
    const auto taken_back = co_await late;
    CHECK_FALSE(taken_back.has_value());
    if (!taken_back.has_value()) CHECK(taken_back.error() == errc::timed_out);
    CHECK_FALSE(there.let_go);  // the trustee still stands
    CHECK(book.alive == 0);
    CHECK_FALSE(before.left());
    CHECK_FALSE(after->left());
    there.let_go = true;
    co_await *after;
    CHECK(before.left());
    CHECK(first.left());
    co_await s.join();
    const int runs = co_await r.apply([](stuck& x) { return x.runs; });
    CHECK(runs == 123);
  });
}

TEST_CASE("a launched task sees the request of its caller, who goes on when it has ended") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
      support::ledger book;
      auto r = rt.entrust(trust::on(owner), 1);
      run_on_first(rt, [&]() -> task<> {
        int n = 1;
        while (n == 1) {  // once more where a busy machine began it too late
          auto waits = r.launch([bag = support::luggage<>{book}](int& x) -> task<int> {
            const auto slept = co_await trust::as_result(trust::sleep_for(1h));
            CHECK(slept.error() == errc::cancelled);
            x = 7;
            for (int i = 0; i < 3; ++i) co_await trust::yield();
            slept.value();
            co_return 0;
          });
          const auto late = co_await trust::as_result(trust::with_timeout(waits, 1ms));
          CHECK_FALSE(late.has_value());
          if (!late.has_value()) CHECK(late.error() == errc::timed_out);
          n = co_await r.apply([](int& x) { return x; });
          if (n == 7) CHECK(book.alive == 0);  // one that was refused before it was begun still lies in `waits`
        }
        CHECK(n == 7);

        trust::result<int> value;
        do {
          auto insists = r.launch([](int& x) -> task<int> {
            static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));
            co_return x;
          });
          value = co_await trust::as_result(trust::with_timeout(insists, 1ms));
        } while (!value.has_value() && value.error() == errc::timed_out);
        CHECK(value.value() == 7);
      });
    }
  });
}

TEST_CASE("a scope that stops reaches the tasks that its children have launched") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      for (int round = 0; round < 20; ++round) {
        int cancelled = 0;
        trust::scope s;
        for (int i = 0; i < 10; ++i) {
          co_await s.spawn([&]() -> task<> {
            auto call = r.launch([](int& n) -> task<> {
              ++n;
              co_await trust::sleep_for(1h);
            });
            const auto ended = co_await trust::as_result(call);
            cancelled += !ended.has_value() && ended.error() == errc::cancelled;
          });
        }
        for (int i = 0; i < round; ++i) co_await trust::yield();  // somewhere on the way
        s.request_stop();
        s.request_stop();  // twice: as once
        co_await s.join();
        CHECK(cancelled == 10);
      }
    });
  });
}

TEST_CASE("a deadline travels: a task that was launched within one calls within it") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  auto a = rt.entrust(trust::on(1), 0);
  auto b = rt.entrust(trust::on(2), 0);
  support::run(rt, [&]() -> task<> {
    auto launched = a.launch(
        [](int&, trust::remote<int> other) -> task<int> {
          static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));  // till it is asked to stop
          const auto refused = co_await trust::as_result(other.apply([](int& n) { return ++n; }));
          co_return refused.has_value() ? 0 : refused.error().code().value();
        },
        b);
    const int code = co_await trust::with_timeout(launched, 5ms);
    CHECK(code == static_cast<int>(errc::cancelled));
    const int n = co_await b.apply([](int& x) { return x; });
    CHECK(n == 0);
  });
}

TEST_CASE("a call in the own queue is taken back, and the object lives on") {
  trust::runtime rt{trust::simulated{.workers = 1, .shortcut = false}};
  support::ledger book;
  auto r = rt.entrust(trust::on(0), 0);
  support::run(rt, [&]() -> task<> {
    trust::scope s;
    bool refused = false;
    co_await s.spawn([&]() -> task<> {
      auto call = r.apply([bag = support::luggage<>{book}](int& n) { ++n; });
      const auto ended = co_await trust::as_result(call);
      refused = !ended.has_value() && ended.error() == errc::cancelled;
    });
    co_await s.spawn([&]() -> task<> {  // runs right after the first, before the queue is served
      s.request_stop();
      co_return;
    });
    co_await s.join();
    CHECK(refused);
    CHECK(book.alive == 0);
    const int n = co_await r.apply([](int& x) { return x; });
    CHECK(n == 0);
  });
}

TEST_CASE(
    "what begins in a task that was asked to stop ends with errc::cancelled at once; what runs in place does not begin "
    "a call") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      auto body = [&]() -> task<int> {
        static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));
        const auto refused = co_await trust::as_result(r.apply([](int& n) { return ++n; }));
        CHECK_FALSE(refused.has_value());
        if (!refused.has_value()) CHECK(refused.error() == errc::cancelled);
        auto both = trust::when_all(r.apply([](int& n) { return ++n; }), r.apply([](int& n) { return ++n; }));
        const auto none = co_await trust::as_result(both);
        CHECK_FALSE(none.has_value());
        co_return 1;
      };
      const int one = co_await trust::with_timeout(body(), 1ms);
      CHECK(one == 1);
      const int n = co_await r.apply([](int& x) { return x; });
      CHECK(n == 0);
    });
  });
}

TEST_CASE("a closure that waits for a latch leaves its row, and the others go on") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), trust::latch<int>{0});
    support::run(rt, [&]() -> task<> {
      trust::scope s;
      const auto held = std::make_shared<std::atomic<bool>>(false);
      const auto free = std::make_shared<std::atomic<bool>>(false);
      co_await s.spawn([&]() -> task<> {
        auto holder = r.launch([held, free](trust::latch<int>& l) -> task<> {
          auto g = co_await l.lock();
          *held = true;
          while (!*free) co_await trust::sleep_for(100us);
        });
        co_await holder;
      });
      while (!*held) co_await trust::sleep_for(100us);
      const auto late = co_await trust::as_result(trust::with_timeout(r.locked([](int& n) { n = 100; }), 1ms));
      CHECK_FALSE(late.has_value());
      if (!late.has_value()) CHECK(late.error() == errc::timed_out);
      *free = true;
      const int n = co_await r.locked([](int& x) { return ++x; });
      CHECK(n == 1);
      co_await s.join();
    });
  });
}

TEST_CASE("requests to stop meet calls anywhere on their way: each ends in one way, and none is lost") {
  on_each_runtime([](trust::runtime& rt) {
    support::ledger book;
    const unsigned rounds = tests::effort(40, 1'000);
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      unsigned values = 0;
      unsigned stopped = 0;
      for (unsigned round = 0; round < rounds; ++round) {
        trust::scope s;
        for (int i = 0; i < 24; ++i) {
          auto child = [&, i]() -> task<> {
            trust::result<int> ended;
            if (i % 2 == 0) {
              auto call = r.apply([bag = support::luggage<>{book}](int& n) { return ++n; });
              ended = co_await trust::as_result(trust::with_timeout(call, 1h));
            } else {
              auto call = r.launch([bag = support::luggage<>{book}](int& n) -> task<int> {
                co_await trust::yield();
                co_return ++n;
              });
              ended = co_await trust::as_result(call);
            }
            if (ended.has_value()) {
              ++values;
            } else {
              CHECK(ended.error() == errc::cancelled);
              ++stopped;
            }
          };
          co_await s.spawn(child);
        }
        for (unsigned i = 0; i < round % 7; ++i) co_await trust::yield();
        s.request_stop();
        co_await s.join();
      }
      CHECK(values + stopped == 24 * rounds);
      CHECK(book.alive == 0);
      const int n = co_await r.apply([](int& x) { return x; });
      CHECK(static_cast<unsigned>(n) == values);  // what was not reported as done was not done
    });
  });
}

TEST_CASE("the end of a launched task against the deadline of its caller: exactly one of the two, every time") {
  trust::runtime rt{trust::simulated{.workers = 2}};
  const unsigned rounds = tests::effort(10'000, 100'000);
  auto r = rt.entrust(trust::on(1), 0u);
  support::ledger book;
  run_on_first(rt, [&]() -> task<> {
    unsigned values = 0;
    unsigned timeouts = 0;
    for (unsigned i = 0; i < rounds; ++i) {
      const auto at = trust::now() + 10ns;
      auto call = r.launch([bag = support::luggage<>{book}, at](unsigned& n) -> task<> {
        co_await trust::sleep_until(at);
        ++n;
      });
      const auto ended =
          co_await trust::as_result(trust::with_deadline(call, at + std::chrono::nanoseconds{i % 3} - 1ns));
      if (ended.has_value()) {
        ++values;
      } else {
        CHECK(ended.error() == errc::timed_out);
        ++timeouts;
      }
    }
    CHECK(values + timeouts == rounds);
    CHECK(values > 0);
    CHECK(timeouts > 0);
    const unsigned n = co_await r.apply([](unsigned& x) { return x; });
    CHECK(n == values);
  });
  CHECK(book.alive == 0);
}

}  // namespace
