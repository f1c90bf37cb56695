// SPDX-License-Identifier: MIT
// Unit tests of sync/mutex: first in, first out; releasing never runs anybody; waiters that go or are told to stop.

#include <trust/sync/mutex.hpp>

#include <support/runtimes.hpp>

#include <memory>
#include <optional>
#include <string>

namespace {

using trust::errc;
using trust::task;
using trust::sync::mutex;
using namespace std::chrono_literals;

struct owner;
struct guard {
  explicit guard(owner& o) noexcept : of{&o} {}
  owner* of;
};
struct owner {
  mutex m = {};
  [[nodiscard]] auto lock() noexcept { return trust::sync::awaitable{trust::sync::locking<guard, owner>{m, *this}}; }
};

TEST_CASE("a free mutex is had at once, a held one is not") {
  mutex m;
  CHECK_FALSE(m.held());
  CHECK(m.try_lock());
  CHECK(m.held());
  CHECK_FALSE(m.try_lock());
  m.unlock();
  CHECK_FALSE(m.held());
  CHECK(m.try_lock());
  m.unlock();
}

TEST_CASE("waiters get it in the order in which they came, and from the ready queue") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  std::string order;
  support::run(rt, [&]() -> task<> {
    owner o;
    trust::scope s;
    CHECK(o.m.try_lock());
    for (const char c : {'a', 'b', 'c', 'd'}) {
      co_await s.spawn([&o, &order, c]() -> task<> {
        co_await o.lock();
        order += c;
        co_await trust::yield();
        order += c;
        o.m.unlock();
      });
    }
    co_await trust::yield();
    order += '(';
    o.m.unlock();
    order += ')';  // nobody ran inside the release
    CHECK(o.m.held());
    co_await s.join();
    CHECK_FALSE(o.m.held());
  });
  CHECK(order == "()aabbccdd");
}

TEST_CASE("a waiter that goes leaves the row, and those behind it move up") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  support::run(rt, []() -> task<> {
    mutex m;
    mutex::waiter a, c;
    auto b = std::make_unique<mutex::waiter>();
    CHECK(m.try_lock());
    m.row().enter(a);
    m.row().enter(*b);
    m.row().enter(c);
    b.reset();
    int turns = 0;
    static int* counting;
    counting = &turns;
    const auto turn = [](trust::coro::resumable&) noexcept -> std::coroutine_handle<> {
      ++*counting;
      return {};
    };
    a.calls(turn);
    c.calls(turn);
    m.unlock();
    co_await trust::yield();
    CHECK(turns == 1);
    CHECK(m.held());
    m.unlock();
    co_await trust::yield();
    CHECK(turns == 2);
    m.unlock();
    CHECK_FALSE(m.held());
  });
}

TEST_CASE("a stop request ends the waiting with cancelled, and the row goes on without it") {
  support::on_each_runtime([](trust::runtime& rt) {
    auto h = rt.spawn(trust::on(1), []() -> task<std::string> {
      owner o;
      std::string seen;
      trust::scope s;
      CHECK(o.m.try_lock());
      co_await s.spawn([&]() -> task<> {
        try {
          co_await o.lock();
          seen += "locked";
        } catch (const trust::error& e) {
          if (e.code() == errc::cancelled) seen += "cancelled";
        }
      });
      try {
        co_await trust::sleep_for(100h);
      } catch (const trust::error&) {}
      co_await s.join();
      o.m.unlock();
      CHECK_FALSE(o.m.held());
      co_return seen;
    });
    rt.request_stop();
    CHECK(h.get() == "cancelled");
  });
}

}  // namespace
