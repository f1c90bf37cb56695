// SPDX-License-Identifier: MIT
// Unit tests of explore: what counts as a failure, which seed is reported, what is said about it, and that it replays.

#include <support/runtimes.hpp>

#include <optional>
#include <set>
#include <stdexcept>
#include <string>

namespace {

using support::says;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

/// Two workers add to one text; throws where the second one was first, which some seeds make happen.
void race(trust::runtime& rt) {
  auto r = rt.entrust(trust::on(0), trust::named("text"), std::string{});
  const auto add = [](trust::remote<std::string> text, char c) -> task<> {
    co_await text.apply([](std::string& t, char x) { t += x; }, c);
  };
  auto one = rt.spawn(trust::on(1), add, r, 'a');
  auto two = rt.spawn(trust::on(2), add, r, 'b');
  one.get();
  two.get();
  if (r.apply([](std::string& t) { return t; }).get() != "ab") throw std::runtime_error{"b was first"};
}

TEST_CASE("explore stops at the first seed that fails, says why, and gives the last events up to there") {
  const auto bad = trust::explore({.seeds = 200, .how = {.workers = 3}}, race);
  REQUIRE(bad);
  CHECK(bad.seed() >= 1);
  CHECK(bad.seed() <= 200);
  CHECK(bad.why() == "b was first");
  CHECK(bad.replays());
  CHECK(bad.events().size() > 5);
  CHECK(bad.events().size() <= 20);
  CHECK(says(bad.what(), ("seed " + std::to_string(bad.seed()) + ": b was first").c_str()));
  CHECK(says(bad.what(), bad.events().back().c_str()));
  CHECK_FALSE(says(bad.what(), "second run of this seed"));
  for (const std::string& event : bad.events()) CHECK(event.find("end of the runtime") == std::string::npos);

  // The seeds before it do not fail; it fails again, the same way, as often as it is run.
  CHECK_FALSE(trust::explore({.seeds = bad.seed() - 1, .how = {.workers = 3}}, race));
  for (int i = 0; i < 3; ++i) {
    const auto again = trust::explore({.first_seed = bad.seed(), .seeds = 1, .how = {.workers = 3}, .events = 5}, race);
    REQUIRE(again);
    CHECK(again.trace_hash() == bad.trace_hash());
    CHECK(again.events().size() == 5);
    CHECK(again.events().back() == bad.events().back());
  }
}

TEST_CASE("explore finds nothing where nothing fails, and runs each seed once") {
  std::set<std::uint64_t> hashes;
  int runs = 0;
  const auto bad = trust::explore({.first_seed = 10, .seeds = 30}, [&](trust::runtime& rt) {
    ++runs;
    rt.block_on([]() -> task<> { co_await trust::yield(); });
    hashes.insert(rt.trace_hash());
    return true;
  });
  CHECK_FALSE(bad);
  CHECK(bad.what() == "no seed failed");
  CHECK(runs == 30);
  CHECK(hashes.size() == 30);
  CHECK_FALSE(trust::explore({.seeds = 0}, [](trust::runtime&) { return false; }));
}

TEST_CASE("explore takes false, any exception and what can never happen for a failure") {
  CHECK(trust::explore({}, [](trust::runtime&) { return false; }).why() == "the test returned false");
  CHECK(says(trust::explore({}, [](trust::runtime&) { throw 7; }).why(), "no std::exception"));
  const auto stuck = trust::explore({}, [](trust::runtime& rt) {
    rt.block_on([]() -> task<> {
      trust::latch<int> l;
      auto first = co_await l.lock();
      auto second = co_await l.lock();
    });
  });
  CHECK(says(stuck.why(), "explore.cpp:"));
  CHECK(stuck.replays());
  const auto restless = trust::explore({.seeds = 1, .how = {.most_passes = 1000}}, [](trust::runtime& rt) {
    rt.block_on([]() -> task<> {
      for (;;) co_await trust::yield();
    });
  });
  CHECK(restless);
  CHECK(restless.replays());
}

TEST_CASE("explore takes an error that reaches nobody for a failure, unless somebody takes it") {
  const auto throws = [](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    r.post([](int&) { throw std::runtime_error{"ouch"}; });
    r.flush().get();
  };
  const auto bad = trust::explore({}, throws);
  CHECK(says(bad.why(), "nobody waits for this error"));
  CHECK(says(bad.why(), "ouch"));
  CHECK(bad.replays());
  int heard = 0;
  trust::exploration taken{.seeds = 5};
  taken.how.on_error = [&](std::exception_ptr, std::string_view) { ++heard; };
  CHECK_FALSE(trust::explore(taken, throws));
  CHECK(heard == 5);
  // In the end of the runtime too: the attending task fails when the last handle has gone.
  const auto late = trust::explore({}, [](trust::runtime& rt) {
    static_cast<void>(rt.spawn([]() -> task<> {
      static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));
      throw std::runtime_error{"late"};
    }));
  });
  CHECK(says(late.why(), "late"));
}

TEST_CASE("explore lets a run that it has stopped end with errc::cancelled, and looks at the rest of it") {
  const auto sleeps = [](trust::runtime& rt) { rt.block_on([]() -> task<> { co_await trust::sleep_for(1h); }); };
  CHECK_FALSE(trust::explore({.seeds = 20, .how = {.stop_within = 1ms}}, sleeps));
  const auto forgets = [](trust::runtime& rt) {
    int balance = 0;
    try {
      rt.block_on([&]() -> task<> {
        for (int i = 0; i < 10; ++i) {
          ++balance;
          co_await trust::sleep_for(10us);
          --balance;  // not where the sleep was cancelled
        }
      });
    } catch (const trust::error& e) {
      if (e.code() != errc::cancelled) throw;
    }
    return balance == 0;
  };
  CHECK_FALSE(trust::explore({}, forgets));
  const auto bad = trust::explore({.how = {.stop_within = 1ms}}, forgets);
  CHECK(bad);
  CHECK(bad.replays());
}

TEST_CASE("explore says so where a seed does not replay") {
  int runs = 0;
  const auto once = trust::explore({}, [&](trust::runtime&) { return ++runs != 1; });
  CHECK(once);
  CHECK(once.seed() == 1);
  CHECK_FALSE(once.replays());
  CHECK(says(once.what(), "second run of this seed"));

  const auto other = trust::explore({}, [&](trust::runtime& rt) {
    rt.block_on([&]() -> task<> {
      for (int i = 0; i < runs; ++i) co_await trust::yield();
    });
    ++runs;
    return false;
  });
  CHECK(other.why() == "the test returned false");
  CHECK_FALSE(other.replays());
}

TEST_CASE("a handle that outlives an explored run reports into nothing") {
  std::optional<trust::task_handle<void>> kept;
  CHECK_FALSE(trust::explore({.seeds = 3}, [&](trust::runtime& rt) {
    kept.emplace(rt.spawn([]() -> task<> {
      co_await trust::yield();
      throw std::runtime_error{"nobody will know"};
    }));
    rt.block_on([&]() -> task<> {
      while (!kept->done()) co_await trust::yield();
    });
  }));
  kept.reset();
}

}  // namespace
