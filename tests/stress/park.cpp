// SPDX-License-Identifier: MIT
// park: a wake-up is never lost, whatever the pause between the moment in which a worker goes to sleep and the one in which it is called.
//
// Workers and foreign threads call each other one at a time with random pauses about as long as it takes to go to sleep: a wake-up that is lost
// is a call that never comes back, and the watchdog says so. Model: tests/model/parker.cpp
#include "support/effort.hpp"
#include "support/seed.hpp"
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

void pause(dice& draw) {
  const auto length = draw.one_in(50) ? std::chrono::microseconds{500} : std::chrono::nanoseconds{draw.below(90'000)};
  const auto until = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < until) {}
}

struct counter {
  std::uint64_t n = 0;
};
std::uint64_t count(counter& c) { return ++c.n; }

// A player calls the other worker's object, pauses, calls again; sometimes it sleeps on a timer meanwhile, or calls by post and flush.
trust::task<std::uint64_t> rally(trust::remote<counter> there, std::uint64_t seed, unsigned calls) {
  dice draw{seed};
  std::uint64_t last = 0;
  for (unsigned i = 0; i < calls; ++i) {
    if (draw.one_in(3)) pause(draw);
    if (draw.one_in(20)) co_await trust::sleep_for(std::chrono::microseconds{draw.below(100)});
    if (draw.one_in(10)) {
      static_cast<void>(there.post(count));
      co_await there.flush();
    }
    last = co_await there.apply(count);
  }
  co_return last;
}

void play(trust::spinning how, std::uint64_t seed, unsigned calls) {
  dice draw{seed};
  trust::options o;
  o.workers = 2;
  o.spin = how;
  o.pin = draw.one_in(2) ? trust::pinning::none : trust::pinning::automatic;
  trust::runtime rt{o};
  const watchdog guard{"a rally of two workers and two foreign threads", 50s, &rt};
  const trust::remote<counter> one = rt.entrust(trust::on(0), counter{});
  const trust::remote<counter> two = rt.entrust(trust::on(1), counter{});
  std::vector<trust::task_handle<std::uint64_t>> players;
  players.push_back(rt.spawn(trust::on(0), rally, two, draw(), calls));
  players.push_back(rt.spawn(trust::on(1), rally, one, draw(), calls));
  const auto stranger = [calls](trust::remote<counter> there, std::uint64_t own_seed) {
    dice own{own_seed};
    for (unsigned i = 0; i < calls; ++i) {
      pause(own);
      there.apply(count).get();
    }
  };
  std::thread a{stranger, one, draw()};
  std::thread b{stranger, two, draw()};
  for (auto& p : players) p.get();
  a.join();
  b.join();
  CHECK(one.with([](const counter& c) { return c.n; }).get() >= 2 * calls);
  CHECK(two.with([](const counter& c) { return c.n; }).get() >= 2 * calls);
  std::uint64_t parks = 0;
  for (std::size_t w = 0; w < rt.workers(); ++w) parks += rt.metrics(w).parks;
  CHECK(parks > 0);
}

}  // namespace

TEST_CASE("no wake-up is lost between workers that sleep at once, foreign threads calling too") {
  const std::uint64_t seed = seed_of_this_run("park, at once");
  CAPTURE(seed);
  dice draw{seed};
  for (unsigned k = 0; k < 4; ++k) play(trust::spinning::park_at_once, draw(), effort(2000, 200'000));
}

TEST_CASE("no wake-up is lost between workers that spin a little first") {
  const std::uint64_t seed = seed_of_this_run("park, adaptive");
  CAPTURE(seed);
  dice draw{seed};
  for (unsigned k = 0; k < 4; ++k) play(trust::spinning::adaptive, draw(), effort(2000, 200'000));
}
