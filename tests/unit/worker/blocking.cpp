// SPDX-License-Identifier: MIT
// Unit tests of blocking work: when threads start and end, where they run, how many wait, and how a job that waits is taken back.

#include <sched.h>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using support::says;
using trust::errc;
using trust::options;
using trust::task;
using namespace std::chrono_literals;

/// Holds the threads of a pool until the test lets them go.
class held {
 public:
  explicit held(trust::runtime& rt, std::ptrdiff_t threads) : begun_{threads} {
    for (std::ptrdiff_t i = 0; i < threads; ++i) {
      tasks_.push_back(rt.spawn(trust::on(0), trust::unchecked([this]() -> task<int> {
                                  co_return co_await trust::blocking([this] {
                                    begun_.count_down();
                                    let_go_.wait();
                                    return 7;
                                  });
                                })));
    }
    begun_.wait();
  }
  held(const held&) = delete;
  held& operator=(const held&) = delete;
  ~held() {
    let_go();
    for (auto& t : tasks_) CHECK(t.get() == 7);
  }
  void let_go() {
    if (!std::exchange(gone_, true)) let_go_.count_down();
  }

 private:
  std::latch begun_;
  std::latch let_go_{1};
  bool gone_ = false;
  std::vector<trust::task_handle<int>> tasks_;
};

/// Whether so many jobs wait for a thread, as soon as that is so.
bool queued(const trust::runtime& rt, std::size_t n) {
  return support::eventually([&] { return rt.blocking_metrics().queued == n; });
}

TEST_CASE("a thread is started when a job finds none idle, and one after the other keeps one of them busy") {
  trust::runtime rt{options{.workers = 1, .blocking_threads = 3}};
  CHECK(rt.blocking_metrics().threads == 0);
  support::run(rt, []() -> task<> {
    for (int i = 0; i < 50; ++i) {
      const int got = co_await trust::blocking([](int n) { return n; }, i);
      CHECK(got == i);
    }
  });
  CHECK(rt.blocking_metrics().started == 1);
  CHECK(rt.blocking_metrics().done == 50);
  CHECK(rt.blocking_metrics().idle == 1);
  {
    const held three{rt, 3};
    CHECK(rt.blocking_metrics().threads == 3);
    CHECK(rt.blocking_metrics().idle == 0);
  }
  CHECK(rt.blocking_metrics().started == 3);
  CHECK(rt.blocking_metrics().idle == 3);
  CHECK(rt.blocking_metrics().done == 53);
}

TEST_CASE(
    "threads end when they have been idle for options.blocking_idle, and others are started when they are needed") {
  trust::runtime rt{options{.workers = 1, .blocking_threads = 3, .blocking_idle = 0ns}};
  for (unsigned round = 1; round <= 20; ++round) {
    {
      const held three{rt, 3};
    }
    CHECK(support::eventually([&] { return rt.blocking_metrics().threads == 0; }));
    CHECK(rt.blocking_metrics().idle == 0);
    CHECK(rt.blocking_metrics().started == 3 * round);
  }
}

TEST_CASE("blocking_idle may be for ever, but not negative") {
  trust::runtime rt{options{.workers = 1, .blocking_idle = std::chrono::nanoseconds::max()}};
  support::run(rt, []() -> task<> { co_await trust::blocking([] {}); });
  CHECK(rt.blocking_metrics().threads == 1);
  CHECK(support::code_of([] { const trust::runtime none{options{.workers = 1, .blocking_idle = -1ns}}; }) ==
        errc::bad_option);
}

TEST_CASE("blocking work runs on the CPUs that no worker is pinned to, where there are any") {
  const auto mask = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    CHECK(::sched_getaffinity(0, sizeof set, &set) == 0);
    std::vector<int> cpus;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(static_cast<std::size_t>(i), &set)) cpus.push_back(i);
    }
    return cpus;
  };
  const std::vector<int> all = mask();
  const auto of_a_job = [&](const options& o) {
    trust::runtime rt{o};
    if (all.size() > 1 && o.workers < all.size()) CHECK(says(rt.describe(), ", where no worker is pinned\n"));
    return rt.block_on([&]() -> task<std::vector<int>> { co_return co_await trust::blocking(mask); });
  };
  const options one_each{.workers = 1, .cpus = {all.front()}, .pin = trust::pinning::one_to_one};
  const std::vector<int> others(all.begin() + 1, all.end());
  CHECK(of_a_job(one_each) == (others.empty() ? all : others));
  CHECK(of_a_job(options{.workers = all.size(), .pin = trust::pinning::one_to_one}) == all);
}

