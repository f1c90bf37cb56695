// SPDX-License-Identifier: MIT
// Unit tests of sync/row: the protocol of all that wait, on the smallest thing that one can wait for, turned by hand.

#include <trust/sync/row.hpp>

#include <support/hand_worker.hpp>
#include <support/runtimes.hpp>

#include <memory>
#include <string>

namespace {

using support::hand_task;
using support::hand_worker;
using trust::errc;
using trust::task;

/// Tokens; who takes one waits for it.
struct box {
  struct taking : trust::sync::in_one_row<taking> {
    using waiter = trust::sync::waiter;
    using value_type = int;
    explicit taking(box& b) noexcept : of{b} {}
    [[nodiscard]] bool try_now(waiter&) noexcept { return of.tokens > 0 ? (--of.tokens, true) : false; }
    [[nodiscard]] auto& row() noexcept { return of.waiting; }
    void left() noexcept { ++of.left; }
    void pass_on(waiter&) noexcept {
      ++of.passed_on;
      of.put();
    }
    [[nodiscard]] int value(waiter&) const noexcept { return 7; }
    box& of;
  };
  [[nodiscard]] auto take() noexcept { return trust::sync::awaitable{taking{*this}}; }
  void put() noexcept {
    if (waiting.go_on() == nullptr) ++tokens;
  }
  trust::sync::row<> waiting;
  int tokens = 0;
  int left = 0;
  int passed_on = 0;
};

/// Notes how an await of the box ended: 'a' with a token, 'A' cancelled, for the name a.
task<> taker(box& b, char name, std::string& order) {
  try {
    const int seven = co_await b.take();
    order += seven == 7 ? name : '?';
  } catch (const trust::error& e) {
    order += e.code() == errc::cancelled ? static_cast<char>(name - 'a' + 'A') : '!';
  }
}

TEST_CASE("who waits goes on in order, and never from within what lets it go on") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)}, y{taker(b, 'y', order)}, z{taker(b, 'z', order)};
  b.put();
  b.put();
  CHECK(order.empty());
  w.turn();
  CHECK(order == "xy");
  CHECK_FALSE(z.ended());
  b.put();
  w.turn();
  CHECK(order == "xyz");
  CHECK(b.waiting.empty());
  CHECK_FALSE(b.waiting.hands_over());
  CHECK(b.left + b.passed_on == 0);
}

TEST_CASE("a stop request fails who stands in the row, once, and the row moves up") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)}, y{taker(b, 'y', order)};
  x.stop();
  x.stop();
  CHECK(order.empty());
  CHECK(b.left == 1);
  b.put();
  w.turn();
  CHECK(order == "Xy");
  CHECK(b.tokens == 0);
}

TEST_CASE("a stop request that comes after the grant comes too late") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)};
  b.put();
  x.stop();
  w.turn();
  CHECK(order == "x");
  CHECK(b.tokens == 0);
  CHECK(b.left == 0);
}

TEST_CASE("a grant that comes after the stop request goes to the next, or is kept") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)};
  x.stop();
  b.put();
  w.turn();
  CHECK(order == "X");
  CHECK(b.tokens == 1);
}

TEST_CASE("a task that was asked to stop still has what it can have at once, and does not wait for anything") {
  const hand_worker w;
  box b;
  b.tokens = 1;
  std::string order;
  const hand_task t{[](box& from, std::string& said) -> task<> {
    (co_await trust::this_task::stop_token()).state()->request();
    co_await taker(from, 'x', said);
    co_await taker(from, 'y', said);
  }(b, order)};
  CHECK(t.ended());
  CHECK(order == "xY");
}

TEST_CASE("a waiter that is destroyed leaves the row, and who stood behind it is looked at") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)}, y{taker(b, 'y', order)};
  x.destroy();
  CHECK(b.left == 1);
  b.put();
  w.turn();
  CHECK(order == "y");
  CHECK(b.passed_on == 0);
}

TEST_CASE("a granted waiter that is destroyed before it went on passes on what it was handed") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)}, y{taker(b, 'y', order)};
  b.put();
  w.end();
  x.destroy();
  CHECK(b.passed_on == 1);
  CHECK(b.tokens == 0);
  w.turn();
  CHECK(order == "y");
}

TEST_CASE("who is handed something by the end of another and ends next does not stay in the ready queue") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)}, y{taker(b, 'y', order)}, z{taker(b, 'z', order)};
  b.put();
  z.stop();
  x.destroy();
  y.destroy();
  z.destroy();
  CHECK_FALSE(w.anything_ready());
  CHECK(b.passed_on == 2);
  CHECK(b.tokens == 1);
  hand_task next{taker(b, 'n', order)};
  CHECK(order == "n");
}

TEST_CASE("at the end of a worker what is waited for may end before those who wait, in whatever state they are") {
  hand_worker w;
  auto b = std::make_unique<box>();
  std::string order;
  hand_task spent{[](box& from, std::string& said) -> task<> {
    from.tokens = 1;
    trust::base::here->steps = 0;
    co_await taker(from, 's', said);  // has it, and gives way
  }(*b, order)};
  hand_task handed{taker(*b, 'h', order)}, waiting{taker(*b, 'w', order)}, failed{taker(*b, 'f', order)};
  b->put();
  failed.stop();
  w.end();
  b.reset();
  spent.destroy();
  handed.destroy();
  waiting.destroy();
  failed.destroy();
  CHECK_FALSE(w.anything_ready());
  CHECK(order.empty());
}

TEST_CASE("a failed waiter that is destroyed before it went on has nothing to pass on") {
  hand_worker w;
  box b;
  std::string order;
  hand_task x{taker(b, 'x', order)};
  x.stop();
  w.end();
  x.destroy();
  CHECK(b.passed_on == 0);
  CHECK(b.left == 1);
}

TEST_CASE("what is had at once takes a step, and gives way when none is left, with what it has") {
  hand_worker w;
  box b;
  b.tokens = 200;
  std::string order;
  const auto many = [](box& from) -> task<> {
    for (int i = 0; i < 100; ++i) co_await from.take();
  };
  hand_task x{many(b)};
  CHECK_FALSE(x.ended());
  CHECK(b.tokens == 200 - static_cast<int>(trust::base::steps_per_resumption) - 1);
  w.turn();
  CHECK(x.ended());
  CHECK(b.tokens == 100);

  hand_task y{many(b)};
  w.end();  // while it gives way
  y.destroy();
  CHECK(b.passed_on == 1);
  CHECK(b.tokens == 100 - static_cast<int>(trust::base::steps_per_resumption));
}

TEST_CASE("as a result it costs no throw") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  support::run(rt, []() -> task<> {
    box b;
    b.tokens = 1;
    const trust::result<int> had = co_await trust::as_result(b.take());
    CHECK(had.value() == 7);
    const trust::result<int> late = co_await trust::as_result(trust::with_timeout(b.take(), std::chrono::hours{1}));
    CHECK(late.error() == errc::timed_out);
    (co_await trust::this_task::stop_token()).state()->request();
    const trust::result<int> none = co_await trust::as_result(b.take());
    CHECK(none.error() == errc::cancelled);
    b.put();
    const trust::result<int> after = co_await trust::as_result(b.take());
    CHECK(after.has_value());
  });
}

}  // namespace
