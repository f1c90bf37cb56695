// SPDX-License-Identifier: MIT
// Stress of timers: a million sleepers, half of them cancelled: these end with errc::cancelled, the others at their time and not before, each in
// exactly one way, and no frame is left. In simulated time, so that an hour of sleeps takes no hour.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/seed.hpp>
#include <support/tracked.hpp>

#include <vector>

namespace tests {
namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

struct count {
  unsigned slept = 0;
  unsigned cancelled = 0;
  unsigned early = 0;
  support::ledger book;
};

task<> sleeper(count* c, trust::time_point until) {
  const support::luggage<> mine{c->book};
  const auto r = co_await trust::as_result(trust::sleep_until(until));
  c->slept += r.has_value();
  c->cancelled += !r.has_value() && r.error().code() == errc::cancelled;
  c->early += r.has_value() && trust::now() < until;
}

TEST_CASE("of a crowd of timers the cancelled half ends cancelled, the other at its time") {
  const std::uint64_t seed = seed_of_this_run("timers");
  dice draw{seed};
  const unsigned at_once = effort(40'000, 100'000);  // a million in all at full length
  constexpr unsigned rounds = 10;
  count all;
  for (unsigned round = 0; round < rounds; ++round) {
    trust::runtime rt{trust::simulated{.workers = 1}};
    support::run(rt, [&]() -> task<> {
      std::vector<trust::task_handle<void>> sleepers;
      sleepers.reserve(at_once);
      for (unsigned i = 0; i < at_once; ++i) {
        const auto until = trust::now() + 1s + std::chrono::microseconds{draw.below(3'600'000'000)};
        sleepers.push_back(trust::this_runtime().spawn(trust::unchecked(sleeper), trust::unchecked(&all), until));
      }
      co_await trust::sleep_for(1ms);
      for (unsigned i = 0; i < at_once; i += 2) sleepers[i].request_stop();
      for (auto& s : sleepers) co_await s;
    });
  }
  CHECK(all.cancelled == at_once * rounds / 2);
  CHECK(all.slept == at_once * rounds / 2);
  CHECK(all.early == 0);
  CHECK(all.book.alive == 0);
}

}  // namespace
}  // namespace tests
