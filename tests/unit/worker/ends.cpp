// SPDX-License-Identifier: MIT
// Unit tests of how a runtime ends: what it waits for, what it ends, what it refuses, and who may ask.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using support::on_each_runtime;
using support::says;
using trust::errc;
using trust::options;
using trust::task;
using namespace std::chrono_literals;

TEST_CASE("a runtime that is destroyed waits for its tasks, and asks them to stop") {
  for (const bool simulated : {false, true}) {
    int ended = 0;
    {
      std::optional<trust::runtime> rt;
      if (simulated) {
        rt.emplace(trust::simulated{});
      } else {
        rt.emplace(options{.workers = 2});
      }
      auto r = rt->entrust(trust::on(1), 0);
      static_cast<void>(rt->spawn(trust::on(0), trust::unchecked([&ended, r]() -> task<> {
                                    try {
                                      co_await trust::sleep_for(1000h);
                                    } catch (const trust::error& e) {
                                      CHECK(e.code() == errc::cancelled);
                                    }
                                    for (int i = 0; i < 100; ++i)
                                      co_await r.apply([](int& n) { ++n; });  // delegation goes on
                                    ended = co_await r.apply([](int& n) { return n; });
                                  })));
    }
    CHECK(ended == 100);
  }
}

TEST_CASE("a task that does not end within the grace is ended, and its calls come back refused") {
  for (const bool simulated : {false, true}) {
    support::ledger book;
    int refused = 0;
    support::reports seen;
    {
      std::optional<trust::runtime> rt;
      if (simulated) {
        rt.emplace(trust::simulated{});  // ten seconds of virtual time
      } else {
        rt.emplace(seen.into(options{.workers = 2, .grace = 30ms}));
      }
      auto r = rt->entrust(trust::on(1), 0);
      auto h = rt->spawn(trust::on(0), trust::unchecked([&book, &refused, r]() -> task<> {
                           const support::luggage<> bag{book};
                           for (;;) {  // deaf to its stop token
                             const auto got = co_await trust::as_result(r.apply([](int& n) { ++n; }));
                             if (!got.has_value()) ++refused;
                             static_cast<void>(co_await trust::as_result(trust::sleep_for(1ms)));
                             co_await trust::yield();
                             if (refused > 100) co_return;
                           }
                         }));
      rt.reset();
      CHECK(h.done());
    }
    CHECK(book.born == 1);
    CHECK(book.alive == 0);
  }
}

TEST_CASE("a task that waits for nothing that will come is ended with the grace, and its handle says so") {
  for (const bool simulated : {false, true}) {
    support::ledger book;
    {
      std::optional<trust::runtime> rt;
      if (simulated) {
        rt.emplace(trust::simulated{});
      } else {
        rt.emplace(options{.workers = 2, .grace = 10ms});
      }
      auto l = rt->emplace<trust::latch<support::luggage<>>>(trust::on(1), support::luggage<>{book});
      auto stuck = rt->spawn(
          trust::on(0),
          [](trust::remote<trust::latch<support::luggage<>>> x) -> task<> {
            co_await x.launch([](trust::latch<support::luggage<>>& y) -> task<> {
              auto first = co_await y.lock();
              const auto refused = co_await trust::as_result(y.lock());  // waits for itself, until it is told to stop
              CHECK(refused.error() == errc::cancelled);
              static_cast<void>(co_await trust::as_result(trust::sleep_for(1000h)));
              trust::scope s;
              co_await s.spawn([]() -> task<> {
                for (;;) co_await trust::yield();  // deaf
              });
              co_await s.join();
            });
          },
          l);
      CHECK(rt->stop());
      CHECK(support::code_of([&] { stuck.get(); }) == errc::runtime_stopped);
    }
    CHECK(book.alive == 0);
    CHECK(book.died_on == 1);
  }
}

