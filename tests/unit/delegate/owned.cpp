// SPDX-License-Identifier: MIT
// Unit tests of owned: who awaits it leaves at the deadline for certain, and what comes later harms nothing.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using support::on_each_runtime;
using trust::errc;
using trust::task;

TEST_CASE("owned gives what the op gives") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), std::string{"there"});
    support::run(rt, [&]() -> task<> {
      const std::string s = co_await trust::owned(r.apply([](std::string& x) { return x; }));
      CHECK(s == "there");
      const auto t = co_await trust::with_timeout(trust::owned(r.launch([](std::string& x) -> task<std::string> {
                                                    co_await trust::yield();
                                                    co_return x + "!";
                                                  })),
                                                  1h);
      CHECK(t == "there!");
      const auto failed = co_await trust::as_result(
          trust::owned(r.apply([](std::string&) -> int { throw std::runtime_error{"thrown"}; })));
      CHECK(failed.error().what() == "thrown");
    });
  });
}

TEST_CASE("a trustee that stands still holds nobody up who awaits an owned call; late results are dropped") {
  trust::options o;
  o.workers = 2;
  support::reports said;
  support::ledger book;
  {
    trust::runtime rt{said.into(o)};
    auto r = rt.entrust(trust::on(1), 0);
    auto stands = std::make_shared<std::atomic<bool>>(false);
    auto let_go = std::make_shared<std::atomic<bool>>(false);
    auto body = [&]() -> task<> {
      trust::scope s;
      auto holder = [&]() -> task<> {
        auto still = r.apply([stands, let_go](int&) {
          *stands = true;
          while (!*let_go) std::this_thread::sleep_for(100us);
        });
        co_await still;
      };
      co_await s.spawn(holder);
      while (!*stands) co_await trust::sleep_for(100us);
      for (int i = 0; i < 100; ++i) {
        auto call = trust::owned(r.apply([bag = support::luggage<>{book}](int& n) -> std::string {
          ++n;
          throw std::runtime_error{"nobody hears"};
        }));
        const auto late = co_await trust::as_result(trust::with_timeout(call, 100us));
        CHECK_FALSE(late.has_value());
        if (!late.has_value()) CHECK(late.error() == errc::timed_out);
        CHECK_FALSE(*let_go);
      }
      *let_go = true;
      co_await s.join();
      const int n = co_await r.apply([](int& x) { return x; });
      CHECK(n == 0);  // refused, all of them
    };
    rt.spawn(trust::on(0), trust::unchecked(body)).get();
  }
  CHECK(book.alive == 0);
  CHECK(said.errors().empty());
}

TEST_CASE("an exception of a call that its task has left goes to on_error") {
  support::reports said;
  trust::options o;
  o.workers = 2;
  {
    trust::runtime rt{said.into(o)};
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      int tries = 0;
      while (said.errors().empty() && ++tries < 100) {
        auto again = r.launch([](int&) -> task<> {
          static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));
          throw std::runtime_error{"while it was left"};
        });
        const auto late = co_await trust::as_result(trust::with_timeout(trust::owned(std::move(again)), 2ms));
        CHECK(late.error() == errc::timed_out);
        co_await trust::sleep_for(1ms);
      }
    });
  }
  REQUIRE_FALSE(said.errors().empty());
  CHECK(said.errors().front() == "while it was left");
}

TEST_CASE("the end of an owned call against the deadline: exactly one of the two, every time") {
  trust::runtime rt{trust::simulated{}};
  const unsigned rounds = tests::effort(10'000, 100'000);
  support::ledger book;
  auto r = rt.entrust(trust::on(1), 0u);
  support::run(rt, [&]() -> task<> {
    unsigned values = 0;
    unsigned timeouts = 0;
    for (unsigned i = 0; i < rounds; ++i) {
      const auto at = trust::now() + 5ns;
      auto call = trust::owned(r.launch([bag = support::luggage<>{book}, at](unsigned& n) -> task<> {
        co_await trust::sleep_until(at);
        ++n;
      }));
      const auto ended =
          co_await trust::as_result(trust::with_deadline(call, at + std::chrono::nanoseconds{i % 3} - 1ns));
      if (ended.has_value()) {
        ++values;
      } else {
        CHECK(ended.error() == errc::timed_out);
        ++timeouts;
      }
    }
    CHECK(values + timeouts == rounds);
    CHECK(values > 0);
    CHECK(timeouts > 0);
    const unsigned n = co_await r.apply([](unsigned& x) { return x; });
    CHECK(n >= values);
  });
  CHECK(book.alive == 0);
}

}  // namespace
