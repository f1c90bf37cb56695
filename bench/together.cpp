// SPDX-License-Identifier: MIT
// together: what does a transfer between two objects of different owners cost?
//
// Accounts, of which each transfer takes two at random: few, so that transfers meet, or many. The rivals are threads: one mutex for all accounts,
// and one in each, both taken in one order (std::scoped_lock). `together` has its callers on both workers, 8 on each, and accounts on
// both (`apart`) or all on the second (`one_owner`: one message for each transfer of the first). `one_by_one` is what a transfer costs that
// nobody needs to be atomic: two awaited calls. `one_object` is the same bank as one object: one call, where it may be one.
#include "support/crowd.hpp"
#include "support/keys.hpp"
#include "support/session.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace {

using bench::measured;
using account = trust::remote<long>;
using bank = std::vector<account>;
constexpr std::size_t in_flight = 8;

/// Which two accounts, always two: drawn beforehand, as keys are.
class pairs {
 public:
  explicit pairs(std::size_t accounts) : first_{accounts, false, 0}, distance_{accounts - 1, false, 0}, n_{accounts} {}
  [[nodiscard]] std::pair<std::size_t, std::size_t> at(std::size_t i) const noexcept {
    const std::size_t a = first_.at(i).object;
    return {a, (a + 1 + distance_.at(i * 7 + 3).object) % n_};
  }

 private:
  bench::keys first_, distance_;
  std::size_t n_;
};
constexpr std::size_t apart = 1009;  // from the first draw of one client to that of the next

struct alignas(64) guarded_account {
  std::mutex lock;
  long balance = 0;
};

measured by_locks(const pairs& draw, std::size_t accounts, bool one_for_all, long operations) {
  const std::unique_ptr<guarded_account[]> all{new guarded_account[accounts]};
  std::mutex lock;
  const long each = operations / 2;
  const auto took = bench::together(2, [&](std::size_t me) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(each); ++i) {
      const auto [a, b] = draw.at(me * apart + i);
      if (one_for_all) {
        const std::scoped_lock both{lock};
        all[a].balance -= 1;
        all[b].balance += 1;
      } else {
        const std::scoped_lock both{all[a].lock, all[b].lock};
        all[a].balance -= 1;
        all[b].balance += 1;
      }
    }
  });
  long sum = 0;
  for (std::size_t i = 0; i < accounts; ++i) sum += all[i].balance;
  bench::check("locks", sum, 0);
  return {.operations = static_cast<double>(each * 2), .ns = took.ns};
}

/// `transfer(from, to)` is awaited; `total()` gives the money of all accounts.
template <class Transfer, class Total>
measured by_tasks(trust::runtime& rt, const pairs& draw, long operations, Transfer transfer, Total total) {
  const long each = std::max(operations / static_cast<long>(2 * in_flight), 1L);
  std::atomic<std::size_t> clients{0};
  const double ns = bench::crowd::run(rt, 0, 2, in_flight, each, [&](long times) -> trust::task<void> {
    const std::size_t first = apart * clients.fetch_add(1);
    for (std::size_t i = 0; i < static_cast<std::size_t>(times); ++i) {
      const auto [a, b] = draw.at(first + i);
      co_await transfer(a, b);
    }
  });
  bench::check("transfers", total(), 0);
  return {.operations = static_cast<double>(each) * 2 * in_flight, .ns = ns};
}

/// The same between accounts that are objects.
template <class Transfer> measured among(trust::runtime& rt, const pairs& draw, const bank& all, long n, Transfer f) {
  return by_tasks(
      rt, draw, n, [&](std::size_t a, std::size_t b) { return f(all[a], all[b]); },
      [&] {
        long sum = 0;
        for (const account& x : all) sum += x.apply([](long& balance) { return balance; }).get();
        return sum;
      });
}

trust::task<void> transfer(const account& from, const account& to) {
  co_await trust::together(from, to, [](long& a, long& b) {
    a -= 1;
    b += 1;
  });
}

trust::task<void> one_by_one(const account& from, const account& to) {
  co_await from.apply([](long& a) { a -= 1; });
  co_await to.apply([](long& b) { b += 1; });
}

measured by_one_object(trust::runtime& rt, const pairs& draw, std::size_t accounts, long operations) {
  const auto all = rt.entrust(trust::on(1), std::vector<long>(accounts));
  return by_tasks(
      rt, draw, operations,
      [&all](std::size_t from, std::size_t to) {
        return all.apply(
            [](std::vector<long>& x, std::size_t a, std::size_t b) {
              x[a] -= 1;
              x[b] += 1;
            },
            from, to);
      },
      [&] { return all.apply([](std::vector<long>& x) { return std::accumulate(x.begin(), x.end(), 0L); }).get(); });
}

bank opened(trust::runtime& rt, std::size_t accounts, bool on_both) {
  bank all;
  for (std::size_t i = 0; i < accounts; ++i) all.push_back(rt.entrust(trust::on(on_both ? i % 2 : 1), 0L));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "together"};
  trust::runtime rt{bench::pinned()};
  for (const std::size_t accounts : {2u, 16u, 1024u}) {
    const std::string at = "/accounts:" + std::to_string(accounts);
    const auto draw = std::make_shared<const pairs>(accounts);
    const bank both = opened(rt, accounts, true);
    const bank one = opened(rt, accounts, false);
    s.add("together/one_mutex" + at, [=](long n) { return by_locks(*draw, accounts, true, n); });
    s.add("together/mutex_each" + at, [=](long n) { return by_locks(*draw, accounts, false, n); });
    s.add("together/one_object" + at, [=, &rt](long n) { return by_one_object(rt, *draw, accounts, n); });
    s.add("together/one_by_one" + at, [=, &rt](long n) { return among(rt, *draw, both, n, one_by_one); });
    s.add("together/one_owner" + at, [=, &rt](long n) { return among(rt, *draw, one, n, transfer); });
    s.add("together/apart" + at, [=, &rt](long n) { return among(rt, *draw, both, n, transfer); });
  }
  return s.run();
}
