// SPDX-License-Identifier: MIT
// A bank with many clients. Transfers move money between accounts, and no lock is in sight: a closure has the bank
// to itself, so that an auditor who asks at any moment finds every cent.
#include <trust/trust.hpp>

#include <iostream>
#include <numeric>
#include <random>
#include <vector>

namespace {

constexpr std::size_t accounts = 100;
constexpr long opening_balance = 1000;
constexpr unsigned clients = 64;
constexpr int transfers = 500;  // of each client

class bank {
 public:
  bool transfer(std::size_t from, std::size_t to, long amount) {
    if (balances_[from] < amount) return false;
    balances_[from] -= amount;
    balances_[to] += amount;
    return true;
  }
  long total() const { return std::accumulate(balances_.begin(), balances_.end(), 0L); }

 private:
  std::vector<long> balances_ = std::vector<long>(accounts, opening_balance);
};

// Returns how many of its transfers were refused.
trust::task<int> client(trust::remote<bank> b, unsigned seed) {
  std::minstd_rand random{seed};
  int refused = 0;
  for (int i = 0; i < transfers; ++i) {
    std::size_t from = random() % accounts;
    std::size_t to = random() % accounts;
    long amount = static_cast<long>(random() % 500);
    bool done = co_await b.apply(&bank::transfer, from, to, amount);
    if (!done) ++refused;
  }
  co_return refused;
}

// Returns how many of its audits found a wrong total.
trust::task<int> auditor(trust::remote<bank> b, int audits) {
  int wrong = 0;
  for (int i = 0; i < audits; ++i) {
    long total = co_await b.with(&bank::total);
    if (total != static_cast<long>(accounts) * opening_balance) ++wrong;
    co_await trust::yield();
  }
  co_return wrong;
}

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 4}};  // more workers than cores is fine
  auto b = rt.emplace<bank>(trust::on(0));

  auto [refused, wrong, total] = rt.block_on([&]() -> trust::task<std::tuple<int, int, long>> {
    auto audits = rt.spawn(trust::on(1), auditor, b, 1000);
    std::vector<trust::task_handle<int>> crowd;
    for (unsigned i = 0; i < clients; ++i) crowd.push_back(rt.spawn(trust::on(i % 4), client, b, i + 1));

    int sum = 0;
    for (auto& c : crowd) sum += co_await c;
    int bad = co_await audits;
    long end = co_await b.with(&bank::total);
    co_return std::tuple{sum, bad, end};
  });

  std::cout << clients << " clients, " << clients * transfers << " transfers, " << refused << " refused\n"
            << "1000 audits while they ran, " << wrong << " of them wrong; in the end there are " << total
            << " coins\n";
  return wrong == 0 && total == static_cast<long>(accounts) * opening_balance ? 0 : 1;
}
