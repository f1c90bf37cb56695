// SPDX-License-Identifier: MIT
// Unit tests of condition: who goes on for which notification, and that nobody goes on without the latch.

#include <trust/sync/condition.hpp>
#include <trust/sync/event.hpp>
#include <trust/sync/shared_latch.hpp>

#include <support/hand_worker.hpp>
#include <support/runtimes.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using support::hand_task;
using support::hand_worker;
using trust::condition;
using trust::errc;
using trust::latch;
using trust::task;

using book = latch<std::string>;

/// Waits once; notes 'a' when notified, 'A' when cancelled, with the latch held then.
task<> waits(book& l, condition& c, char name) {
  auto g = co_await l.lock();
  const auto r = co_await trust::as_result(c.wait(g));
  CHECK(l.held());
  *g += r.has_value() ? name : r.error() == errc::cancelled ? static_cast<char>(name - 'a' + 'A') : '?';
}

/// Waits until the text ends with what is asked for.
task<> waits_for(book& l, condition& c, char last, char name) {
  auto g = co_await l.lock();
  const auto r = co_await trust::as_result(c.wait(g, [&] { return !g->empty() && g->back() == last; }));
  CHECK(l.held());
  *g += r.has_value() ? name : r.error() == errc::cancelled ? static_cast<char>(name - 'a' + 'A') : '?';
}

[[nodiscard]] std::string text_of(book& l) {
  const auto g = l.try_lock();
  return g ? **g : "held";
}
void write(book& l, char x) { **l.try_lock() += x; }

TEST_CASE("waiting releases the latch; notify_one lets the first go on, with the latch, and from the ready queue") {
  hand_worker w;
  book l;
  condition c;
  const hand_task x{waits(l, c, 'x')}, y{waits(l, c, 'y')}, z{waits(l, c, 'z')};
  CHECK_FALSE(l.held());
  c.notify_one();
  CHECK_FALSE(l.held());
  w.turn();
  CHECK(text_of(l) == "x");
  c.notify_one();
  c.notify_one();
  c.notify_one();
  w.turn();
  CHECK(text_of(l) == "xyz");
}

TEST_CASE("notify_all lets all who wait go on, in order; a notification that nobody waits for is nothing") {
  hand_worker w;
  book l;
  condition c;
  c.notify_one();
  c.notify_all();
  const hand_task x{waits(l, c, 'x')}, y{waits(l, c, 'y')};
  w.turn();
  CHECK(text_of(l).empty());
  c.notify_all();
  const hand_task z{waits(l, c, 'z')};
  w.turn();
  CHECK(text_of(l) == "xy");
  c.notify_all();
  w.turn();
  CHECK(text_of(l) == "xyz");
}

TEST_CASE("who is notified while somebody holds the latch waits in the row of the latch, behind who stands there") {
  hand_worker w;
  book l;
  condition c;
  const hand_task x{waits(l, c, 'x')}, y{waits(l, c, 'y')};
  auto g = l.try_lock();
  const hand_task locks{[](book& from) -> task<> { *co_await from.lock() += 'l'; }(l)};
  c.notify_all();
  w.turn();
  CHECK(l.held());
  CHECK((*g)->empty());
  g.reset();
  w.turn();
  CHECK(text_of(l) == "lxy");
}

TEST_CASE("a stop request while waiting ends it with cancelled, with the latch held again, and takes no notification") {
  hand_worker w;
  book l;
  condition c;
  hand_task x{waits(l, c, 'x')}, y{waits(l, c, 'y')};
  auto g = l.try_lock();
  x.stop();
  x.stop();
  c.notify_one();
  w.turn();
  CHECK((*g)->empty());  // both wait for the latch
  g.reset();
  w.turn();
  CHECK(text_of(l) == "Xy");
}

TEST_CASE("a stop request after the notification comes too late, in the ready queue and in the row of the latch") {
  hand_worker w;
  book l;
  condition c;
  hand_task x{waits(l, c, 'x')}, y{waits(l, c, 'y')};
  c.notify_one();
  x.stop();
  w.turn();
  CHECK(text_of(l) == "x");
  auto g = l.try_lock();
  c.notify_one();
  w.turn();
  y.stop();
  g.reset();
  w.turn();
  CHECK(text_of(l) == "xy");
}

