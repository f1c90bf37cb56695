// SPDX-License-Identifier: MIT
// Stress of the simulation: a crowd that does everything at once (scenario.hpp), with drawn seeds and options, each run twice. Both runs must be
// one and the same, event for event, everything must have been done as a runtime with threads would do it, and nothing may be left.

#include "scenario.hpp"
#include "support/effort.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string_view>

namespace tests {
namespace {

/// What can be seen of a run from outside.
struct outcome {
  std::uint64_t hash = 0;
  std::int64_t accepted = 0;
  std::int64_t called = 0;
  std::int64_t results = 0;
  std::int64_t refusals = 0;
  bool operator==(const outcome&) const = default;
};

trust::simulated drawn(dice& draw) {
  trust::simulated s{.seed = draw() | 1, .workers = 1 + draw.below(4)};
  if (draw.one_in(3)) s.lane_capacity = std::size_t{2} << draw.below(6);
  s.shortcut = !draw.one_in(3);
  if (draw.one_in(3)) s.delay = std::chrono::microseconds{draw.below(2000)};
  if (draw.one_in(3)) s.slow = std::chrono::microseconds{draw.below(5000)};
  if (draw.one_in(2)) s.stop_within = std::chrono::microseconds{1 + draw.below(5000)};
  s.log = [](trust::severity, std::string_view) {};  // of attending tasks that the end refuses
  if (draw.one_in(4)) s.grace = std::chrono::microseconds{draw.below(1000)};
  return s;
}

outcome played(const trust::simulated& how, std::uint64_t seed) {
  tally t;
  outcome seen;
  {
    trust::runtime rt{how};
    crowd people{rt, seed, t, 4, 15};
    people.seen.reset();
    while (rt.core().simulate_once()) {}
    CHECK(rt.stop());
    seen.hash = rt.trace_hash();
  }
  CHECK(all.alive.load() == 0);
  CHECK(all.strayed.load() == 0);
  CHECK(t.surprises.load() == 0);
  CHECK(t.accepted.load() == t.called.load());
  if (how.stop_within.count() == 0) CHECK(t.results.load() > 0);
  all.reset();
  seen.accepted = t.accepted.load();
  seen.called = t.called.load();
  seen.results = t.results.load();
  seen.refusals = t.refusals.load();
  return seen;
}

TEST_CASE("a crowd in a simulation does the same in two runs of one seed, whatever its options are") {
  const std::uint64_t seed = seed_of_this_run("simulation, crowds");
  dice draw{seed};
  std::set<std::uint64_t> runs;
  const unsigned rounds = effort(400, 20'000);
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(seed);
    CAPTURE(k);
    const trust::simulated how = drawn(draw);
    CAPTURE(how.seed);
    const std::uint64_t people = draw();
    const outcome once = played(how, people);
    CHECK(once == played(how, people));
    runs.insert(once.hash);
  }
  CHECK(runs.size() == rounds);
}

}  // namespace
}  // namespace tests
