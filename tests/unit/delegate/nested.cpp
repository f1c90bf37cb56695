// SPDX-License-Identifier: MIT
// Unit tests of calls within calls: what hung or corrupted memory in the seed. Objects that call each other through full lanes, calls from
// inside launches, a closure that calls back into its own object, the shortcut and what closes it.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

struct player {
  trust::remote<player> other = {};
  int calls = 0;
  task<int> rally(int left) {
    ++calls;
    if (left == 0) co_return calls;
    co_return co_await other.launch(&player::rally, left - 1);
  }
  void knock() { ++calls; }
};

TEST_CASE("A and B call each other through full lanes of capacity 2") {
  const auto play = [](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), player{});
    auto b = rt.entrust(trust::on(1), player{a});
    a.apply([](player& p, trust::remote<player> o) { p.other = std::move(o); }, b).get();
    // 64 rallies of 40 at once, from both ends; each takes the way of the others.
    std::vector<trust::task_handle<int>> all;
    for (std::size_t i = 0; i < 64; ++i) {
      all.push_back(rt.spawn(
          trust::on(i % 2),
          [](trust::remote<player> p) -> task<int> { co_return co_await p.launch(&player::rally, 40); },
          i % 3 == 0 ? a : b));
    }
    for (auto& h : all) CHECK(h.get() > 0);
    // And floods in both directions, from inside closures of the other one, where nothing can wait.
    for (auto& r : {a, b}) {
      r.apply([](player& p) {
         for (int i = 0; i < 500; ++i) p.other.post(&player::knock);
       }).get();
    }
    constexpr int all_calls = 64 * 41 + 1'000;
    const int calls = rt.block_on([&]() -> task<int> {
      int n = 0;
      for (int i = 0; i < 5'000 && n != all_calls; ++i) {
        const auto count = [](const player& p) { return p.calls; };
        n = co_await a.with(count);
        n += co_await b.with(count);
        co_await trust::sleep_for(1ms);
      }
      co_return n;
    });
    CHECK(calls == all_calls);
    a.apply([](player& p) { p.other.reset(); }).get();
  };
  on_each_runtime(play);
}

TEST_CASE("apply from inside a launch from inside a launch") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), std::string{"a"});
    auto b = rt.entrust(trust::on(1), std::string{"b"});
    auto c = rt.entrust(trust::on(0), std::string{"c"});
    const std::string all = rt.block_on([&]() -> task<std::string> {
      co_return co_await a.launch([&](std::string& x) -> task<std::string> {
        std::string inner = co_await b.launch([&](std::string& y) -> task<std::string> {
          const std::string z = co_await c.apply([](std::string& s) { return s + s; });
          const std::string own = co_await b.apply([](std::string& s) { return s + "!"; });  // its own object
          co_return y + z + own;
        });
        co_return x + inner;
      });
    });
    CHECK(all == "abccb!");
  });
}

TEST_CASE("a closure that calls back into its own object sees it alone: the call is queued, never run inside") {
  on_each_runtime([](trust::runtime& rt) {
    struct object {
      trust::remote<object> self = {};
      std::string order = {};
    };
    auto r = rt.entrust(trust::on(1), object{});
    r.apply([](object& o, trust::remote<object> s) { o.self = std::move(s); }, r).get();
    r.apply([](object& o) {
       o.order += '(';
       o.self.post([](object& x) { x.order += 'p'; });
       o.self.apply_then([](object& x) { x.order += 'a'; }, [] {});
       o.order += ')';
     }).get();
    const std::string order = rt.block_on([&]() -> task<std::string> {
      co_await r.flush();
      co_await r.flush();
      co_return co_await r.apply([](object& o) { return o.order; });
    });
    CHECK(order == "()pa");
    r.apply([](object& o) { o.self.reset(); }).get();
  });
}

TEST_CASE("a launched task that calls its own object does not dead-lock, and nothing is inside twice") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), std::vector<int>{});
    support::run(rt, [&]() -> task<> {
      co_await r.launch([&r](std::vector<int>& v) -> task<> {
        v.push_back(1);
        co_await r.apply([](std::vector<int>& x) { x.push_back(2); });
        v.push_back(3);
        co_await r.launch([](std::vector<int>& x) -> task<> {
          x.push_back(4);
          co_await trust::yield();
          x.push_back(5);
        });
        v.push_back(6);
      });
      const bool right = co_await r.apply([](std::vector<int>& v) { return v == std::vector{1, 2, 3, 4, 5, 6}; });
      CHECK(right);
    });
  });
}

TEST_CASE("on the trustee's own thread an awaited call runs inline, without a message") {
  trust::runtime rt{trust::options{.workers = 2}};
  auto r = rt.entrust(trust::on(0), 0);
  support::run(rt, [&]() -> task<> {
    bool other_ran = false;
    trust::scope s;
    co_await s.spawn([&]() -> task<> {
      other_ran = true;
      co_return;
    });
    for (int i = 0; i < 20; ++i) co_await r.apply([](int& n) { ++n; });
    CHECK_FALSE(other_ran);  // nothing else came between: no suspension
    co_await s.join();
  });
  trust::runtime suspending{trust::options{.workers = 2, .shortcut = false}};
  auto q = suspending.entrust(trust::on(0), 0);
  support::run(suspending, [&]() -> task<> {
    bool other_ran = false;
    trust::scope s;
    co_await s.spawn([&]() -> task<> {
      other_ran = true;
      co_return;
    });
    co_await q.apply([](int& n) { ++n; });
    CHECK(other_ran);  // without the shortcut every awaited call suspends
    co_await s.join();
  });
}

