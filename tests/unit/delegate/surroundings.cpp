// SPDX-License-Identifier: MIT
// Unit tests of what is awaited in surroundings of its own: with_timeout of ops that nobody awaits, with_stop, shielded, context.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <stop_token>
#include <thread>

namespace {

using namespace std::chrono_literals;
using support::on_each_runtime;
using trust::errc;
using trust::task;

TEST_CASE("a call with a deadline can be got, started and joined; what its trustee begins too late is refused") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 1);
    CHECK(trust::with_timeout(r.apply([](int& n) { return ++n; }), 1h).get() == 2);
    const auto slept = support::code_of(
        [&] { trust::with_timeout(r.launch([](int&) -> task<> { co_await trust::sleep_for(1h); }), 2ms).get(); });
    CHECK(slept == errc::cancelled);
    const auto past =
        support::code_of([&] { trust::with_deadline(r.apply([](int& n) { return ++n; }), trust::time_point{}).get(); });
    CHECK(past == errc::timed_out);
    support::run(rt, [&]() -> task<> {
      auto waits = r.launch([](int&) -> task<int> {
        co_await trust::sleep_for(1h);
        co_return 0;
      });
      auto quick = r.apply([](int& n) { return n; });
      auto both = trust::when_all(trust::as_result(trust::with_timeout(waits, 1ms)), trust::with_timeout(quick, 1h));
      const auto [late, value] = co_await both;
      CHECK_FALSE(late.has_value());
      if (!late.has_value()) CHECK(late.error() == errc::timed_out);
      CHECK(value == 2);
    });
  });
}

TEST_CASE("a std::stop_token that is asked from another thread stops what heeds it") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    const bool simulated = rt.describe().find("simulated") != std::string::npos;  // runs while somebody waits
    for (int round = 0; round < 10; ++round) {
      std::stop_source source;
      auto began = std::make_shared<std::atomic<bool>>(false);
      auto h = rt.spawn(
          trust::on(0),
          [](trust::remote<int> there, std::stop_token token, std::shared_ptr<std::atomic<bool>> shown) -> task<int> {
            auto call = there.launch(
                [](int&, std::shared_ptr<std::atomic<bool>> sign) -> task<> {
                  *sign = true;
                  co_await trust::sleep_for(1h);
                },
                shown);
            const auto ended = co_await trust::as_result(trust::with_stop(token, call));
            co_return ended.has_value() ? 0 : ended.error().code().value();
          },
          r, source.get_token(), began);
      std::thread asker{[&] {
        if (round % 2 == 0 && !simulated) {
          while (!*began) std::this_thread::yield();
        }
        source.request_stop();
        source.request_stop();
      }};
      if (simulated) {
        asker.join();
        CHECK(h.get() == static_cast<int>(errc::cancelled));
      } else {
        CHECK(h.get() == static_cast<int>(errc::cancelled));
        asker.join();
      }
    }
  });
}

TEST_CASE("a token that is never asked leaves nothing behind, one that was asked before stops at once") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 1);
    support::run(rt, [&]() -> task<> {
      std::stop_source source;
      const int n = co_await trust::with_stop(source.get_token(), r.apply([](int& x) { return x; }));
      CHECK(n == 1);
      const int m = co_await trust::with_stop(std::stop_token{}, r.apply([](int& x) { return x; }));
      CHECK(m == 1);
      source.request_stop();
      const auto ended = co_await trust::as_result(trust::with_stop(source.get_token(), trust::sleep_for(1h)));
      CHECK(ended.error() == errc::cancelled);
    });
    std::stop_source asked;
    asked.request_stop();
    CHECK(support::code_of([&] { trust::with_stop(asked.get_token(), r.apply([](int& x) { return ++x; })).get(); }) ==
          errc::cancelled);
    CHECK(r.apply([](int& x) { return x; }).get() == 1);
  });
}

TEST_CASE("what is shielded hears nothing of timeouts and requests around it") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      auto body = [&]() -> task<> {
        const auto slept = co_await trust::as_result(trust::sleep_for(1h));
        CHECK(slept.error() == errc::cancelled);
        co_await trust::shielded(trust::sleep_for(1ms));
        co_await trust::shielded(r.apply([](int& n) { ++n; }));
        auto launched = r.launch([](int& n) -> task<> {
          co_await trust::sleep_for(1ms);
          ++n;
        });
        co_await trust::shielded(launched);
        const auto inner = co_await trust::as_result(trust::shielded(trust::with_timeout(trust::sleep_for(1h), 1ms)));
        CHECK(inner.error() == errc::timed_out);
        slept.value();
      };
      const auto late = co_await trust::as_result(trust::with_timeout(body(), 1ms));
      CHECK(late.error() == errc::timed_out);
      const int n = co_await r.apply([](int& x) { return x; });
      CHECK(n == 2);
    });
  });
}

TEST_CASE("a context goes along with children and with launched tasks, and no further") {
  on_each_runtime([](trust::runtime& rt) {
    using id = trust::context<std::uint32_t>;
    auto r = rt.entrust(trust::on(1), 0);
    auto elsewhere = rt.entrust(trust::on(0), 0);
    support::run(rt, [&]() -> task<> {
      CHECK(co_await id::get() == 0);
      auto body = [&]() -> task<std::uint32_t> {
        CHECK(co_await id::get() == 7);
        trust::scope s;
        co_await s.spawn([]() -> task<> { CHECK(co_await id::get() == 7); });
        co_await s.join();
        auto two_hops = r.launch(
            [](int&, trust::remote<int> other) -> task<std::uint32_t> {
              CHECK(co_await id::get() == 7);
              auto further = other.launch([](int&) -> task<std::uint32_t> { co_return co_await id::get(); });
              co_return co_await further + co_await id::get();
            },
            elsewhere);
        co_return co_await two_hops;
      };
      CHECK(co_await id::with(7, body()) == 14);
      CHECK(co_await id::get() == 0);
      auto other = r.launch([](int&) -> task<std::uint32_t> { co_return co_await id::get(); });
      CHECK(co_await other == 0);
    });
    auto got = id::with(9, r.launch([](int&) -> task<std::uint32_t> { co_return co_await id::get(); }));
    CHECK(got.get() == 9);
  });
}

}  // namespace
