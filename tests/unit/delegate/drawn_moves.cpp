// SPDX-License-Identifier: MIT
// Objects that move, and that are had together, in simulations that draw their order: what move_to.cpp and together.cpp show for a few orders
// holds for each of some hundred, with lanes that are often full.

#include <trust/trust.hpp>

#include <doctest/doctest.h>
#include <support/effort.hpp>
#include <support/tracked.hpp>

#include <stdexcept>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trust::task;

struct diary {
  std::vector<int> seen[3];  // of each client, in the order in which they came
};

}  // namespace

template <> inline constexpr bool trust::may_travel<diary> = true;

namespace {

void expect(bool holds, const char* sentence) {
  if (!holds) throw std::runtime_error{sentence};
}

task<> write(trust::remote<diary> r, std::size_t client) {
  for (int i = 0; i < 12; ++i) {
    if (i % 3 == 2) {  // also the last one
      auto op = r.apply([client, i](diary& d) { d.seen[client].push_back(i); });
      co_await op;
    } else {
      co_await r.post([client, i](diary& d) { d.seen[client].push_back(i); });
    }
  }
}

task<> move(trust::remote<diary> r, std::size_t n) {
  for (std::size_t k = 1; k <= 4; ++k) co_await r.move_to(trust::on((n + k) % 3));
}

task<> swap_pages(trust::remote<diary> a, trust::remote<diary> b) {
  for (int i = 0; i < 4; ++i) {
    const bool whole = co_await trust::together(a, b, [](diary& x, diary& y) { return &x != &y; });
    expect(whole, "two objects are one");
  }
}

/// Two objects wander, each by itself, while clients on all workers write into both.
void wander(trust::runtime& rt) {
  const trust::remote<diary> both[] = {rt.emplace<diary>(trust::on(0)), rt.emplace<diary>(trust::on(1))};
  std::vector<trust::task_handle<void>> all;
  for (const auto& r : both) {
    for (std::size_t i = 0; i < 3; ++i) all.push_back(rt.spawn(trust::on(i), write, r, i));
    all.push_back(rt.spawn(trust::on(2), move, r, all.size()));
    all.push_back(rt.spawn(trust::on(0), move, r, all.size()));
  }
  all.push_back(rt.spawn(trust::on(1), swap_pages, both[0], both[1]));
  for (auto& h : all) h.get();
  for (const auto& r : both) {
    const diary d = r.apply([](diary& x) { return x; }).get();
    for (const auto& seen : d.seen) {
      expect(seen.size() == 12, "a call was lost, or came twice");
      for (int i = 0; i < 12; ++i)
        expect(seen[static_cast<std::size_t>(i)] == i, "a client's calls have changed their order");
    }
  }
}

TEST_CASE("objects that move keep every client's order and lose nothing, in whatever order the rest happens") {
  const auto bad = trust::explore({.seeds = tests::effort(100, 20'000), .how = {.workers = 3}}, wander);
  CHECK_MESSAGE(!bad, bad.what());
}

TEST_CASE("two objects of one worker that move at the same time arrive, in the calm simulation too") {
  for (const std::size_t from : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    trust::runtime rt{trust::simulated{.workers = 3, .lane_capacity = 2}};
    std::vector<trust::remote<diary>> some;
    for (int i = 0; i < 3; ++i) some.push_back(rt.emplace<diary>(trust::on(from)));
    std::vector<trust::task_handle<void>> all;
    for (std::size_t i = 0; i < 3; ++i) {
      for (const auto& r : some) all.push_back(rt.spawn(trust::on(i), write, r, i));
    }
    for (const auto& r : some) all.push_back(rt.spawn(trust::on(0), move, r, from));
    for (auto& h : all) h.get();
    for (const auto& r : some) CHECK(r.owner().index() == (from + 4) % 3);
  }
}

}  // namespace
