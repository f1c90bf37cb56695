// SPDX-License-Identifier: MIT
// Unit tests of slices: when maybe_yield lets others in, and when not.

#include <support/runtimes.hpp>

#include <algorithm>
#include <vector>

namespace {

using trust::errc;
using trust::priority;
using trust::task;
using namespace std::chrono_literals;

struct two_tasks {
  std::vector<char> log = {};  // who ran, of one worker's tasks: c after each round of one that computes, o of another
};

/// `rounds` of a task that computes, while another one passes by whenever it may.
std::vector<char> run_beside(trust::runtime& rt, int rounds) {
  two_tasks both;
  bool over = false;
  rt.block_on(trust::unchecked([&, rounds]() -> task<> {
    trust::scope s;
    co_await s.spawn([&]() -> task<> {
      while (!over) {
        both.log.push_back('o');
        co_await trust::yield();
      }
    });
    co_await trust::yield();
    for (int i = 0; i < rounds; ++i) {
      both.log.push_back('c');
      co_await trust::maybe_yield();
    }
    over = true;
    co_await s.join();
  }));
  return both.log;
}

std::size_t turns_of_the_other(const std::vector<char>& log) {
  return static_cast<std::size_t>(std::count(log.begin(), log.end(), 'o'));
}

TEST_CASE("in a simulation a task goes on for 64 looks, and then lets others in") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  const std::vector<char> log = run_beside(rt, 65 * 10);
  const std::size_t others = turns_of_the_other(log);
  CHECK(others >= 10);
  CHECK(others <= 12);
}

TEST_CASE("a slice of nothing yields at each look, one of an hour at none") {
  trust::options o{.workers = 1};
  o.slice = 0ns;
  {
    trust::runtime rt{o};
    CHECK(turns_of_the_other(run_beside(rt, 200)) >= 200);
  }
  o.slice = 1h;
  {
    trust::runtime rt{o};
    CHECK(turns_of_the_other(run_beside(rt, 100'000)) <= 2);
  }
}

TEST_CASE("a task that looks at every round lets others in, whatever its priority, and timers and a stop as well") {
  for (const priority rank : {priority::normal, priority::background}) {
    support::on_real_runtimes(
        [rank](trust::runtime& rt) {
          bool seen = false;  // one worker
          bool stopped = false;
          const auto too_late = std::chrono::steady_clock::now() + 30s;
          auto computing =
              rt.spawn(rank, trust::unchecked([&]() -> task<> {
                         const trust::stop_token stop = co_await trust::this_task::stop_token();
                         while (!(stopped = stop.stop_requested()) && std::chrono::steady_clock::now() < too_late)
                           co_await trust::maybe_yield();
                       }));
          auto other = rt.spawn(trust::unchecked([&seen]() -> task<> {
            co_await trust::sleep_for(1ms);
            seen = true;
          }));
          other.get();
          computing.request_stop();
          computing.get();
          CHECK(seen);
          CHECK(stopped);
        },
        trust::options{.workers = 1});
  }
}

TEST_CASE("a slice is a task's own: what it awaits and resumes in between begins a new one") {
  trust::options o{.workers = 1};
  o.slice = 20ms;
  trust::runtime rt{o};
  bool let_in = false;
  rt.block_on(trust::unchecked([&]() -> task<> {
    trust::scope s;
    const auto busy_for = [](std::chrono::nanoseconds d) {
      const auto end = std::chrono::steady_clock::now() + d;
      while (std::chrono::steady_clock::now() < end) {}
    };
    co_await trust::maybe_yield();
    busy_for(30ms);
    co_await trust::yield();
    co_await s.spawn([&]() -> task<> {
      let_in = true;
      co_return;
    });
    co_await trust::maybe_yield();  // the first look in this stretch: however long that of before was
    CHECK_FALSE(let_in);
    busy_for(30ms);
    co_await trust::maybe_yield();
    CHECK(let_in);
    co_await s.join();
  }));
}

TEST_CASE("a launched task's first stretch has a slice of its own") {
  trust::options o{.workers = 1};
  o.slice = 20ms;
  trust::runtime rt{o};
  const auto object = rt.entrust(0);
  bool let_in = false;
  rt.block_on(trust::unchecked([&]() -> task<> {
    co_await trust::maybe_yield();
    const auto end = std::chrono::steady_clock::now() + 30ms;
    while (std::chrono::steady_clock::now() < end) {}
    auto launched = object.launch(trust::unchecked([&let_in](int&) -> task<> {
      auto other = trust::this_runtime().spawn(trust::unchecked([&let_in]() -> task<> {
        let_in = true;
        co_return;
      }));
      co_await trust::maybe_yield();  // the slice of who launched is over, this one begins
      CHECK_FALSE(let_in);
      co_await other;
    }));
    co_await launched;
  }));
  CHECK(let_in);
}

TEST_CASE("a slice of less than nothing is refused") {
  trust::options o{.workers = 1};
  o.slice = -1ns;
  CHECK(support::code_of([&] { const trust::runtime rt{o}; }) == errc::bad_option);
}

}  // namespace