TEST_CASE("beyond options.blocking_queue a job is refused, has not run, and its callable dies at home") {
  support::ledger book;
  trust::runtime rt{options{.workers = 1, .blocking_threads = 1, .blocking_queue = 2}};
  std::atomic<int> ran{0};
  held busy{rt, 1};
  std::vector<trust::task_handle<int>> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(rt.spawn(
        trust::unchecked([&ran]() -> task<int> { co_return co_await trust::blocking([&ran] { return ++ran; }); })));
  }
  CHECK(queued(rt, 2));
  support::run(rt, [&]() -> task<> {
    {
      auto work = trust::blocking([&ran](support::luggage<> bag) { return bag.intact() ? ++ran : 0; },
                                  support::luggage<>{book});
      const trust::result<int> got = co_await trust::as_result(work);
      CHECK(got.error() == errc::overloaded);
    }
    CHECK(book.died == 1);
    CHECK(book.died_on == 0);
    std::error_code thrown;
    try {
      co_await trust::blocking([&ran] { ++ran; });
    } catch (const trust::error& e) {
      thrown = e.code();
    }
    CHECK(thrown == errc::overloaded);
  });
  CHECK(ran == 0);
  CHECK(rt.blocking_metrics().refused == 2);
  CHECK(rt.blocking_metrics().longest == 2);
  busy.let_go();
  CHECK(waiting[0].get() == 1);
  CHECK(waiting[1].get() == 2);
  CHECK(rt.blocking_metrics().queued == 0);
}

TEST_CASE("with a queue of none a job either finds a thread or is refused") {
  trust::runtime rt{options{.workers = 1, .blocking_threads = 2, .blocking_queue = 0}};
  const auto one = []() -> task<bool> { co_return (co_await trust::as_result(trust::blocking([] {}))).has_value(); };
  CHECK(rt.block_on(one));
  {
    const held both{rt, 2};
    CHECK_FALSE(rt.block_on(one));
  }
  CHECK(rt.block_on(one));
}

TEST_CASE("a job that waits is taken back when its task is asked to stop; one that has begun is waited for") {
  support::ledger book;
  trust::runtime rt{options{.workers = 1, .blocking_threads = 1}};
  std::latch begun{1};
  std::latch let_go{1};
  bool ran = false;
  support::run(rt, [&]() -> task<> {
    trust::scope s;
    int value = 0;
    co_await s.spawn([&]() -> task<> {
      value = co_await trust::blocking([&] {
        begun.count_down();
        let_go.wait();
        return 5;
      });
    });
    co_await s.spawn([&]() -> task<> {
      auto work = trust::blocking([&ran](support::luggage<> bag) { ran = bag.full(); }, support::luggage<>{book});
      const auto got = co_await trust::as_result(work);
      CHECK(got.error() == errc::cancelled);
    });
    while (trust::this_runtime().blocking_metrics().queued == 0) co_await trust::yield();
    begun.wait();
    s.request_stop();
    while (book.died == 0) co_await trust::yield();
    CHECK(value == 0);
    let_go.count_down();
    co_await s.join();
    CHECK(value == 5);
  });
  CHECK_FALSE(ran);
  CHECK(book.died_on == 0);
  CHECK(rt.blocking_metrics().cancelled == 1);
  CHECK(rt.blocking_metrics().done == 1);
}

TEST_CASE("a timeout ends the waiting for a thread, and not the waiting for what has begun") {
  trust::runtime rt{options{.workers = 1, .blocking_threads = 1}};
  held busy{rt, 1};
  support::run(rt, [&]() -> task<> {
    const auto got = co_await trust::as_result(trust::with_timeout(trust::blocking([] { return 1; }), 1ms));
    CHECK(got.error() == errc::timed_out);
  });
  busy.let_go();
  support::run(rt, [&]() -> task<> {
    auto work = trust::blocking([] {
      std::this_thread::sleep_for(5ms);  // past the deadline
      return 1;
    });
    const int got = co_await trust::with_timeout(work, 1ms);
    CHECK(got == 1);
  });
}

