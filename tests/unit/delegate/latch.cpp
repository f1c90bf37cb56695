// SPDX-License-Identifier: MIT
// Unit tests of latch: exclusive use across suspension points, by guards in tasks of the trustee and by remote.locked.

#include <support/runtimes.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using support::on_each_runtime;
using trust::latch;
using trust::task;
using namespace std::chrono_literals;

TEST_CASE("a guard holds the value across suspension points; others wait their turn, first in first out") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), latch<std::string>{});
    std::vector<trust::task_handle<void>> all;
    for (std::size_t i = 0; i < 12; ++i) {
      all.push_back(rt.spawn(
          trust::on(i % 2),
          [](trust::remote<latch<std::string>> l, char c) -> task<> {
            co_await l.launch(
                [](latch<std::string>& x, char mine) -> task<> {
                  auto g = co_await x.lock();
                  for (int k = 0; k < 3; ++k) {
                    *g += mine;
                    co_await trust::sleep_for(50us);
                  }
                  CHECK(g->size() % 3 == 0);
                },
                c);
          },
          r, static_cast<char>('a' + i)));
    }
    for (auto& h : all) h.get();
    const std::string text = r.locked([](std::string& s) { return s; }).get();
    CHECK(text.size() == 36);
    for (std::size_t i = 0; i < text.size(); i += 3) CHECK(text.substr(i, 3) == std::string(3, text[i]));
  });
}

TEST_CASE("locked runs at once when the latch is free, and in its turn among the holders when it is not") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
      auto r = rt.entrust(trust::on(owner), latch<std::string>{});
      support::run(rt, [&]() -> task<> {
        const std::size_t size =
            co_await r.locked([](std::string& s, std::string t) { return (s += t).size(); }, "free ");
        CHECK(size == 5);
        struct signs {  // the trustee's
          bool held = false;
          bool seen = false;
        };
        const auto shown = std::make_shared<signs>();
        trust::scope s;
        co_await s.spawn([&r, to = shown.get()]() -> task<> {
          co_await r.launch([to](latch<std::string>& l) -> task<> {
            auto g = co_await l.lock();
            to->held = true;
            while (!to->seen) co_await trust::sleep_for(100us);
            co_await trust::sleep_for(2ms);  // so that the next closure most likely has to wait
            *g += "held ";
          });
        });
        const bool taken = co_await r.launch([to = shown.get()](latch<std::string>& l) -> task<bool> {
          while (!to->held) co_await trust::sleep_for(100us);
          to->seen = true;
          co_return l.held();
        });
        CHECK(taken);
        const std::string after = co_await r.locked([](std::string& x) { return x += "after"; });
        CHECK(after == "free held after");
        co_await s.join();
      });
    }
  });
}

TEST_CASE("many locked calls wait in order behind one guard") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), latch<std::vector<int>>{});
    support::run(rt, [&]() -> task<> {
      auto holder = r.launch([](latch<std::vector<int>>& l) -> task<> {
        auto g = co_await l.lock();
        co_await trust::sleep_for(1ms);
        g->push_back(-1);
      });
      auto append = [](std::vector<int>& v, int i) { v.push_back(i); };
      std::vector<decltype(r.locked(append, 1))> ops;
      for (int i = 0; i < 100; ++i) ops.push_back(r.locked(append, i));
      auto rest = trust::when_all(ops);
      co_await trust::when_all(holder, rest);
      const bool in_order = co_await r.locked([](std::vector<int>& v) {
        for (std::size_t i = 0; i < v.size(); ++i) {
          if (v[i] != static_cast<int>(i) - 1) return false;
        }
        return v.size() == 101;
      });
      CHECK(in_order);
    });
  });
}

TEST_CASE("a locked closure that throws releases the latch, and its exception arrives, also after waiting") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), latch<int>{1});
    support::run(rt, [&]() -> task<> {
      const auto fail = [](int&) -> int { throw std::out_of_range{"no"}; };
      const auto at_once = co_await trust::as_result(r.locked(fail));
      CHECK(at_once.error().what() == "no");
      auto holder = r.launch([](latch<int>& l) -> task<> {
        auto g = co_await l.lock();
        co_await trust::sleep_for(500us);
      });
      auto waiting = trust::as_result(r.locked(fail));
      auto after = r.locked([](int& n) { return n; });
      const auto [h, w, a] = co_await trust::when_all(holder, waiting, after);
      static_cast<void>(h);
      CHECK(w.error().what() == "no");
      CHECK(a == 1);
    });
  });
}