TEST_CASE(
    "after its end a runtime refuses calls, tasks and objects with runtime_stopped, and handles are still values") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 1);
    auto kept = r;
    CHECK(rt.stop());
    CHECK(rt.stop());
    CHECK(support::code_of([&] { static_cast<void>(r.apply([](int& n) { return n; }).get()); }) ==
          errc::runtime_stopped);
    CHECK(support::code_of([&] { r.launch([](int&) -> task<> { co_return; }).get(); }) == errc::runtime_stopped);
    CHECK(support::code_of([&] { r.post([](int&) {}); }) == errc::runtime_stopped);
    CHECK(support::code_of([&] { static_cast<void>(r.try_post([](int&) {})); }) == errc::runtime_stopped);
    CHECK(support::code_of([&] { static_cast<void>(r.apply([](int& n) { return n; }).future().get()); }) ==
          errc::runtime_stopped);
    CHECK(support::code_of([&] { static_cast<void>(rt.entrust(2)); }) == errc::runtime_stopped);
    CHECK(support::code_of([&] { rt.spawn([]() -> task<> { co_return; }).get(); }) == errc::runtime_stopped);
    CHECK(support::code_of([&] { rt.block_on([]() -> task<> { co_return; }); }) == errc::runtime_stopped);
    CHECK(r == kept);
    CHECK(r.owner().index() == 1);
  });
}

TEST_CASE("stop on a worker only asks") {
  on_each_runtime([](trust::runtime& rt) {
    const bool stopped =
        rt.spawn([](trust::runtime* which) -> task<bool> { co_return which->stop(); }, trust::unchecked(&rt)).get();
    CHECK_FALSE(stopped);
    CHECK(rt.stop());
  });
}

TEST_CASE("request_stop may come from any thread, again and again, and from a closure") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    auto sleeper = rt.spawn(trust::on(0), []() -> task<bool> {
      const auto got = co_await trust::as_result(trust::sleep_for(1000h));
      co_return !got.has_value() && got.error() == errc::cancelled;
    });
    r.post([p = trust::unchecked(&rt)](int&) { p.value->request_stop(); });
    CHECK(sleeper.get());
    rt.request_stop();
    rt.request_stop();
    CHECK(rt.stop());
  });
}

TEST_CASE("stop with a deadline says false and logs who has not stopped") {
  support::reports seen;
  trust::runtime rt{seen.into(options{.workers = 2, .grace = 10ms, .stall_report = 0ns})};
  std::atomic<bool> open{false};
  auto r = rt.entrust(trust::on(1), 0);
  r.post([&o = open, copy = std::string{}](int&) {
    while (!o) std::this_thread::sleep_for(1ms);
  });
  CHECK_FALSE(rt.stop(trust::now() + 30ms));
  bool named = false;
  for (const std::string& line : seen.lines()) named = named || says(line, "trust/1 has not stopped");
  CHECK(named);
  open = true;
  CHECK(rt.stop(trust::now() + 10s));
}

TEST_CASE("what was posted before a stop is run") {
  support::ledger book;
  on_each_runtime([&](trust::runtime& rt) {
    book.uses = 0;
    auto r = rt.emplace<support::resident>(trust::on(1), &book);
    for (int i = 0; i < 100; ++i) r.post([](support::resident& x) { x.use(); });
    CHECK(rt.stop());
    CHECK(book.uses == 100);
    CHECK(book.alive == 0);
  });
}

TEST_CASE("two tasks that wait for each other's end do not keep their runtime from ending") {
  trust::runtime rt{trust::simulated{}};
  auto handles = std::make_shared<std::vector<trust::task_handle<void>>>(2);
  const auto join = [](std::shared_ptr<std::vector<trust::task_handle<void>>> all, std::size_t other) -> task<> {
    co_await trust::yield();  // until both handles are there
    co_await (*all)[other];
  };
  (*handles)[0] = rt.spawn(trust::on(0), join, handles, std::size_t{1});
  (*handles)[1] = rt.spawn(trust::on(1), join, handles, std::size_t{0});
  support::run(rt, []() -> task<> { co_await trust::sleep_for(1ms); });
  CHECK_FALSE((*handles)[0].done());
  CHECK_FALSE((*handles)[1].done());
  CHECK(rt.stop());
  CHECK((*handles)[0].done());
  CHECK((*handles)[1].done());
  handles->clear();
}