TEST_CASE("the first stretch of a launched task calls its own worker in place, and without the shortcut suspends") {
  for (const bool shortcut : {true, false}) {
    trust::runtime rt{trust::simulated{.shortcut = shortcut}};
    auto r = rt.entrust(trust::on(1), 0);
    auto other = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      auto launched = r.launch(
          [](int& n, trust::remote<int> neighbour) -> task<int> {
            n = 1;
            co_await neighbour.apply([](int& x) { ++x; });
            co_return n = 2;
          },
          other);
      auto next = r.apply([](int& n) { return n; });
      auto both = trust::when_all(launched, next);
      const auto [end, between] = co_await both;
      CHECK(end == 2);
      CHECK(between == (shortcut ? 2 : 1));
    });
  }
}

TEST_CASE("an endless loop of shortcuts starves neither a timer, nor a call from elsewhere, nor a stop") {
  for (const bool simulated : {false, true}) {
    CAPTURE(simulated);
    std::unique_ptr<trust::runtime> rt = simulated ? std::make_unique<trust::runtime>(trust::simulated{})
                                                   : std::make_unique<trust::runtime>(trust::options{.workers = 2});
    auto r = rt->entrust(trust::on(0), 0);
    bool timer = false;
    auto beside =
        rt->spawn(trust::on(0), trust::unchecked([&timer, simulated]() -> task<> {
                    if (!simulated)
                      co_await trust::sleep_for(1ms);  // the virtual clock stands still beside an endless loop
                    timer = true;
                  }));
    auto loop = rt->spawn(
        trust::on(0),
        [](trust::remote<int> x) -> task<long> {
          long n = 0;
          const trust::stop_token stop = co_await trust::this_task::stop_token();
          while (!stop.stop_requested()) {
            co_await x.apply([](int& i) { ++i; });
            ++n;
          }
          co_return n;
        },
        r);
    const int from_elsewhere =
        rt->spawn(
              trust::on(1),
              [](trust::remote<int> x) -> task<int> { co_return co_await x.apply([](int& i) { return ++i; }); }, r)
            .get();
    CHECK(from_elsewhere > 0);
    beside.get();
    CHECK(timer);
    rt->request_stop();
    CHECK(loop.get() > 0);
  }
}

TEST_CASE("an endless loop of calls to the other worker starves neither a timer nor a stop") {
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        auto r = rt.entrust(trust::on(1), 0);
        auto loop = rt.spawn(
            trust::on(0),
            [](trust::remote<int> x) -> task<> {
              const trust::stop_token stop = co_await trust::this_task::stop_token();
              while (!stop.stop_requested()) co_await x.apply([](int& i) { ++i; });
            },
            r);
        auto sleeper = rt.spawn(trust::on(0), []() -> task<> { co_await trust::sleep_for(1ms); });
        auto sleeper_there = rt.spawn(trust::on(1), []() -> task<> { co_await trust::sleep_for(1ms); });
        sleeper.get();
        sleeper_there.get();
        rt.request_stop();
        loop.get();
      },
      trust::options{.workers = 2});
}

TEST_CASE("blocking on a worker fails with would_block and stops nobody") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      CHECK(support::code_of([&] { static_cast<void>(r.apply([](int& n) { return n; }).get()); }) == errc::would_block);
      CHECK(support::code_of([&] { static_cast<void>(r.apply([](int& n) { return n; }).future()); }) ==
            errc::would_block);
      CHECK(support::code_of([&] { rt.block_on([]() -> task<> { co_return; }); }) == errc::would_block);
      auto h = rt.spawn([]() -> task<> { co_return; });
      CHECK(support::code_of([&] { h.get(); }) == errc::would_block);
      co_await h;
      const std::error_code inside = co_await r.apply(
          [](int&) { return support::code_of([] { trust::this_runtime().block_on([]() -> task<> { co_return; }); }); });
      CHECK(inside == errc::would_block);
    });
  });
}

TEST_CASE("who stands where: is_here, owner, this_worker, this_runtime") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    CHECK(r.owner().index() == 1);
    CHECK_FALSE(r.is_here());
    CHECK_FALSE(bool(trust::this_worker()));
    CHECK(support::code_of([] { static_cast<void>(trust::this_runtime()); }) == errc::no_worker);
    support::run(rt, [&]() -> task<> {
      CHECK(trust::this_worker().index() == 0);
      CHECK_FALSE(r.is_here());
      CHECK(&trust::this_runtime() == &rt);
      const bool there = co_await r.apply([&r](int&) { return r.is_here() && trust::this_worker() == r.owner(); });
      CHECK(there);
      co_await r.launch([&rt](int&) -> task<> {
        CHECK(&trust::this_runtime() == &rt);
        co_return;
      });
    });
    const trust::remote<int> empty;
    CHECK_FALSE(empty.is_here());
    CHECK_FALSE(bool(empty.owner()));
  });
}

}  // namespace
