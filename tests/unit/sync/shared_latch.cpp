// SPDX-License-Identifier: MIT
// Unit tests of shared_latch: readers together, writers alone, and neither starves the other.

#include <trust/sync/event.hpp>
#include <trust/sync/shared_latch.hpp>

#include <support/hand_worker.hpp>
#include <support/runtimes.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace {

using namespace std::chrono_literals;
using support::hand_task;
using support::hand_worker;
using trust::errc;
using trust::shared_latch;
using trust::task;

using latch = shared_latch<std::string>;
static_assert(std::is_same_v<decltype(*std::declval<latch::shared_guard&>()), const std::string&>);
static_assert(std::is_same_v<decltype(*std::declval<latch::guard&>()), std::string&>);

/// Holds it until `go` is set, noting its name when it has it; in upper case when it was cancelled instead.
task<> reads(latch& l, char name, std::string& order, trust::event& go) {
  const auto g = co_await trust::as_result(l.lock_shared());
  order += g.has_value() ? name : static_cast<char>(name - 'a' + 'A');
  if (g) co_await go.wait();
}
task<> writes(latch& l, char name, std::string& order, trust::event& go) {
  auto g = co_await trust::as_result(l.lock());
  order += g.has_value() ? name : static_cast<char>(name - 'a' + 'A');
  if (!g) co_return;
  co_await go.wait();
  **g += name;
}

TEST_CASE("readers hold it together, a writer alone") {
  hand_worker w;
  latch l{"v"};
  trust::event go;
  std::string order;
  const hand_task a{reads(l, 'a', order, go)}, b{reads(l, 'b', order, go)};
  CHECK(order == "ab");
  CHECK(l.held());
  CHECK_FALSE(l.held_exclusively());
  CHECK(l.try_lock_shared());
  CHECK_FALSE(l.try_lock());
  const hand_task c{writes(l, 'c', order, go)};
  CHECK(order == "ab");
  go.set();
  w.turn();
  CHECK(order == "abc");
  CHECK_FALSE(l.held());
  {
    const auto g = l.try_lock();
    CHECK(**g == "vc");
    CHECK(l.held_exclusively());
    CHECK_FALSE(l.try_lock_shared());
    CHECK_FALSE(l.try_lock());
  }
  CHECK_FALSE(l.held());
}

TEST_CASE("behind a writer that waits, later readers wait; then they go on together up to the next writer") {
  hand_worker w;
  latch l;
  trust::event first, second, third;
  std::string order;
  const hand_task a{reads(l, 'a', order, first)};
  const hand_task b{writes(l, 'b', order, second)};
  const hand_task c{reads(l, 'c', order, third)}, d{reads(l, 'd', order, third)};
  const hand_task e{writes(l, 'e', order, third)};
  const hand_task f{reads(l, 'f', order, third)};
  CHECK(order == "a");
  CHECK_FALSE(l.try_lock_shared());
  first.set();
  w.turn();
  CHECK(order == "ab");
  second.set();
  w.turn();
  CHECK(order == "abcd");
  third.set();
  w.turn();
  CHECK(order == "abcdef");
  CHECK_FALSE(l.held());
}

TEST_CASE("a writer that is cancelled lets the readers behind it in, beside those who hold it") {
  hand_worker w;
  latch l;
  trust::event go;
  std::string order;
  const hand_task a{reads(l, 'a', order, go)};
  hand_task b{writes(l, 'b', order, go)};
  const hand_task c{reads(l, 'c', order, go)};
  b.stop();
  b.stop();
  w.turn();
  CHECK(order == "aBc");
  go.set();
  w.turn();
  CHECK_FALSE(l.held());
}

TEST_CASE("a writer that is destroyed while it waits lets the readers behind it in") {
  hand_worker w;
  latch l;
  trust::event go;
  std::string order;
  const hand_task a{reads(l, 'a', order, go)};
  hand_task b{writes(l, 'b', order, go)};
  const hand_task c{reads(l, 'c', order, go)};
  b.destroy();
  w.turn();
  CHECK(order == "ac");
  go.set();
  w.turn();
  CHECK_FALSE(l.held());
}

TEST_CASE("a reader that is cancelled leaves the others as they are") {
  hand_worker w;
  latch l;
  trust::event go;
  std::string order;
  const hand_task a{writes(l, 'a', order, go)};
  hand_task b{reads(l, 'b', order, go)};
  const hand_task c{writes(l, 'c', order, go)};
  b.stop();
  w.turn();
  CHECK(order == "aB");
  go.set();
  w.turn();
  CHECK(order == "aBc");
}

TEST_CASE("one that was granted it and is destroyed before it went on passes it on, of either kind") {
  hand_worker w;
  latch l;
  trust::event go;
  std::string order;
  for (const bool shared : {false, true}) {
    order.clear();
    go.reset();
    const hand_task a{writes(l, 'a', order, go)};
    hand_task b{shared ? reads(l, 'b', order, go) : writes(l, 'b', order, go)};
    const hand_task c{writes(l, 'c', order, go)};
    go.set();
    CHECK(w.run_ready(1) == 1);  // a goes on and hands it to b
    CHECK(l.held_exclusively() == !shared);
    w.end();
    b.destroy();
    CHECK(l.held_exclusively());
    w.turn();
    CHECK(order == "ac");
    CHECK_FALSE(l.held());
  }
}

TEST_CASE("a stop request after the grant comes too late") {
  hand_worker w;
  latch l;
  trust::event go, later;
  std::string order;
  const hand_task a{writes(l, 'a', order, go)};
  hand_task b{writes(l, 'b', order, later)};
  go.set();
  CHECK(w.run_ready(1) == 1);
  b.stop();
  w.turn();
  CHECK(order == "ab");
  CHECK_FALSE(l.held());  // its wait for `later` was cancelled
}

TEST_CASE("a shared_latch is built in place, moved while free, and entrusted") {
  support::on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), shared_latch<std::string>{std::in_place, 2UL, 'x'});
    support::run(rt, [&]() -> task<> {
      const auto size = co_await r.launch([](shared_latch<std::string>& l) -> task<std::size_t> {
        int readers = 0;
        trust::event together, later;
        trust::scope all;
        for (int i = 0; i < 5; ++i) {
          co_await all.spawn([&]() -> task<> {
            const auto g = co_await l.lock_shared();
            if (++readers == 5) together.set();
            co_await later.wait();
            CHECK(g->size() == 2);
          });
        }
        co_await together.wait();
        later.set();
        {
          auto g = co_await l.lock();
          *g += 'y';
        }
        co_await all.join();
        const auto again = co_await trust::with_timeout(l.lock_shared(), 1h);
        const auto late = co_await trust::as_result(trust::with_timeout(l.lock(), 1us));
        CHECK(late.error() == errc::timed_out);
        co_return again->size();
      });
      CHECK(size == 3);
    });
  });
}

}  // namespace
