// SPDX-License-Identifier: MIT
// Unit tests of semaphore: units are never lost or made, and nobody who wants many is starved by those who want few.

#include <trust/sync/semaphore.hpp>

#include <support/hand_worker.hpp>
#include <support/runtimes.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using support::hand_task;
using support::hand_worker;
using trust::errc;
using trust::semaphore;
using trust::task;

/// Acquires k units and notes it; 'A' instead of 'a' when it was cancelled.
task<> acquires(semaphore& s, std::size_t k, char name, std::string& order) {
  const trust::result<void> r = co_await trust::as_result(s.acquire(k));
  order += r.has_value() ? name : r.error() == errc::cancelled ? static_cast<char>(name - 'a' + 'A') : '?';
}

TEST_CASE("units are taken and given back, at once or not at all") {
  semaphore s{3};
  CHECK(s.available() == 3);
  CHECK(s.try_acquire());
  CHECK(s.try_acquire(2));
  CHECK_FALSE(s.try_acquire());
  CHECK(s.try_acquire(0));
  s.release(2);
  CHECK_FALSE(s.try_acquire(3));
  CHECK(s.available() == 2);
  s.release(10);
  CHECK(s.available() == 12);
}

TEST_CASE("a large request is not starved by small ones behind it, nor by try_acquire") {
  hand_worker w;
  semaphore s{2};
  std::string order;
  const hand_task large{acquires(s, 3, 'l', order)}, small{acquires(s, 1, 's', order)};
  CHECK(order.empty());
  CHECK_FALSE(s.try_acquire());
  CHECK_FALSE(s.try_acquire(0));
  CHECK(s.available() == 2);
  s.release();
  w.turn();
  CHECK(order == "l");
  CHECK(s.available() == 0);
  s.release();
  w.turn();
  CHECK(order == "ls");
}

TEST_CASE("one release lets as many go on as there are units for, in order") {
  hand_worker w;
  semaphore s{0};
  std::string order;
  const hand_task a{acquires(s, 1, 'a', order)}, b{acquires(s, 2, 'b', order)}, c{acquires(s, 2, 'c', order)};
  s.release(4);
  w.turn();
  CHECK(order == "ab");
  CHECK(s.available() == 1);
  s.release(1);
  w.turn();
  CHECK(order == "abc");
  CHECK(s.available() == 0);
}

TEST_CASE("when the first in the row is cancelled, those behind it for whom there are enough go on") {
  hand_worker w;
  semaphore s{2};
  std::string order;
  hand_task large{acquires(s, 3, 'l', order)};
  const hand_task a{acquires(s, 1, 'a', order)}, b{acquires(s, 1, 'b', order)};
  large.stop();
  large.stop();
  w.turn();
  CHECK(order == "Lab");
  CHECK(s.available() == 0);
}

TEST_CASE("when the first in the row is destroyed, those behind it go on too") {
  hand_worker w;
  semaphore s{2};
  std::string order;
  hand_task large{acquires(s, 3, 'l', order)};
  const hand_task a{acquires(s, 1, 'a', order)};
  large.destroy();
  w.turn();
  CHECK(order == "a");
  CHECK(s.available() == 1);
}

TEST_CASE("a stop request after the grant comes too late: the units are taken") {
  hand_worker w;
  semaphore s{0};
  std::string order;
  hand_task a{acquires(s, 1, 'a', order)};
  s.release();
  a.stop();
  w.turn();
  CHECK(order == "a");
  CHECK(s.available() == 0);
}

TEST_CASE("units of a task that is destroyed before it went on are for the next one") {
  hand_worker w;
  semaphore s{0};
  std::string order;
  hand_task a{acquires(s, 2, 'a', order)};
  const hand_task b{acquires(s, 1, 'b', order)};
  s.release(2);
  w.end();
  a.destroy();
  w.turn();
  CHECK(order == "b");
  CHECK(s.available() == 1);
}

TEST_CASE("a guard gives its units back: at its end, when moved over, when released, and once") {
  hand_worker w;
  semaphore s{5};
  const hand_task t{[](semaphore& from) -> task<> {
    {
      auto g = co_await from.units(2);
      CHECK(g.count() == 2);
      CHECK(from.available() == 3);
      auto h = co_await from.units();
      CHECK(from.available() == 2);
      g = std::move(h);
      CHECK(from.available() == 4);
      CHECK(h.count() == 0);  // NOLINT: moved from is empty, as promised
      semaphore::guard moved{std::move(g)};
      CHECK(moved.count() == 1);
    }
    CHECK(from.available() == 5);
    auto g = co_await from.units(4);
    g.release();
    g.release();
    CHECK(from.available() == 5);
    CHECK_FALSE(from.try_units(6));
    const std::optional<semaphore::guard> some = from.try_units(5);
    CHECK(some->count() == 5);
    CHECK(from.available() == 0);
  }(s)};
  CHECK(t.ended());
  CHECK(s.available() == 5);
}

TEST_CASE("a guard whose end lets the next one go on does not run it") {
  hand_worker w;
  semaphore s{1};
  std::string order;
  {
    const auto g = s.try_units();
    CHECK(g);
    const hand_task a{acquires(s, 1, 'a', order)};
    hand_task b{[](semaphore& from, std::string& said) -> task<> {
      const auto held = co_await from.units();
      said += 'b';
    }(s, order)};
    w.turn();
    CHECK(order.empty());
    b.stop();
    b.stop();
    const_cast<std::optional<semaphore::guard>&>(g)->release();
    CHECK(order.empty());
    w.turn();
    CHECK(order == "a");
  }
  CHECK(s.available() == 0);
  s.release();
}

TEST_CASE("never do more run than there are units, whoever is cancelled by his deadline") {
  support::on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      semaphore s{3};
      int inside = 0;
      int most = 0;
      int late = 0;
      trust::scope all;
      for (int i = 0; i < 40; ++i) {
        co_await all.spawn([&, i]() -> task<> {
          const auto g =
              co_await trust::as_result(trust::with_timeout(s.units(1), std::chrono::microseconds{300 * (i % 5)}));
          if (!g) {
            CHECK(g.error() == errc::timed_out);
            ++late;
            co_return;
          }
          most = std::max(most, ++inside);
          co_await trust::sleep_for(100us);
          --inside;
        });
      }
      co_await all.join();
      CHECK(most <= 3);
      CHECK(late >= 8);  // those without any time
      CHECK(s.available() == 3);
    });
  });
}

}  // namespace