TEST_CASE("results of locked of any size arrive, at once and after waiting") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), latch<std::string>{std::string(300, 'q')});
    support::run(rt, [&]() -> task<> {
      auto holder = r.launch([](latch<std::string>& l) -> task<> {
        auto g = co_await l.lock();
        co_await trust::sleep_for(500us);
        *g += 'r';
      });
      auto waiting = r.locked([](std::string& s) { return s; });
      const auto [h, text] = co_await trust::when_all(holder, waiting);
      static_cast<void>(h);
      CHECK(text == std::string(300, 'q') + 'r');
      const auto p = co_await r.locked([](std::string& s) { return std::make_unique<std::size_t>(s.size()); });
      CHECK(*p == 301);
    });
  });
}

TEST_CASE("try_lock is for closures: a guard when it is free, nothing when it is not") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), latch<int>{5});
    support::run(rt, [&]() -> task<> {
      const int n = co_await r.apply([](latch<int>& l) {
        auto g = l.try_lock();
        const bool second = l.try_lock().has_value();
        return g && !second ? **g : -1;
      });
      CHECK(n == 5);
      co_await r.launch([](latch<int>& l) -> task<> {
        auto g = co_await l.lock();
        const bool free = l.try_lock().has_value();
        CHECK_FALSE(free);
        auto moved = std::move(g);
        *moved = 6;
        moved.release();
        moved.release();
        const bool free_now = l.try_lock().has_value();
        CHECK(free_now);
        g = co_await l.lock();
        g = co_await [](latch<int>& x, latch<int>::guard old) -> task<latch<int>::guard> {
          old.release();
          co_return co_await x.lock();
        }(l, std::move(g));
        CHECK(*g == 6);
      });
      const bool held = co_await r.with([](const latch<int>& l) { return l.held(); });
      CHECK_FALSE(held);
    });
  });
}

TEST_CASE("a guard may be held over a call to another object") {
  on_each_runtime([](trust::runtime& rt) {
    auto l = rt.entrust(trust::on(1), latch<int>{0});
    auto other = rt.entrust(trust::on(0), 10);
    auto beside = rt.entrust(trust::on(1), 100);
    support::run(rt, [&]() -> task<> {
      trust::scope s;
      for (int i = 0; i < 20; ++i) {
        co_await s.spawn([&]() -> task<> {
          co_await l.launch([&](latch<int>& x) -> task<> {
            auto g = co_await x.lock();
            const int before = *g;
            const int a = co_await other.apply([](int& n) { return n; });
            const int b = co_await beside.apply([](int& n) { return n; });
            *g = before + a + b;
          });
        });
      }
      co_await s.join();
      const int sum = co_await l.locked([](int& n) { return n; });
      CHECK(sum == 20 * 110);
    });
  });
}

TEST_CASE("a latch is also used as guarded, with what it is built from, and within a local") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    trust::guarded<std::string> g{std::in_place, 3UL, 'x'};
    {
      auto held = co_await g.lock();
      CHECK(*held == "xxx");
    }
    const trust::local<latch<int>> l{std::in_place, 4};
    co_await l.launch([](latch<int>& x) -> task<> {
      auto held = co_await x.lock();
      CHECK(*held == 4);
    });
  });
}

TEST_CASE("a closure that was handed the latch runs, although its caller is asked to stop before that") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  auto r = rt.entrust(trust::on(0), latch<int>{1});
  const int seen = r.launch([weak = trust::weak_remote<latch<int>>{r}](latch<int>& l) -> task<int> {
                      auto self = co_await weak.lock();
                      auto g = co_await l.lock();
                      trust::scope s;
                      int got = 0;
                      co_await s.spawn([&]() -> task<> { got = co_await self.locked([](int& n) { return ++n; }); });
                      co_await trust::sleep_for(1ms);
                      CHECK(got == 0);
                      g.release();
                      s.request_stop();
                      co_await s.join();
                      co_return got;
                    }).get();
  CHECK(seen == 2);
}

}  // namespace
