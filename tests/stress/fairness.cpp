// SPDX-License-Identifier: MIT
// Stress test of fairness: floods of calls, messages and computation, of both priorities, over lanes of any weight and with slices of any length.
// Each goes on until everybody else has come to an end, so this ends only where nobody is starved.
#include "support/effort.hpp"
#include "support/seed.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;
using trust::on;
using trust::priority;

struct crowd {
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> asked{0};  // of the objects, by all
};

trust::task<> flood(crowd* c, std::vector<trust::remote<std::uint64_t>> objects, std::uint64_t seed) {
  dice draw{seed};
  const std::size_t way = draw.below(5);
  std::uint64_t asked = 0;
  while (!c->over.load(std::memory_order_relaxed)) {
    const auto& o = objects[draw.below(objects.size())];
    asked += way < 3;
    if (way == 0) co_await o.post([](std::uint64_t& n) { ++n; });
    if (way == 1) co_await o.apply([](std::uint64_t& n) { ++n; });
    if (way == 2) {
      co_await o.launch([](std::uint64_t& n) -> trust::task<> {
        co_await trust::yield();
        ++n;
      });
    }
    if (way == 3) co_await trust::yield();
    if (way == 4) co_await trust::maybe_yield();
  }
  for (const auto& o : objects) co_await o.flush();
  c->asked += asked;
}

trust::task<> pass(crowd* c, std::vector<trust::remote<std::uint64_t>> objects, std::uint64_t seed) {
  dice draw{seed};
  for (int i = 0; i < 10; ++i) {
    if (draw.one_in(3)) co_await trust::sleep_for(std::chrono::microseconds{draw.below(100)});
    co_await objects[draw.below(objects.size())].apply([](std::uint64_t& n) { ++n; });
    ++c->asked;
  }
}

TEST_CASE("whoever floods, of whatever priority, everybody else comes to an end, and nothing is lost") {
  const std::uint64_t seed = seed_of_this_run("fairness");
  dice draw{seed};
  for (unsigned round = 0; round < effort(3u, 60u); ++round) {
    trust::options o;
    o.workers = 2;
    o.lane_weights = {static_cast<unsigned>(1 + draw.below(100)), static_cast<unsigned>(1 + draw.below(100))};
    o.lane_capacity = std::size_t{4} << draw.below(8);
    o.slice = std::chrono::microseconds{draw.below(300)};
    o.shuffle = draw.one_in(2) ? draw() : 0;
    trust::runtime rt{o};
    crowd c;
    std::vector<trust::remote<std::uint64_t>> objects;
    for (std::size_t i = 0; i < 4; ++i) objects.push_back(rt.entrust(on(i % 2), std::uint64_t{0}));
    const auto any = [&] { return draw.one_in(2) ? priority::background : priority::normal; };
    std::vector<trust::task_handle<void>> floods;
    std::vector<trust::task_handle<void>> others;
    for (std::size_t i = 0; i < 8; ++i)
      floods.push_back(rt.spawn(on(i % 2), any(), trust::unchecked(flood), trust::unchecked(&c), objects, draw()));
    for (std::size_t i = 0; i < 12; ++i)
      others.push_back(rt.spawn(on(i % 2), any(), trust::unchecked(pass), trust::unchecked(&c), objects, draw()));
    for (auto& h : others) h.get();
    c.over.store(true);
    for (auto& h : floods) h.get();
    std::uint64_t served = 0;
    for (auto& x : objects) served += x.apply([](std::uint64_t& n) { return n; }).get();
    CHECK(served == c.asked.load());
    CHECK(served >= 120);
  }
}

}  // namespace
