// SPDX-License-Identifier: MIT
// A bank whose accounts lie on all workers, for stress tests of together: transfers between two and three of them, audits over all, and tasks on
// the accounts that pay by calls and launches.
#pragma once

#include <support/runtimes.hpp>
#include <support/seed.hpp>

#include <numeric>
#include <span>
#include <vector>

namespace tests {

using namespace std::chrono_literals;
using trust::task;

inline constexpr std::size_t accounts = 24;
inline constexpr long money = 1'000;
using bank = std::vector<trust::remote<long>>;

struct diary {
  std::vector<std::chrono::nanoseconds> took;
  unsigned transfers = 0;
  unsigned stopped = 0;
  unsigned audits = 0;
  bool wrong = false;

  void add(const diary& d) {
    took.insert(took.end(), d.took.begin(), d.took.end());
    transfers += d.transfers;
    stopped += d.stopped;
    audits += d.audits;
    wrong |= d.wrong;
  }
};

[[nodiscard]] inline long total(std::span<long* const> all) {
  return std::accumulate(all.begin(), all.end(), 0L, [](long sum, const long* x) { return sum + *x; });
}

/// Sends money from one account to another by calls alone: not atomic, but nothing is lost; it may wait for a transfer and a transfer for it.
inline task<> pay(bank accounts_of, std::size_t from, std::size_t to) {
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

[[nodiscard]] inline bank opened(trust::runtime& rt) {
  bank all;
  for (std::size_t i = 0; i < accounts; ++i) all.push_back(rt.entrust(trust::on(i % rt.workers()), long{money}));
  return all;
}

/// One dealing of a teller. With launches there is no audit: money may be on its way.
inline task<> deal(bank& all, dice& random, bool launches, diary& mine) {
  std::size_t i = random.below(accounts);
  std::size_t j = random.below(accounts);
  std::size_t k = random.below(accounts);
  if (i == j || j == k || i == k) co_return;
  const long sum = static_cast<long>(random.below(10));
  const auto begin = trust::now();
  switch (random.below(launches ? 7 : 8)) {
    case 7: {
      const long now = co_await trust::together(all, total);
      mine.wrong |= now != money * static_cast<long>(accounts);
      ++mine.audits;
      co_return;
    }
    case 1: {
      const auto r = co_await trust::as_result(trust::with_timeout(trust::together(all[i], all[j],
                                                                                   [sum](long& a, long& b) {
                                                                                     a -= sum;
                                                                                     b += sum;
                                                                                   }),
                                                                   std::chrono::microseconds{random.below(200)}));
      mine.stopped += !r.has_value();
      co_return;
    }
    case 0:
      co_await trust::together(all[i], all[j], all[k], [sum](long& a, long& b, long& c) {
        a -= 2 * sum;
        b += sum;
        c += sum;
      });
      break;
    case 2:
      if (launches) {
        co_await pay(all, i, j);
        co_return;
      }
      [[fallthrough]];
    default:
      co_await trust::together(all[i], all[j], [sum](long& a, long& b) {
        a -= sum;
        b += sum;
      });
  }
  mine.took.push_back(trust::now() - begin);
  ++mine.transfers;
}

}  // namespace tests
