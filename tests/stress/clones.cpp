// SPDX-License-Identifier: MIT
// clones: handles are copied, moved, made weak, locked and dropped everywhere at once, and the object ends once, after its last call.
//
// A clone is no operation: it costs the trustee nothing, however many there were. The last drop overtakes no call that was made before it,
// on whichever lane. Model: tests/model/last_drop.cpp
#include "population.hpp"
#include "support/effort.hpp"
#include "support/seed.hpp"
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

struct tally {
  std::atomic<std::int64_t> calls_made{0};
  std::atomic<std::int64_t> calls_run{0};
  std::atomic<std::int64_t> ends{0};
};

/// Reports its calls when it is destroyed: those that came later would be missing.
struct box {
  explicit box(tally& x) noexcept : t{&x} {}
  box(box&& o) noexcept : who{std::move(o.who)}, t{std::exchange(o.t, nullptr)}, calls{o.calls} {}
  ~box() {
    if (t == nullptr) return;
    t->calls_run.fetch_add(calls);
    t->ends.fetch_add(1);
  }
  inhabitant who;
  tally* t;
  std::int64_t calls = 0;
};
void call(box& b, citizen c) {
  c.check();
  b.who.at_home();
  ++b.calls;
}

trust::task<> pass_on(trust::remote<box> r, tally* t, std::uint64_t seed, unsigned depth) {
  dice draw{seed};
  std::vector<trust::remote<box>> mine;
  const trust::weak_remote<box> weak = r;
  for (unsigned i = 0; i < 20; ++i) {
    switch (draw.below(7)) {
      case 0:
        mine.push_back(r);
        break;
      case 1:
        if (!mine.empty()) mine.pop_back();
        break;
      case 2: {
        t->calls_made.fetch_add(1);
        try {
          static_cast<void>(r.post(call, citizen{}));
        } catch (const trust::error&) {
          t->calls_made.fetch_sub(1);
        }
        break;
      }
      case 3: {
        t->calls_made.fetch_add(1);
        co_await r.apply(call, citizen{});
        break;
      }
      case 4: {
        auto locked = co_await weak.lock();
        CHECK(locked == r);
        mine.push_back(std::move(locked));
        break;
      }
      case 5:
        if (depth > 0) {
          const auto place = trust::on(draw.below(trust::this_runtime().workers()));
          trust::this_runtime().spawn(place, pass_on, r, trust::unchecked(t), draw(), depth - 1).detach();
        }
        break;
      case 6:
        co_await trust::yield();
        break;
    }
  }
  if (draw.one_in(3)) {
    mine.clear();
    t->calls_made.fetch_add(1);
    static_cast<void>(r.post(call, citizen{}));
    co_await std::move(r).close();
  }
}

}  // namespace

TEST_CASE(
    "handles go through many hands, and each object ends once, after every call that was made before its last handle "
    "went") {
  const std::uint64_t seed = seed_of_this_run("clones");
  CAPTURE(seed);
  dice draw{seed};
  const unsigned rounds = effort(60, 2000);
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(k);
    tally t;
    constexpr std::int64_t objects = 12;
    {
      trust::options o;
      o.workers = 3;
      o.pin = trust::pinning::none;
      o.lane_capacity = k % 2 == 0 ? 2 : 64;
      o.shortcut = k % 3 != 0;
      o.stall_report = 0ms;
      trust::runtime rt{o};
      const watchdog guard{"clones", 50s, &rt};
      for (std::int64_t i = 0; i < objects; ++i) {
        auto r = rt.emplace<box>(std::ref(t));
        const trust::weak_remote<box> weak = r;
        rt.spawn(pass_on, r, trust::unchecked(&t), draw(), 2u).detach();
        std::thread stranger{[r = std::move(r), weak, &t] {
          auto copy = r;
          t.calls_made.fetch_add(1);
          static_cast<void>(copy.post(call, citizen{}));
          if (auto again = weak.lock().get()) {
            t.calls_made.fetch_add(1);
            again.apply(call, citizen{}).get();
          }
        }};
        stranger.join();
      }
      // Without a stop: they end because their last handles go.
      while (t.ends.load() < objects) std::this_thread::sleep_for(200us);
    }
    CHECK(t.ends.load() == objects);
    CHECK(t.calls_made.load() == t.calls_run.load());
    CHECK(all.alive.load() == 0);
    CHECK(all.twice.load() == 0);
    CHECK(all.strayed.load() == 0);
    all.reset();
  }
}

TEST_CASE("after many clones a call costs what it cost before") {
  trust::options o;
  o.workers = 2;
  o.pin = trust::pinning::none;
  trust::runtime rt{o};
  const auto r = rt.entrust(trust::on(1), 0);
  const auto lanes_a_pass = [&] {
    const trust::worker_metrics before = rt.metrics(1);
    rt.block_on(
        [](trust::remote<int> x) -> trust::task<> {
          for (int i = 0; i < 1000; ++i) co_await x.apply([](int& n) { ++n; });
        },
        r);
    const trust::worker_metrics after = rt.metrics(1);
    return static_cast<double>(after.lanes_polled - before.lanes_polled) /
           static_cast<double>(after.passes - before.passes);
  };
  const double before = lanes_a_pass();
  rt.block_on(
      [](trust::remote<int> x) -> trust::task<> {
        for (int i = 0; i < 100'000; ++i) {
          const trust::remote<int> clone = x;
          if (i % 1000 == 0) co_await clone.apply([](int& n) { ++n; });
        }
      },
      r);
  const double after = lanes_a_pass();
  CHECK(after <= before + 0.5);  // a lane more would be one more a pass
}
