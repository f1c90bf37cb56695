// SPDX-License-Identifier: MIT
// together: what does a transfer between two objects of different owners cost?
//
// Accounts, of which each transfer takes two at random: few, so that transfers meet, or many. The rivals are threads: one mutex for all accounts,
// and one in each, both taken in one order (std::scoped_lock). `together` has its callers on both workers, 8 on each, and accounts on
// both (`apart`) or all on the second (`one_owner`: one message for each transfer of the first). `one_by_one` is what a transfer costs that
// nobody needs to be atomic: two awaited calls. `one_object` is the same bank as one object: one call, where it may be one.
#include "support/crowd.hpp"
#include "support/session.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace {

using bench::measured;
using account = trust::remote<long>;
using bank = std::vector<account>;
constexpr std::size_t in_flight = 8;

/// Which two accounts, always two.
class pairs {
 public:
  pairs(std::uint64_t seed, std::size_t accounts) : next_{seed * 2 + 1}, n_{accounts} {}
  std::pair<std::size_t, std::size_t> operator()() noexcept {
    next_ = next_ * 6364136223846793005u + 1442695040888963407u;
    const std::size_t a = (next_ >> 33) % n_;
    const std::size_t b = (next_ >> 45) % (n_ - 1);
    return {a, b < a ? b : b + 1};
  }

 private:
  std::uint64_t next_;
  std::size_t n_;
};

struct alignas(64) guarded_account {
  std::mutex lock;
  long balance = 0;
};

measured by_locks(std::size_t accounts, bool one_for_all, long operations) {
  const std::unique_ptr<guarded_account[]> all{new guarded_account[accounts]};
  std::mutex lock;
  const long each = operations / 2;
  const auto took = bench::together(2, [&](std::size_t me) {
    pairs draw{me + 1, accounts};
    for (long i = 0; i < each; ++i) {
      const auto [a, b] = draw();
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

/// `transfer(a, b)` gives a task.
template <class Transfer> measured by_tasks(trust::runtime& rt, bank all, long operations, Transfer transfer) {
  const long each = std::max(operations / static_cast<long>(2 * in_flight), 1L);
  std::uint64_t seed = 0;
  const double ns = bench::crowd::run(rt, 0, 2, in_flight, each, [&](long times) -> trust::task<void> {
    pairs draw{++seed, all.size()};
    for (long i = 0; i < times; ++i) {
      const auto [a, b] = draw();
      co_await transfer(all[a], all[b]);
    }
  });
  long sum = 0;
  for (const account& x : all) sum += x.apply([](long& n) { return n; }).get();
  bench::check("transfers", sum, 0);
  return {.operations = static_cast<double>(each) * 2 * in_flight, .ns = ns};
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

measured by_one_object(trust::runtime& rt, std::size_t accounts, long operations) {
  auto all = rt.entrust(trust::on(1), std::vector<long>(accounts));
  const long each = std::max(operations / static_cast<long>(2 * in_flight), 1L);
  std::uint64_t seed = 0;
  const double ns = bench::crowd::run(rt, 0, 2, in_flight, each, [&](long times) -> trust::task<void> {
    pairs draw{++seed, accounts};
    for (long i = 0; i < times; ++i) {
      co_await all.apply(
          [](std::vector<long>& x, std::pair<std::size_t, std::size_t> p) {
            x[p.first] -= 1;
            x[p.second] += 1;
          },
          draw());
    }
  });
  long sum = 0;
  for (const long x : all.extract().get()) sum += x;
  bench::check("one object", sum, 0);
  return {.operations = static_cast<double>(each) * 2 * in_flight, .ns = ns};
}

bank opened(trust::runtime& rt, std::size_t accounts, bool apart) {
  bank all;
  for (std::size_t i = 0; i < accounts; ++i) all.push_back(rt.entrust(trust::on(apart ? i % 2 : 1), 0L));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "together"};
  trust::runtime rt{bench::pinned()};
  for (const std::size_t accounts : {2u, 16u, 1024u}) {
    const std::string at = "/accounts:" + std::to_string(accounts);
    const bank apart = opened(rt, accounts, true);
    const bank one_owner = opened(rt, accounts, false);
    s.add("together/one_mutex" + at, [accounts](long n) { return by_locks(accounts, true, n); });
    s.add("together/mutex_each" + at, [accounts](long n) { return by_locks(accounts, false, n); });
    s.add("together/one_object" + at, [&rt, accounts](long n) { return by_one_object(rt, accounts, n); });
    s.add("together/one_by_one" + at, [&rt, apart](long n) { return by_tasks(rt, apart, n, one_by_one); });
    s.add("together/one_owner" + at, [&rt, one_owner](long n) { return by_tasks(rt, one_owner, n, transfer); });
    s.add("together/apart" + at, [&rt, apart](long n) { return by_tasks(rt, apart, n, transfer); });
  }
  return s.run();
}
