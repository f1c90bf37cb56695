// SPDX-License-Identifier: MIT
// Unit tests of with_timeout and with_deadline, on the simulation's clock: what they await ends in exactly one way.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

TEST_CASE("with_timeout gives the value of what ends in time, and errc::timed_out for what does not") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    const auto begin = trust::now();
    auto quick = []() -> task<int> {
      co_await trust::sleep_for(1ms);
      co_return 7;
    };
    CHECK(co_await trust::with_timeout(quick(), 5ms) == 7);
    CHECK(trust::now() - begin == 1ms);

    auto slow = trust::with_timeout(trust::sleep_for(100h), 5ms);
    const auto r = co_await trust::as_result(slow);
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error() == errc::timed_out);
    CHECK(trust::now() - begin == 6ms);
    co_await trust::sleep_for(1h);  // the timer of the first is gone: nothing else happens
  });
}

TEST_CASE("a task that is timed out is waited for, and its own error is not taken for the timeout") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    bool tidied = false;
    auto tidy = [&]() -> task<> {
      auto r = co_await trust::as_result(trust::sleep_for(100h));
      CHECK(r.error() == errc::cancelled);
      for (int i = 0; i < 3; ++i) co_await trust::yield();
      tidied = true;
      r.value();
    };
    const auto late = co_await trust::as_result(trust::with_timeout(tidy(), 1ms));
    CHECK(late.error() == errc::timed_out);
    CHECK(tidied);

    auto fails = []() -> task<> {
      static_cast<void>(co_await trust::as_result(trust::sleep_for(100h)));
      throw std::out_of_range{"while it was being stopped"};
    };
    const auto failed = co_await trust::as_result(trust::with_timeout(fails(), 1ms));
    CHECK(failed.error().what() == "while it was being stopped");

    auto completes = []() -> task<int> {
      static_cast<void>(co_await trust::as_result(trust::sleep_for(100h)));
      co_return 3;
    };
    CHECK(co_await trust::with_timeout(completes(), 1ms) == 3);
  });
}

TEST_CASE("a deadline in the past begins nothing") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    bool begun = false;
    auto work = [&]() -> task<> {
      begun = true;
      co_return;
    };
    const auto r = co_await trust::as_result(trust::with_deadline(work(), trust::now()));
    CHECK(r.error() == errc::timed_out);
    const auto s = co_await trust::as_result(trust::with_deadline(work(), trust::now() - 1h));
    CHECK(s.error() == errc::timed_out);
    CHECK_FALSE(begun);
  });
}

TEST_CASE("of two timeouts the outer one may come first, and each says what is its own") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    auto inner = []() -> task<int> {
      const auto r = co_await trust::as_result(trust::with_timeout(trust::sleep_for(100h), 10ms));
      CHECK(r.error() == errc::cancelled);  // it was not this timeout
      r.value();
      co_return 0;
    };
    const auto r = co_await trust::as_result(trust::with_timeout(inner(), 5ms));
    CHECK(r.error() == errc::timed_out);

    auto other = []() -> task<int> {
      const auto mine = co_await trust::as_result(trust::with_timeout(trust::sleep_for(100h), 5ms));
      CHECK(mine.error() == errc::timed_out);
      co_return 1;
    };
    CHECK(co_await trust::with_timeout(other(), 10ms) == 1);
  });
}

TEST_CASE("a call that is with its trustee is waited for, a late value is a value") {
  support::on_each_runtime([](trust::runtime& rt) {
    support::ledger book;
    {
      auto r = rt.entrust(trust::on(1), 1);
      support::run(rt, [&]() -> task<> {
        auto call = r.apply([bag = support::luggage<>{book}](int& n) { return n + 1; });
        const int n = co_await trust::with_timeout(call, 1h);
        CHECK(n == 2);
      });
    }
    CHECK(book.born == book.died);
  });
}

TEST_CASE("a task that is asked to stop within a timeout says cancelled") {
  trust::runtime rt{trust::simulated{}};
  auto h = rt.spawn([]() -> task<int> {
    const auto r = co_await trust::as_result(trust::with_timeout(trust::sleep_for(1h), 2h));
    co_return r.error() == errc::cancelled ? 1 : 0;
  });
  rt.request_stop();
  CHECK(h.get() == 1);
}

TEST_CASE("timer and deadline at the same moment: exactly one of the two, every time") {
  trust::runtime rt{trust::simulated{}};
  const unsigned rounds = tests::effort(10'000, 100'000);
  support::run(rt, [&]() -> task<> {
    unsigned values = 0;
    unsigned timeouts = 0;
    for (unsigned i = 0; i < rounds; ++i) {
      const auto at = trust::now() + std::chrono::nanoseconds{i % 3};
      const auto r =
          co_await trust::as_result(trust::with_deadline(trust::sleep_until(at + 1ns), at + 2ns - 1ns * (i % 2)));
      if (r.has_value()) {
        ++values;
      } else {
        CHECK(r.error() == errc::timed_out);
        ++timeouts;
      }
    }
    CHECK(values + timeouts == rounds);
    CHECK(values > 0);
  });
}

}  // namespace
