// SPDX-License-Identifier: MIT
// two_runtimes: two runtimes call each other's objects, and one of them ends before the other.
//
// What was under way when one ends comes back with a value or with errc::runtime_stopped; what the survivor calls afterwards is refused;
// nothing hangs and nothing is left. Both orders, with the crowd of scenario.hpp wandering over the objects of both.
#include "scenario.hpp"
#include "support/effort.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <thread>

namespace {

using namespace tests;

trust::options few_workers(dice& draw) {
  trust::options o;
  o.workers = 1 + draw.below(2);
  o.pin = trust::pinning::none;
  o.lane_capacity = draw.one_in(2) ? 2 : 64;
  o.spin = draw.one_in(2) ? trust::spinning::adaptive : trust::spinning::park_at_once;
  o.grace = draw.one_in(2) ? 0ms : 20ms;
  o.stall_report = 0ms;
  o.log = [](trust::severity, std::string_view) {};
  return o;
}

void populate(trust::runtime& rt, world& w) {
  for (std::size_t i = 0; i < rt.workers(); ++i) {
    w.boxes.push_back(rt.entrust(trust::on(i), box{}));
    w.latches.push_back(rt.emplace<trust::latch<box>>(trust::on(i)));
  }
}

trust::task<std::uint64_t> call_once(trust::remote<box> b) { co_return co_await b.apply(add, 1u); }

void one_ends_first(std::uint64_t seed, bool keep_handles) {
  dice draw{seed};
  tally counts;
  {
    std::optional<trust::runtime> first{std::in_place, few_workers(draw)};
    std::optional<trust::runtime> second{std::in_place, few_workers(draw)};
    const bool swapped = draw.one_in(2);  // the one that was made first ends first, or last
    auto& ends = swapped ? second : first;
    auto& survives = swapped ? first : second;
    trust::remote<box> theirs = ends->entrust(box{});
    trust::remote<box> ours = survives->entrust(box{});
    {
      auto w = std::make_shared<world>();
      w->counts = &counts;
      populate(*first, *w);
      populate(*second, *w);
      for (int i = 0; i < 4; ++i) {
        first->spawn(wander, shared_world{w}, draw(), 20u, 1u).detach();
        second->spawn(wander, shared_world{w}, draw(), 20u, 1u).detach();
      }
      if (keep_handles) std::this_thread::sleep_for(std::chrono::microseconds{draw.below(1000)});
    }
    std::this_thread::sleep_for(std::chrono::microseconds{draw.below(1000)});
    ends.reset();
    const auto code_of = [&](auto&& call) {
      try {
        call();
      } catch (const trust::error& e) {
        return e.code();
      }
      return std::error_code{};
    };
    CHECK(code_of([&] { survives->block_on(call_once, theirs); }) == trust::errc::runtime_stopped);
    CHECK(code_of([&] { theirs.apply(add, 1u).get(); }) == trust::errc::runtime_stopped);
    CHECK(code_of([&] { survives->block_on(call_once, ours); }) == std::error_code{});
    if (draw.one_in(2)) theirs.reset();
    survives.reset();
  }
  CHECK(all.alive.load() == 0);
  CHECK(all.twice.load() == 0);
  CHECK(all.strayed.load() == 0);
  CHECK(counts.surprises.load() == 0);
  CHECK(counts.accepted.load() == counts.called.load());
  all.reset();
}

}  // namespace

TEST_CASE("two runtimes call each other, one ends first, the other goes on") {
  const std::uint64_t seed = seed_of_this_run("two_runtimes");
  dice draw{seed};
  const unsigned rounds = effort(200, 2000);
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(seed);
    CAPTURE(k);
    one_ends_first(draw(), k % 2 == 0);
  }
}

TEST_CASE("two runtimes hold the last handles of each other's objects") {
  struct holder {
    inhabitant who;
    trust::remote<box> of_the_other;
  };
  for (const bool first_ends_first : {true, false}) {
    CAPTURE(first_ends_first);
    dice draw{7};
    {
      std::optional<trust::runtime> first{std::in_place, few_workers(draw)};
      std::optional<trust::runtime> second{std::in_place, few_workers(draw)};
      const auto in_first = first->entrust(holder{{}, second->entrust(box{})});
      const auto in_second = second->entrust(holder{{}, first->entrust(box{})});
      const auto reach = [](const trust::remote<holder>& h) -> trust::task<std::uint64_t> {
        co_return co_await h.launch([](holder& o) -> trust::task<std::uint64_t> {
          o.who.at_home();
          co_return co_await o.of_the_other.apply(add, 5u);
        });
      };
      CHECK(first->block_on(reach, in_second) == 5);
      CHECK(second->block_on(reach, in_first) == 5);
      (first_ends_first ? first : second).reset();
      auto& survivor = first_ends_first ? second : first;
      CHECK_THROWS_AS(survivor->block_on(reach, first_ends_first ? in_first : in_second), trust::error);
      CHECK_THROWS_AS(survivor->block_on(reach, first_ends_first ? in_second : in_first), trust::error);
    }
    CHECK(all.alive.load() == 0);
    CHECK(all.twice.load() == 0);
    CHECK(all.strayed.load() == 0);
    all.reset();
  }
}