TEST_CASE("a task that waits for a launch on its own worker is ended after what it waits for") {
  for (const bool simulated : {false, true}) {
    std::optional<trust::runtime> rt;
    if (simulated) {
      rt.emplace(trust::simulated{});
    } else {
      rt.emplace(options{.workers = 2, .grace = 20ms});
    }
    auto r = rt->entrust(trust::on(0), 1);
    auto caller = rt->spawn(
        trust::on(0),
        [](trust::remote<int> there) -> task<int> {
          const int n = co_await there.launch([](int&) -> task<int> {
            for (;;) static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));  // will not listen
          });
          co_return n;
        },
        r);
    rt->block_on([]() -> task<> { co_await trust::sleep_for(1ms); });
    CHECK(rt->stop());
    CHECK(caller.done());
    CHECK(support::code_of([&] { static_cast<void>(caller.get()); }) == errc::runtime_stopped);
  }
}

TEST_CASE("a close that still waits when its worker ends says so, and calls that are made then are not run in place") {
  for (const bool simulated : {false, true}) {
    std::error_code closed;
    std::error_code called;
    bool ran = false;
    {
      std::optional<trust::runtime> rt;
      if (simulated) {
        rt.emplace(trust::simulated{.workers = 1});
      } else {
        rt.emplace(options{.workers = 1, .grace = 20ms});
      }
      auto caller = [&](trust::remote<int> last, trust::remote<int> other) -> task<> {
        // A task that keeps the object and will not listen; who waits for it holds no handle of his own.
        bool begun = false;
        static_cast<void>(trust::this_runtime().spawn(
            [](trust::remote<int>* r, bool* here) -> task<> {
              auto endless = r->launch(
                  [](int&, bool* now) -> task<> {
                    *now = true;
                    for (;;) static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));
                  },
                  trust::unchecked(here));
              co_await endless;
            },
            trust::unchecked(&last), trust::unchecked(&begun)));
        while (!begun) co_await trust::yield();
        try {
          co_await std::move(last).close();
        } catch (const trust::error& e) {
          closed = e.code();
        }
        const auto outcome = co_await trust::as_result(other.apply([&ran](int&) { ran = true; }));
        if (!outcome) called = outcome.error().code();
      };
      auto last = rt->entrust(trust::on(0), 1);
      static_cast<void>(rt->spawn(trust::unchecked(caller), std::move(last), rt->entrust(trust::on(0), 2)));
      rt->block_on([]() -> task<> { co_await trust::sleep_for(1ms); });
      CHECK(rt->stop());
    }
    CHECK(closed == errc::runtime_stopped);
    CHECK(called == errc::runtime_stopped);
    CHECK_FALSE(ran);
  }
}

TEST_CASE(
    "a loop of calls that are refused at once, or sleeps that are cancelled at once, gives way to everything else") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, [&]() -> task<> {
    bool stop = false;
    trust::scope loops;
    co_await loops.spawn([&]() -> task<> {
      const trust::remote<int> nothing;
      while (!stop) static_cast<void>(co_await trust::as_result(nothing.apply([](int& n) { return n; })));
    });
    co_await loops.spawn([&]() -> task<> {
      const trust::remote<int> nothing;
      while (!stop) {
        auto all = trust::when_all(nothing.apply([](int& n) { return n; }), nothing.apply([](int& n) { return n; }));
        static_cast<void>(co_await trust::as_result(all));
      }
    });
    co_await loops.spawn([&]() -> task<> {
      trust::scope empty;
      while (!stop) co_await empty.join();
    });
    for (int i = 0; i < 10; ++i) co_await trust::yield();
    stop = true;
    co_await loops.join();
  });
}

}  // namespace