TEST_CASE("a task that has been asked to stop begins no blocking work") {
  trust::runtime rt{options{.workers = 1}};
  support::run(rt, []() -> task<> {
    trust::scope s;
    s.request_stop();
    bool ran = false;
    co_await s.spawn([&]() -> task<> {
      const auto got = co_await trust::as_result(trust::blocking([&ran] { ran = true; }));
      CHECK(got.error() == errc::cancelled);
    });
    co_await s.join();
    CHECK_FALSE(ran);
  });
  CHECK(rt.blocking_metrics().started == 0);
}

TEST_CASE(
    "while a runtime ends, a task may still write something down if a thread is free, and is not kept waiting if none "
    "is") {
  for (const bool simulated : {false, true}) {
    std::optional<trust::runtime> rt;
    if (simulated) {
      rt.emplace(trust::simulated{.workers = 1, .blocking_threads = 1});
    } else {
      rt.emplace(options{.workers = 1, .blocking_threads = 1});
    }
    std::error_code second;
    int written = 0;
    auto last_words = rt->spawn(trust::unchecked([&]() -> task<> {
      static_cast<void>(co_await trust::as_result(trust::sleep_for(1h)));
      trust::scope s;
      co_await s.spawn([&]() -> task<> { written = co_await trust::blocking([] { return 1; }); });
      co_await s.spawn(
          [&]() -> task<> { second = (co_await trust::as_result(trust::blocking([] {}))).error().code(); });
      co_await s.join();
    }));
    CHECK(rt->stop());
    last_words.get();
    CHECK(written == 1);
    CHECK(second == errc::cancelled);
  }
}

TEST_CASE("a runtime that ends waits for what has begun and takes back what waits") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const bool simulated = seed % 2 == 0;
    support::ledger book;
    std::atomic<int> ran{0};
    std::atomic<int> cancelled{0};
    {
      std::optional<trust::runtime> rt;
      if (simulated) {
        rt.emplace(trust::simulated{.seed = seed, .blocking_threads = 2});
      } else {
        rt.emplace(options{.workers = 2, .blocking_threads = 2});
      }
      for (std::size_t i = 0; i < 20; ++i) {
        static_cast<void>(rt->spawn(trust::on(i % 2), trust::unchecked([&]() -> task<> {
                                      auto work = trust::blocking(
                                          [&ran](support::luggage<> bag) {
                                            if (bag.intact()) ++ran;
                                          },
                                          support::luggage<>{book});
                                      const auto got = co_await trust::as_result(work);
                                      if (got.has_value()) co_return;
                                      CHECK(got.error() == errc::cancelled);
                                      ++cancelled;
                                    })));
      }
      rt->block_on([seed]() -> task<> { co_await trust::sleep_for(seed * 20us); });
    }
    CHECK(ran + cancelled == 20);
    CHECK(book.alive == 0);
    CHECK(book.born == 20);
  }
}

TEST_CASE(
    "in a simulation a job takes virtual time that the seed draws, and no more run at once than there are threads") {
  const auto played = [](std::uint64_t seed) {
    trust::runtime rt{trust::simulated{.seed = seed, .workers = 1, .blocking_threads = 1}};
    return rt.block_on([]() -> task<std::pair<std::string, trust::time_point>> {
      std::string order;
      trust::scope s;
      for (char c = 'a'; c <= 'e'; ++c) {
        co_await s.spawn(
            [](std::string* to, char mine) -> task<> { co_await trust::blocking([to, mine] { *to += mine; }); }, &order,
            c);
      }
      co_await s.join();
      CHECK(trust::this_runtime().blocking_metrics().done == 5);
      CHECK(trust::this_runtime().blocking_metrics().started == 1);
      co_return std::pair{order, trust::now()};
    });
  };
  const auto begin = played(0);
  CHECK(begin.first == "abcde");
  CHECK(played(3).second > begin.second);
  CHECK(played(3) == played(3));
  CHECK(played(4).second != played(3).second);
}

}  // namespace
