// SPDX-License-Identifier: MIT
// shutdown: a runtime ends in the middle of everything that it can be doing, at every step, and nothing is lost, left or done twice.
//
// First as a simulation that is stepped k passes and then destroyed, for every k: the same failure comes again with the same k. Then with
// threads, destroyed after a random pause, handles of it still held outside. Model of the end's rounds: tests/model/shutdown.cpp
#include "scenario.hpp"
#include "support/effort.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <thread>

namespace {

using namespace tests;

void check_nothing_is_left(const tally& t) {
  CHECK(all.alive.load() == 0);
  CHECK(all.twice.load() == 0);
  CHECK(all.strayed.load() == 0);
  CHECK(t.surprises.load() == 0);
  CHECK(t.accepted.load() == t.called.load());
  all.reset();
}

void step_and_end(const trust::simulated& how, std::uint64_t seed, unsigned passes, bool keep_handles) {
  tally counts;
  {
    std::optional<crowd> people;
    {
      trust::runtime rt{how};
      people.emplace(rt, seed, counts, 4, 12);
      if (!keep_handles) people->seen.reset();
      for (unsigned i = 0; i < passes && rt.core().simulate_once(); ++i) {}
    }
    if (keep_handles) CHECK_THROWS_AS(people->seen->boxes.front().apply(add, 1u).get(), trust::error);
  }
  check_nothing_is_left(counts);
}

}  // namespace

TEST_CASE("a simulated runtime ends after every number of passes, and nothing is left") {
  const std::uint64_t seed = seed_of_this_run("shutdown, passes");
  const unsigned most = effort(400, 2000);
  for (unsigned k = 0; k < most; ++k) {
    const unsigned scale = sanitized ? 10 : 1;  // every tenth under a sanitizer
    CAPTURE(seed);
    CAPTURE(k * scale);
    step_and_end({.seed = 0, .workers = 2}, seed, k * scale, k % 2 == 0);
    step_and_end({.seed = seed + k + 1, .workers = 3, .lane_capacity = 2, .shortcut = false}, seed + k, k * scale,
                 k % 2 == 1);
  }
}

TEST_CASE("a runtime with threads ends at a random time, and nothing is left") {
  const std::uint64_t seed = seed_of_this_run("shutdown, threads");
  dice draw{seed};
  const unsigned rounds = effort(300, 1000);
  std::int64_t results = 0;
  std::int64_t refusals = 0;
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(seed);
    CAPTURE(k);
    tally counts;
    {
      std::optional<crowd> people;
      {
        trust::options o;
        o.workers = 1 + draw.below(4);
        o.pin = trust::pinning::none;
        o.spin = draw.one_in(2) ? trust::spinning::adaptive : trust::spinning::park_at_once;
        o.lane_capacity = draw.one_in(2) ? 2 : 64;
        o.grace = draw.one_in(2) ? 0ms : 20ms;
        o.stall_report = draw.one_in(4) ? 50ms : 0ms;
        o.log = [](trust::severity, std::string_view) {};
        if (draw.one_in(3)) o.shuffle = draw() | 1;
        o.shortcut = !draw.one_in(3);
        trust::runtime rt{o};
        people.emplace(rt, draw(), counts, 8, 30);
        if (draw.one_in(2)) people->seen.reset();
        std::this_thread::sleep_for(std::chrono::microseconds{draw.below(draw.one_in(4) ? 5000 : 800)});
        if (draw.one_in(3)) rt.request_stop();
        if (draw.one_in(3)) std::this_thread::sleep_for(std::chrono::microseconds{draw.below(500)});
      }
      if (people->seen) CHECK_THROWS_AS(people->seen->boxes.front().apply(add, 1u).get(), trust::error);
    }
    results += counts.results.load();
    refusals += counts.refusals.load();
    check_nothing_is_left(counts);
  }
  std::printf("%lld calls gave a value, %lld were refused\n", static_cast<long long>(results),
              static_cast<long long>(refusals));
  CHECK(results > 0);
}
