// SPDX-License-Identifier: MIT
// Unit tests of event and auto_event: who goes on for which set(), and what is left of one that nobody took.

#include <trust/sync/auto_event.hpp>
#include <trust/sync/event.hpp>

#include <support/hand_worker.hpp>
#include <support/runtimes.hpp>

#include <optional>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using support::hand_task;
using support::hand_worker;
using trust::auto_event;
using trust::errc;
using trust::task;

/// Notes how its wait ended: 'a' when the event was set, 'A' when it was cancelled, for the name a.
template <class Event> task<> waits(Event& e, char name, std::string& order) {
  const trust::result<void> r = co_await trust::as_result(e.wait());
  order += r.has_value() ? name : r.error() == errc::cancelled ? static_cast<char>(name - 'a' + 'A') : '?';
}

TEST_CASE("event: all who wait go on in order when it is set, and who comes later does not wait") {
  hand_worker w;
  trust::event e;
  std::string order;
  const hand_task x{waits(e, 'x', order)}, y{waits(e, 'y', order)};
  CHECK_FALSE(e.is_set());
  e.set();
  CHECK(e.is_set());
  CHECK(order.empty());  // nobody ran inside
  w.turn();
  CHECK(order == "xy");
  const hand_task z{waits(e, 'z', order)};
  CHECK(order == "xyz");
  e.set();
  CHECK(e.is_set());
}

TEST_CASE("event: who had waited goes on although it is reset before that; who comes then waits") {
  hand_worker w;
  trust::event e;
  std::string order;
  const hand_task x{waits(e, 'x', order)};
  e.set();
  e.reset();
  CHECK_FALSE(e.is_set());
  const hand_task y{waits(e, 'y', order)};
  w.turn();
  CHECK(order == "x");
  e.set();
  w.turn();
  CHECK(order == "xy");
}

TEST_CASE("event: it can be made set") {
  hand_worker w;
  trust::event e{true};
  std::string order;
  const hand_task x{waits(e, 'x', order)};
  CHECK(order == "x");
}

TEST_CASE("auto_event: one set, one waiter, first in first out") {
  hand_worker w;
  auto_event e;
  std::string order;
  const hand_task x{waits(e, 'x', order)}, y{waits(e, 'y', order)}, z{waits(e, 'z', order)};
  e.set();
  CHECK_FALSE(e.is_set());
  w.turn();
  CHECK(order == "x");
  e.set();
  e.set();
  w.turn();
  CHECK(order == "xyz");
  CHECK_FALSE(e.is_set());
}

TEST_CASE("auto_event: a set that nobody waits for is kept, once, until somebody comes or it is reset") {
  hand_worker w;
  auto_event e;
  std::string order;
  e.set();
  e.set();
  CHECK(e.is_set());
  const hand_task x{waits(e, 'x', order)}, y{waits(e, 'y', order)};
  CHECK(order == "x");
  CHECK_FALSE(e.is_set());
  e.set();
  w.turn();
  CHECK(order == "xy");
  e.set();
  e.reset();
  hand_task z{waits(e, 'z', order)};
  CHECK(order == "xy");
  z.stop();
  w.turn();
  CHECK(order == "xyZ");
}

TEST_CASE("auto_event: a set after the stop request is the next one's; before it, it is taken") {
  hand_worker w;
  auto_event e;
  std::string order;
  hand_task x{waits(e, 'x', order)};
  hand_task y{waits(e, 'y', order)};
  x.stop();
  e.set();
  y.stop();
  w.turn();
  CHECK(order == "Xy");
  CHECK_FALSE(e.is_set());
}

TEST_CASE("auto_event: a set whose task is destroyed before it went on is for the next one, or is kept") {
  hand_worker w;
  auto_event e;
  std::string order;
  hand_task x{waits(e, 'x', order)};
  hand_task y{waits(e, 'y', order)};
  e.set();
  w.end();
  x.destroy();
  CHECK_FALSE(e.is_set());
  w.end();
  y.destroy();
  CHECK(e.is_set());
}

TEST_CASE("event: one that is destroyed with its set leaves the others theirs") {
  hand_worker w;
  trust::event e;
  std::string order;
  hand_task x{waits(e, 'x', order)};
  e.set();
  w.end();
  x.destroy();
  CHECK(e.is_set());
}

TEST_CASE("event: it may end as soon as it is set: who had waited goes on") {
  hand_worker w;
  std::string order;
  std::optional<trust::event> e{std::in_place};
  const hand_task x{waits(*e, 'x', order)};
  e->set();
  e.reset();
  w.turn();
  CHECK(order == "x");
}

TEST_CASE("a deadline ends the waiting for an event with timed_out, and not before") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  support::run(rt, []() -> task<> {
    trust::event e;
    auto_event a;
    const auto before = trust::now();
    const auto r = co_await trust::as_result(trust::with_timeout(e.wait(), 5ms));
    CHECK(r.error() == errc::timed_out);
    CHECK(trust::now() == before + 5ms);
    const auto s = co_await trust::as_result(trust::with_deadline(a.wait(), before + 7ms));
    CHECK(s.error() == errc::timed_out);
    CHECK(trust::now() == before + 7ms);
    a.set();
    co_await trust::with_timeout(a.wait(), 1h);
    CHECK(trust::now() == before + 7ms);
  });
}

}  // namespace
