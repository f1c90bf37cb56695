// SPDX-License-Identifier: MIT
// Unit tests of spawned tasks that are asked to stop, and of waiting for tasks, messages and ends of objects that is given up.

#include <support/effort.hpp>
#include <support/runtimes.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace {

using namespace std::chrono_literals;
using support::on_each_runtime;
using trust::errc;
using trust::task;

task<int> sleeps() {
  const auto slept = co_await trust::as_result(trust::sleep_for(1h));
  co_return slept.has_value() ? 0 : slept.error().code().value();
}

TEST_CASE("a spawned task is asked to stop by its handle, from any thread, twice, too early and too late") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
      auto h = rt.spawn(trust::on(at), sleeps);
      h.request_stop();
      h.request_stop();
      CHECK(h.get() == static_cast<int>(errc::cancelled));
      support::run(rt, [&]() -> task<> {
        auto mine = rt.spawn(trust::on(at), sleeps);
        co_await trust::yield();
        mine.request_stop();
        const int code = co_await mine;
        CHECK(code == static_cast<int>(errc::cancelled));
        auto quick = rt.spawn(trust::on(at), []() -> task<int> { co_return 3; });
        while (!quick.done()) co_await trust::sleep_for(100us);
        quick.request_stop();
        const int three = co_await quick;
        CHECK(three == 3);
      });
    }
    std::vector<std::thread> askers;
    auto h = rt.spawn(trust::on(1), sleeps);
    for (int i = 0; i < 4; ++i) askers.emplace_back([&] { h.request_stop(); });
    for (auto& t : askers) t.join();
    CHECK(h.get() == static_cast<int>(errc::cancelled));
  });
}

TEST_CASE("who waits for a task can leave; the task goes on and can be waited for again") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, [&]() -> task<> {
      const auto free = std::make_shared<std::atomic<bool>>(false);
      auto h = rt.spawn(
          trust::on(1),
          [](std::shared_ptr<std::atomic<bool>> let_go) -> task<int> {
            while (!*let_go) co_await trust::sleep_for(100us);
            co_return 5;
          },
          free);
      for (int i = 0; i < 3; ++i) {
        const auto late = co_await trust::as_result(trust::with_timeout(h, 1ms));
        CHECK_FALSE(late.has_value());
        if (!late.has_value()) CHECK(late.error() == errc::timed_out);
      }
      *free = true;
      const int five = co_await h;
      CHECK(five == 5);
    });
  });
}

TEST_CASE("the end of a task against the deadline of who waits for it: exactly one of the two, every time") {
  trust::runtime rt{trust::simulated{}};
  const unsigned rounds = tests::effort(10'000, 100'000);
  support::run(rt, [&]() -> task<> {
    unsigned values = 0;
    unsigned timeouts = 0;
    for (unsigned i = 0; i < rounds; ++i) {
      const auto at = trust::now() + 5ns;
      auto h = rt.spawn(
          trust::on(i % 2),
          [](trust::time_point due) -> task<int> {
            co_await trust::sleep_until(due);
            co_return 1;
          },
          at);
      const auto r = co_await trust::as_result(trust::with_deadline(h, at + std::chrono::nanoseconds{i % 3} - 1ns));
      if (r.has_value()) {
        ++values;
        continue;
      }
      CHECK(r.error() == errc::timed_out);
      ++timeouts;
      const int one = co_await h;
      CHECK(one == 1);
    }
    CHECK(values + timeouts == rounds);
    CHECK(values > 0);
    CHECK(timeouts > 0);
  });
}

TEST_CASE("who waits for a message to leave, or for the end of an object, can give that up") {
  trust::options o;
  o.workers = 2;
  o.lane_capacity = 4;
  trust::runtime rt{o};
  auto r = rt.entrust(trust::on(1), 0);
  const auto stands = std::make_shared<std::atomic<bool>>(false);
  const auto let_go = std::make_shared<std::atomic<bool>>(false);
  auto body = [&]() -> task<> {
    r.post([stands, let_go](int&) {
      *stands = true;
      while (!*let_go) std::this_thread::sleep_for(100us);
    });
    while (!*stands) co_await trust::sleep_for(100us);
    for (int i = 0; i < 8; ++i) r.post([](int& n) { ++n; });
    const auto last = r.post([](int& n) { n *= 10; });
    const auto late = co_await trust::as_result(trust::with_timeout(last, 1ms));
    CHECK_FALSE(late.has_value());
    CHECK_FALSE(last.left());

    auto gone = rt.entrust(trust::on(1), 1);
    const auto closing = co_await trust::as_result(trust::with_timeout(std::move(gone).close(), 1ms));
    CHECK_FALSE(closing.has_value());
    if (!closing.has_value()) CHECK(closing.error() == errc::timed_out);
    *let_go = true;
    co_await last;
    const int n = co_await r.apply([](int& x) { return x; });
    CHECK(n == 80);
  };
  rt.spawn(trust::on(0), trust::unchecked(body)).get();
}

}  // namespace
