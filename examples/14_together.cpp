// SPDX-License-Identifier: MIT
// A transfer between accounts on different workers: `together` has both for itself while its closure runs, and nobody sees the money in
// between. An account can move to another worker while all that goes on. What may be touched on another thread says so: `may_travel`.
#include <trust/trust.hpp>

#include <iostream>
#include <span>
#include <vector>

struct account {
  explicit account(long begin) : balance{begin} {}
  long balance;
};
template <> inline constexpr bool trust::may_travel<account> = true;

namespace {

using accounts = std::vector<trust::remote<account>>;

trust::task<bool> transfer(trust::remote<account> from, trust::remote<account> to, long sum) {
  co_return co_await trust::together(from, to, [sum](account& a, account& b) {
    if (a.balance < sum) return false;
    a.balance -= sum;
    b.balance += sum;
    return true;
  });
}

trust::task<long> audit(accounts all) {
  co_return co_await trust::together(all, [](std::span<account* const> every) {
    long sum = 0;
    for (const account* a : every) sum += a->balance;
    return sum;
  });
}

trust::task<> teller(accounts all, unsigned number) {
  for (unsigned i = 0; i < 200; ++i) {
    number = number * 1103515245 + 12345;
    const std::size_t from = number / 65536 % all.size();
    const std::size_t to = (from + 1 + number / 1024 % (all.size() - 1)) % all.size();
    co_await transfer(all[from], all[to], number / 256 % 50);
  }
}

}  // namespace

int main() {
  trust::runtime rt;
  accounts all;
  for (std::size_t i = 0; i < 6; ++i) all.push_back(rt.emplace<account>(trust::on(i % rt.workers()), 100));

  const long total = rt.block_on([&]() -> trust::task<long> {
    trust::scope tellers;
    for (unsigned i = 0; i < 4; ++i) co_await tellers.spawn(teller, all, i);
    long seen = 0;
    for (std::size_t i = 0; i < 20; ++i) {
      co_await all[0].move_to(trust::on(i % rt.workers()));
      seen = co_await audit(all);
      if (seen != 600) break;
    }
    co_await tellers.join();
    co_return seen;
  });
  std::cout << "800 transfers between 6 accounts; at every audit there were " << total << '\n';
  return total == 600 ? 0 : 1;
}
