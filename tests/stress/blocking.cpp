// SPDX-License-Identifier: MIT
// blocking: a job that waits for a thread is taken back in the moment in which the thread comes free. It ends in exactly one way: run, with its
// value, or cancelled and never run; and its callable dies at home, once.
//
// Two workers share one blocking thread, so each is in the other's way too, and it ends whenever nothing waits.
#include "support/effort.hpp"
#include "support/seed.hpp"
#include "support/tracked.hpp"
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

void pass_time(std::size_t nanoseconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds{nanoseconds};
  while (std::chrono::steady_clock::now() < until) {}
}

struct outcome {
  unsigned ran = 0;
  unsigned cancelled = 0;
  unsigned wrong = 0;
};

trust::task<outcome> race(support::ledger* book, std::uint64_t seed, unsigned rounds) {
  dice draw{seed};
  outcome sum;
  for (unsigned i = 0; i < rounds; ++i) {
    const std::size_t busy = draw.below(30'000);
    const std::size_t patience = draw.below(60'000);
    bool ran = false;
    trust::scope s;
    co_await s.spawn(
        [busy]() -> trust::task<> { static_cast<void>(co_await trust::as_result(trust::blocking(pass_time, busy))); });
    co_await s.spawn([&]() -> trust::task<> {
      auto work =
          trust::blocking([&ran](support::luggage<> bag) { return ran = bag.intact(); }, support::luggage<>{*book});
      const trust::result<bool> got = co_await trust::as_result(work);
      if (got.has_value()) {
        sum.wrong += !(ran && *got);
        ++sum.ran;
      } else {
        sum.wrong += ran || got.error() != trust::errc::cancelled;
        ++sum.cancelled;
      }
    });
    co_await trust::yield();
    pass_time(patience);
    s.request_stop();
    co_await s.join();
  }
  co_return sum;
}

}  // namespace

TEST_CASE("a job that is cancelled while a thread comes free has either run or not") {
  const std::uint64_t seed = seed_of_this_run("blocking, cancel against start");
  CAPTURE(seed);
  dice draw{seed};
  const unsigned rounds = effort(5'000, 50'000);
  support::ledger book;
  outcome sum;
  {
    trust::options o;
    o.workers = 2;
    o.pin = trust::pinning::none;
    o.blocking_threads = 1;
    o.blocking_idle = 0us;
    trust::runtime rt{o};
    const watchdog guard{"jobs cancelled while a thread comes free", 55s, &rt};
    std::vector<trust::task_handle<outcome>> all;
    for (std::size_t w = 0; w < 2; ++w) {
      all.push_back(rt.spawn(trust::on(w), race, trust::unchecked(&book), draw(), rounds));
    }
    for (auto& t : all) {
      const outcome one = t.get();
      sum.ran += one.ran;
      sum.cancelled += one.cancelled;
      sum.wrong += one.wrong;
    }
    const trust::blocking_metrics seen = rt.blocking_metrics();
    CHECK(seen.done + seen.cancelled + seen.refused == 4 * std::uint64_t{rounds});
    CHECK(seen.queued == 0);
    std::printf("%u have run, %u were cancelled, %llu threads were started\n", sum.ran, sum.cancelled,
                static_cast<unsigned long long>(seen.started));
  }
  CHECK(sum.wrong == 0);
  CHECK(sum.ran + sum.cancelled == 2 * rounds);
  CHECK(sum.ran > 0);
  CHECK(sum.cancelled > 0);
  CHECK(book.born == static_cast<int>(2 * rounds));
  CHECK(book.alive == 0);
}
