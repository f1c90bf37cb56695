// SPDX-License-Identifier: MIT
// many_workers: 64 workers on however few cores there are, and every pair of them call each other, through lanes with hardly any room.
//
// Each worker runs tasks that call every other worker's object by apply, launch (which calls back) and post. It ends, with the right sums.
#include "support/effort.hpp"
#include "support/seed.hpp"
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

constexpr std::size_t workers = sanitized ? 24 : 64;

struct cell {
  std::uint64_t n = 0;
};
using cells = std::vector<trust::remote<cell>>;

trust::task<std::uint64_t> call_back(cell& c, trust::remote<cell> caller) {
  ++c.n;
  co_return co_await caller.apply([](cell& o) { return ++o.n; });
}

trust::task<> call_everybody(const cells* them, std::size_t me, unsigned rounds) {
  for (unsigned k = 0; k < rounds; ++k) {
    for (std::size_t i = 1; i <= workers; ++i) {
      auto& other = (*them)[(me + i) % workers];
      co_await other.apply([](cell& c) { ++c.n; });
      co_await other.launch(call_back, (*them)[me]);
      co_await other.post([](cell& c) { ++c.n; });
    }
  }
  for (const auto& c : *them) co_await c.flush();
}

void play(std::size_t capacity, unsigned rounds) {
  trust::options o;
  o.workers = workers;
  o.pin = trust::pinning::none;
  o.lane_capacity = capacity;
  o.stall_report = 0ms;
  trust::runtime rt{o};
  const watchdog guard{"64 workers calling each other", 55s};
  cells them;
  for (std::size_t i = 0; i < workers; ++i) them.push_back(rt.entrust(trust::on(i), cell{}));
  std::vector<trust::task_handle<void>> tasks;
  for (std::size_t i = 0; i < workers; ++i) {
    tasks.push_back(rt.spawn(trust::on(i), call_everybody, trust::unchecked(&them), i, rounds));
  }
  for (auto& t : tasks) t.get();
  std::uint64_t sum = 0;
  for (const auto& c : them) sum += c.with([](const cell& x) { return x.n; }).get();
  CHECK(sum == 4 * rounds * workers * workers);
}

}  // namespace

TEST_CASE("every pair of 64 workers calls each other through lanes of two granules") { play(2, effort(1, 100)); }
TEST_CASE("every pair of 64 workers calls each other through lanes with room") { play(64, effort(1, 100)); }