TEST_CASE("who was asked to stop before does not wait, and keeps the latch") {
  const hand_worker w;
  book l;
  condition c;
  const hand_task t{[](book& of, condition& cond) -> task<> {
    auto g = co_await of.lock();
    (co_await trust::this_task::stop_token()).state()->request();
    const auto r = co_await trust::as_result(cond.wait(g));
    CHECK(r.error() == errc::cancelled);
    CHECK(g);
    CHECK(of.held());
    co_await cond.wait(g, [] { return true; });  // had at once
    bool asked = false;
    auto never = [&] {
      asked = true;
      return false;
    };
    const auto s = co_await trust::as_result(cond.wait(g, never));
    CHECK(s.error() == errc::cancelled);
    CHECK(asked);
    CHECK(g);
  }(l, c)};
  CHECK(t.ended());
  CHECK_FALSE(l.held());
}

TEST_CASE("a predicate is asked once at first and once for each notification, with the latch held") {
  hand_worker w;
  book l;
  condition c;
  int asked = 0;
  const hand_task t{[](book& of, condition& cond, int& n) -> task<> {
    auto g = co_await of.lock();
    auto third = [&] {
      CHECK(of.held());
      return ++n == 3;
    };
    co_await cond.wait(g, third);
    *g += 't';
  }(l, c, asked)};
  CHECK(asked == 1);
  CHECK_FALSE(l.held());
  c.notify_one();
  CHECK(asked == 1);
  w.turn();
  CHECK(asked == 2);
  CHECK_FALSE(t.ended());
  c.notify_all();
  w.turn();
  CHECK(asked == 3);
  CHECK(t.ended());
  CHECK(text_of(l) == "t");
}

TEST_CASE("what the predicate throws ends the waiting, at first and later, with the latch held") {
  hand_worker w;
  book l;
  condition c;
  const auto body = [](book& of, condition& cond, int fuse) -> task<> {
    auto g = co_await of.lock();
    auto bursts = [&]() -> bool {
      if (fuse-- == 0) throw std::out_of_range{"burst"};
      return false;
    };
    try {
      co_await cond.wait(g, bursts);
    } catch (const std::out_of_range&) {
      *g += 'b';
    }
  };
  const hand_task now{body(l, c, 0)};
  CHECK(now.ended());
  const hand_task later{body(l, c, 1)};
  CHECK_FALSE(later.ended());
  c.notify_one();
  w.turn();
  CHECK(text_of(l) == "bb");
}

TEST_CASE("with a predicate: who waits again stands behind the others, and stop requests end it where it is false") {
  hand_worker w;
  book l;
  condition c;
  hand_task x{waits_for(l, c, '1', 'x')};
  const hand_task y{waits_for(l, c, '2', 'y')};
  write(l, '2');
  c.notify_one();  // x, which waits again
  w.turn();
  c.notify_one();
  w.turn();
  CHECK(text_of(l) == "2y");
  c.notify_one();
  x.stop();  // too late for the notification, but what it waits for has not come
  w.turn();
  CHECK(text_of(l) == "2yX");

  hand_task z{waits_for(l, c, '3', 'z')};
  write(l, '3');
  c.notify_one();
  z.stop();
  w.turn();
  CHECK(text_of(l) == "2yX3z");
}

TEST_CASE("a waiter that is destroyed leaves either row; its notification, if it has not gone on, is the next one's") {
  hand_worker w;
  book l;
  condition c;
  std::optional<hand_task> a, b;
  a.emplace(waits(l, c, 'a'));  // in the row of the condition
  b.emplace(waits(l, c, 'b'));
  a->destroy();
  c.notify_one();
  w.turn();
  CHECK(text_of(l) == "b");

  a.emplace(waits(l, c, 'a'));  // notified
  b.emplace(waits(l, c, 'c'));
  c.notify_one();
  a->destroy();
  CHECK(w.anything_ready());
  w.turn();
  CHECK(text_of(l) == "bc");

  a.emplace(waits(l, c, 'a'));  // in the row of the latch
  auto g = l.try_lock();
  c.notify_one();
  w.turn();
  b.emplace([](book& from) -> task<> { *co_await from.lock() += 'd'; }(l));
  a->destroy();
  g.reset();
  w.turn();
  CHECK(text_of(l) == "bcd");

  a.emplace(waits(l, c, 'a'));  // with the latch, in the ready queue
  g = l.try_lock();
  c.notify_one();
  w.turn();
  b.emplace([](book& from) -> task<> { *co_await from.lock() += 'e'; }(l));
  g.reset();
  a->destroy();
  CHECK(l.held());
  w.turn();
  CHECK(text_of(l) == "bcde");
}

