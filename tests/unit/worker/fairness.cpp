// SPDX-License-Identifier: MIT
// Unit tests of fairness between clients: what their lanes weigh, and that a flood starves neither another client nor a timer.
// Between tasks of one worker: tests/unit/delegate/priority.cpp, tests/unit/coro/sleep.cpp.

#include <support/runtimes.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

namespace {

using trust::errc;
using trust::on;
using trust::task;
using namespace std::chrono_literals;

struct journal {
  std::vector<std::size_t> clients = {};  // of all requests, in the order in which they were served
};

task<> write(trust::remote<journal> book, std::size_t times) {
  const std::size_t me = trust::this_worker().index();
  for (std::size_t i = 0; i < times; ++i) {
    co_await book.post([](journal& j, std::size_t client) { j.clients.push_back(client); }, me);
  }
  co_await book.flush();
}

/// How many of 640 requests are of worker 0, while workers 0 and 1 both send more than worker 2 can serve.
std::ptrdiff_t share_of_the_first(std::vector<unsigned> weights) {
  trust::runtime rt{trust::simulated{.workers = 3, .lane_weights = std::move(weights)}};
  auto book = rt.entrust(on(2), journal{});
  auto a = rt.spawn(on(0), write, book, 1500);
  auto b = rt.spawn(on(1), write, book, 1500);
  a.get();
  b.get();
  const journal j = book.with([](const journal& all) { return all; }).get();
  REQUIRE(j.clients.size() == 3000);
  const auto begin = j.clients.begin() + 160;  // both are at it by then, and neither has come to its end 640 later
  return std::count(begin, begin + 640, 0u);
}

TEST_CASE("lanes that weigh the same are served alike, and others in proportion to their weights") {
  CHECK(share_of_the_first({}) == 320);
  CHECK(share_of_the_first({7, 7}) == 320);
  CHECK(share_of_the_first({4, 1}) == 512);
  CHECK(share_of_the_first({1, 4}) == 128);
  CHECK(share_of_the_first({4}) == 512);           // who is not named weighs 1
  CHECK(share_of_the_first({1, 1, 1, 9}) == 320);  // who is not there does not matter to the others
}

TEST_CASE("however little a lane weighs, something of it is served in every pass") {
  trust::runtime rt{trust::simulated{.workers = 3, .lane_weights = {1'000'000, 1}}};
  auto book = rt.entrust(on(2), journal{});
  auto heavy = rt.spawn(on(0), write, book, 3000);
  auto light = rt.spawn(on(1), write, book, 20);
  light.get();
  heavy.get();
  const journal j = book.with([](const journal& all) { return all; }).get();
  const auto last = std::find(j.clients.rbegin(), j.clients.rend(), 1u).base() - j.clients.begin();
  CHECK(last <= 64 * 24);  // a pass each, beside bursts of 64
}

TEST_CASE("a weight of nothing is refused") {
  trust::options o{.workers = 2};
  o.lane_weights = {1, 0};
  CHECK(support::code_of([&] { const trust::runtime rt{o}; }) == errc::bad_option);
}

TEST_CASE("a client that floods a trustee does not make another one wait for more than two bursts") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  auto counter = rt.entrust(on(2), std::size_t{0});
  bool enough = false;  // all workers are on this thread
  auto flood = rt.spawn(on(0), trust::unchecked([&enough, counter]() -> task<> {
                          while (!enough) co_await counter.post([](std::size_t& n) { ++n; });
                        }));
  const std::size_t longest = rt.spawn(
                                    on(1),
                                    [](trust::remote<std::size_t> n) -> task<std::size_t> {
                                      std::size_t most = 0;
                                      std::size_t before = co_await n.apply([](std::size_t& x) { return x; });
                                      for (int i = 0; i < 100; ++i) {
                                        const std::size_t now = co_await n.apply([](std::size_t& x) { return x; });
                                        most = std::max(most, now - std::exchange(before, now));
                                      }
                                      co_return most;
                                    },
                                    counter)
                                  .get();
  enough = true;
  flood.get();
  CHECK(longest > 0);
  CHECK(longest <= 128);
}

// Each flood goes on until all that it might starve has come to its end: where it starves anything, it is ended by the clock.
TEST_CASE("floods from all sides starve neither a client, nor timers, nor a stop") {
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        auto counter = rt.entrust(on(1), std::size_t{0});
        std::atomic<bool> enough{false};
        const auto too_late = std::chrono::steady_clock::now() + 30s;
        std::vector<trust::task_handle<void>> floods;
        const auto flooding = [&, counter]() -> task<> {
          while (!enough.load() && std::chrono::steady_clock::now() < too_late)
            co_await counter.post([](std::size_t& n) { ++n; });
        };
        const auto computing = [&]() -> task<> {
          while (!enough.load() && std::chrono::steady_clock::now() < too_late) co_await trust::yield();
        };
        for (std::size_t w = 0; w < 2; ++w) {
          floods.push_back(rt.spawn(on(w), trust::unchecked(flooding)));
          floods.push_back(rt.spawn(on(w), trust::unchecked(computing)));
        }
        std::vector<trust::task_handle<void>> others;
        for (std::size_t w = 0; w < 2; ++w) {
          others.push_back(rt.spawn(on(w), []() -> task<> {
            for (int i = 0; i < 2; ++i) co_await trust::sleep_for(200us);
          }));
          others.push_back(rt.spawn(
              on(w),
              [](trust::remote<std::size_t> n) -> task<> {
                for (int i = 0; i < 5; ++i) co_await n.apply([](std::size_t& x) { ++x; });
              },
              counter));
        }
        for (auto& h : others) h.get();
        CHECK(counter.apply([](std::size_t& n) { return n; }).get() >= 10);  // a foreign thread is a client too
        CHECK(std::chrono::steady_clock::now() < too_late);
        auto sleeper = rt.spawn(on(0), []() -> task<> { co_await trust::sleep_for(1000h); });
        rt.request_stop();
        CHECK(support::code_of([&] { sleeper.get(); }) == errc::cancelled);
        CHECK(std::chrono::steady_clock::now() < too_late);
        enough.store(true);
        for (auto& h : floods) h.get();
      },
      trust::options{.workers = 2});
}

}  // namespace
