// SPDX-License-Identifier: MIT
// Unit tests of the simulation: all workers on this thread, the same order for the same seed, another for another, a clock that jumps. What a
// seed chooses is in drawn.cpp, what can never happen in stuck.cpp.

#include <support/runtimes.hpp>

#include <set>
#include <string>
#include <thread>

namespace {

using trust::errc;
using trust::task;
using namespace std::chrono_literals;

// What two tasks a worker write in which order.
std::string played(const trust::simulated& s) {
  trust::runtime rt{s};
  auto r = rt.entrust(trust::on(0), std::string{});
  std::vector<trust::task_handle<void>> all;
  for (std::size_t i = 0; i < 6; ++i) {
    all.push_back(rt.spawn(
        trust::on(i % rt.workers()),
        [](trust::remote<std::string> text, char c) -> task<> {
          for (int k = 0; k < 4; ++k) {
            co_await text.apply([](std::string& t, char x) { t += x; }, c);
            co_await trust::yield();
          }
        },
        r, static_cast<char>('a' + i)));
  }
  for (auto& h : all) h.get();
  return r.apply([](std::string& t) { return t; }).get();
}

TEST_CASE("the same seed plays the same order, and seeds differ") {
  CHECK(played({.workers = 3}) == played({.workers = 3}));
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const trust::simulated s{.seed = seed, .workers = 3};
    const std::string once = played(s);
    CHECK(once == played(s));
    CHECK(once.size() == 24);
    orders.insert(once);
  }
  CHECK(orders.size() > 5);
}

TEST_CASE("everything runs on the thread that waits, and the clock stands still meanwhile") {
  trust::runtime rt{trust::simulated{.workers = 4}};
  const auto me = std::this_thread::get_id();
  support::run(rt, [&]() -> task<> {
    const auto before = trust::now();
    for (std::size_t w = 0; w < 4; ++w) {
      auto r = rt.entrust(trust::on(w), 0);
      const auto there = co_await r.apply([](int&) { return std::this_thread::get_id(); });
      CHECK(there == me);
      const std::size_t index = co_await r.apply([](int&) { return trust::this_worker().index(); });
      CHECK(index == w);
    }
    CHECK(trust::now() == before);
    co_await trust::sleep_for(3h);
    CHECK(trust::now() == before + 3h);
  });
}

TEST_CASE("two simulations are two worlds with two clocks") {
  trust::runtime a{trust::simulated{}};
  trust::runtime b{trust::simulated{}};
  const auto begin = a.block_on([]() -> task<trust::time_point> { co_return trust::now(); });
  support::run(a, []() -> task<> { co_await trust::sleep_for(5h); });
  const auto in_b = b.block_on([]() -> task<trust::time_point> { co_return trust::now(); });
  const auto in_a = a.block_on([]() -> task<trust::time_point> { co_return trust::now(); });
  CHECK(in_a - begin == 5h);
  CHECK(in_b == begin);
}

}  // namespace