TEST_CASE("at the end of a worker latch and condition may end before those who wait") {
  for (int steps = 0; steps < 3; ++steps) {
    hand_worker w;
    std::optional<book> l{std::in_place};
    std::optional<condition> c{std::in_place};
    hand_task x{waits(*l, *c, 'x')};
    if (steps > 0) c->notify_one();
    if (steps > 1) {
      auto g = l->try_lock();
      w.turn();
      w.end();
      g.reset();
    }
    w.end();
    c.reset();
    l.reset();
    x.destroy();
    CHECK_FALSE(x.ended());
  }
}

TEST_CASE("it waits with the guard of a shared_latch too, alone; readers go on meanwhile") {
  hand_worker w;
  trust::shared_latch<int> l{0};
  condition c;
  const hand_task t{[](trust::shared_latch<int>& of, condition& cond) -> task<> {
    auto g = co_await of.lock();
    co_await cond.wait(g, [&] { return *g == 1; });
    *g = 2;
  }(l, c)};
  CHECK_FALSE(l.held());
  **l.try_lock() = 1;
  {
    const auto reads = l.try_lock_shared();
    c.notify_one();
    w.turn();
    CHECK(**reads == 1);
    CHECK_FALSE(t.ended());
  }
  w.turn();
  CHECK(t.ended());
  CHECK(**l.try_lock_shared() == 2);
}

TEST_CASE("one that is destroyed in the row of a shared_latch lets the readers behind it in") {
  hand_worker w;
  trust::shared_latch<int> l{0};
  condition c;
  hand_task t{[](trust::shared_latch<int>& of, condition& cond) -> task<> {
    auto g = co_await of.lock();
    co_await cond.wait(g);
  }(l, c)};
  const auto reads = l.try_lock_shared();
  c.notify_one();
  w.turn();
  const hand_task reader{
      [](trust::shared_latch<int>& of) -> task<> { static_cast<void>(co_await of.lock_shared()); }(l)};
  CHECK_FALSE(reader.ended());
  t.destroy();
  w.turn();
  CHECK(reader.ended());
}

TEST_CASE("a bounded buffer made of it loses nothing, whoever is late") {
  support::on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      latch<std::string> l;
      condition room, something;
      int late = 0;
      std::string taken;
      trust::scope all;
      for (int i = 0; i < 3; ++i) {
        co_await all.spawn([&]() -> task<> {
          for (char x = 'a'; x <= 'z'; ++x) {
            auto g = co_await l.lock();
            co_await room.wait(g, [&] { return g->size() < 2; });
            *g += x;
            something.notify_one();
          }
        });
      }
      for (int i = 0; i < 2; ++i) {
        co_await all.spawn([&]() -> task<> {
          while (taken.size() < 78) {
            auto g = co_await l.lock();
            const auto r =
                co_await trust::as_result(trust::with_timeout(something.wait(g, [&] { return !g->empty(); }), 20us));
            if (!r) {
              CHECK(r.error() == errc::timed_out);
              CHECK(g);
              ++late;
              g.release();
              co_await trust::yield();
              continue;
            }
            taken += g->front();
            g->erase(0, 1);
            room.notify_one();
            if (taken.size() % 10 == 0) co_await trust::sleep_for(30us);  // with the latch: the other one is late
          }
        });
      }
      co_await all.join();
      CHECK(taken.size() == 78);
      for (char x = 'a'; x <= 'z'; ++x) CHECK(std::count(taken.begin(), taken.end(), x) == 3);
    });
  });
}

}  // namespace
