// SPDX-License-Identifier: MIT
// Stress of together: a bank whose accounts lie on all workers. Transfers between two and three of them, audits over all: at every audit the money is
// what it was, nothing waits for ever, and how long a transfer took is told. Then the same with tasks launched on the accounts in between.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/seed.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

constexpr std::size_t accounts = 24;
constexpr long money = 1'000;
using bank = std::vector<trust::remote<long>>;

struct diary {
  std::vector<std::chrono::nanoseconds> took;
  unsigned transfers = 0;
  unsigned stopped = 0;
  unsigned audits = 0;
  bool wrong = false;
};

long total(std::span<long* const> all) {
  return std::accumulate(all.begin(), all.end(), 0L, [](long sum, const long* x) { return sum + *x; });
}

/// Sends money from one account to another by calls alone: not atomic, but nothing is lost; it may wait for a transfer and a transfer for it.
task<> pay(bank accounts_of, std::size_t from, std::size_t to) {
  auto l = accounts_of[from].launch(
      [](long& balance, trust::remote<long> other) -> task<> {
        balance -= 1;
        co_await trust::yield();
        co_await other.apply([](long& x) { x += 1; });
        balance -= 1;
        co_await other.launch([](long& x) -> task<> {
          co_await trust::yield();
          x += 1;
        });
      },
      accounts_of[to]);
  co_await l;
}

task<diary> teller(bank all, std::uint64_t seed, std::chrono::milliseconds for_how_long, bool launches) {
  tests::dice random{seed};
  diary mine;
  const auto end = trust::now() + for_how_long;
  while (trust::now() < end) {
    std::size_t i = random.below(accounts);
    std::size_t j = random.below(accounts);
    std::size_t k = random.below(accounts);
    if (i == j || j == k || i == k) continue;
    const long sum = static_cast<long>(random.below(10));
    const auto begin = trust::now();
    switch (random.below(8)) {
      case 0: {
        if (launches) break;  // money is on its way
        const long now = co_await trust::together(all, total);
        mine.wrong |= now != money * static_cast<long>(accounts);
        ++mine.audits;
        continue;
      }
      case 1: {
        const auto r = co_await trust::as_result(trust::with_timeout(trust::together(all[i], all[j],
                                                                                     [sum](long& a, long& b) {
                                                                                       a -= sum;
                                                                                       b += sum;
                                                                                     }),
                                                                     std::chrono::microseconds{random.below(200)}));
        mine.stopped += !r.has_value();
        continue;
      }
      case 2:
        if (!launches) break;
        co_await pay(all, i, j);
        continue;
      case 3:
        co_await trust::together(all[i], all[j], all[k], [sum](long& a, long& b, long& c) {
          a -= 2 * sum;
          b += sum;
          c += sum;
        });
        break;
      default:
        co_await trust::together(all[i], all[j], [sum](long& a, long& b) {
          a -= sum;
          b += sum;
        });
    }
    mine.took.push_back(trust::now() - begin);
    ++mine.transfers;
  }
  co_return mine;
}

void run_bank(std::uint64_t seed, std::chrono::milliseconds for_how_long, bool launches) {
  trust::options o;
  o.workers = 8;
  trust::runtime rt{o};
  bank all;
  for (std::size_t i = 0; i < accounts; ++i) all.push_back(rt.entrust(trust::on(i % 8), long{money}));
  std::vector<trust::task_handle<diary>> tellers;
  for (std::size_t i = 0; i < 16; ++i)
    tellers.push_back(rt.spawn(trust::on(i % 8), teller, all, seed + i, for_how_long, launches));
  diary sum;
  for (auto& h : tellers) {
    const diary d = h.get();
    sum.took.insert(sum.took.end(), d.took.begin(), d.took.end());
    sum.transfers += d.transfers;
    sum.stopped += d.stopped;
    sum.audits += d.audits;
    sum.wrong |= d.wrong;
  }
  CHECK_FALSE(sum.wrong);
  support::run(rt, [&]() -> task<> {
    const long now = co_await trust::together(all, total);
    CHECK(now == money * static_cast<long>(accounts));
  });
  REQUIRE(sum.transfers > 0);
  if (!launches) CHECK(sum.audits > 0);
  const auto p99 = sum.took.begin() + static_cast<std::ptrdiff_t>(sum.took.size() * 99 / 100);
  std::nth_element(sum.took.begin(), p99, sum.took.end());
  MESSAGE(sum.transfers, " transfers, ", sum.stopped, " given up, ", sum.audits, " audits; p99 of a transfer ",
          std::chrono::duration_cast<std::chrono::microseconds>(*p99).count(), " us");
}

TEST_CASE("the bank's money is what it was at every audit") {
  run_bank(tests::seed_of_this_run("together"), std::chrono::milliseconds{tests::effort(1'500, 30'000)}, false);
}

TEST_CASE("the same with tasks on the accounts that pay by calls and launches meanwhile") {
  run_bank(tests::seed_of_this_run("together, launches"), std::chrono::milliseconds{tests::effort(1'500, 30'000)},
           true);
}

}  // namespace
