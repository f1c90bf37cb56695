// SPDX-License-Identifier: MIT
// Stress of together: a bank (bank.hpp) under 8 workers. At every audit the money is what it was, nothing waits for ever, and how long a transfer
// took is told. The same with tasks launched on the accounts in between, and both in simulations, each with a seed of its own.

#include "bank.hpp"

#include <support/effort.hpp>

#include <algorithm>

namespace tests {
namespace {

task<diary> teller(bank all, std::uint64_t seed, std::chrono::milliseconds for_how_long, bool launches) {
  dice random{seed};
  diary mine;
  const auto end = trust::now() + for_how_long;
  while (trust::now() < end) co_await deal(all, random, launches, mine);
  co_return mine;
}

task<diary> teller_of(bank all, std::uint64_t seed, unsigned deals, bool launches) {
  dice random{seed};
  diary mine;
  for (unsigned i = 0; i < deals; ++i) co_await deal(all, random, launches, mine);
  co_return mine;
}

void check_last_audit(trust::runtime& rt, bank& all, const diary& sum) {
  CHECK_FALSE(sum.wrong);
  support::run(rt, [&]() -> task<> {
    const long now = co_await trust::together(all, total);
    CHECK(now == money * static_cast<long>(accounts));
  });
}

void run_bank(std::uint64_t seed, std::chrono::milliseconds for_how_long, bool launches) {
  trust::options o;
  o.workers = 8;
  trust::runtime rt{o};
  bank all = opened(rt);
  std::vector<trust::task_handle<diary>> tellers;
  for (std::size_t i = 0; i < 16; ++i)
    tellers.push_back(rt.spawn(trust::on(i % 8), teller, all, seed + i, for_how_long, launches));
  diary sum;
  for (auto& h : tellers) sum.add(h.get());
  check_last_audit(rt, all, sum);
  REQUIRE(sum.transfers > 0);
  if (!launches) CHECK(sum.audits > 0);
  const auto p99 = sum.took.begin() + static_cast<std::ptrdiff_t>(sum.took.size() * 99 / 100);
  std::nth_element(sum.took.begin(), p99, sum.took.end());
  MESSAGE(sum.transfers, " transfers, ", sum.stopped, " given up, ", sum.audits, " audits; p99 of a transfer ",
          std::chrono::duration_cast<std::chrono::microseconds>(*p99).count(), " us");
}

TEST_CASE("the bank's money is what it was at every audit") {
  run_bank(seed_of_this_run("together"), std::chrono::milliseconds{effort(3'000, 60'000)}, false);
}

TEST_CASE("the same with tasks on the accounts that pay by calls and launches meanwhile") {
  run_bank(seed_of_this_run("together, launches"), std::chrono::milliseconds{effort(1'500, 30'000)}, true);
}

TEST_CASE("the same in simulations, whatever order the seed draws") {
  const std::uint64_t first = seed_of_this_run("together, simulated");
  const auto begin = std::chrono::steady_clock::now();
  const unsigned seeds = effort(500, 10'000);
  diary sum;
  for (unsigned k = 0; k < seeds; ++k) {
    CAPTURE(first);
    CAPTURE(k);
    trust::runtime rt{trust::simulated{.seed = (first + k) | 1, .workers = 4}};
    bank all = opened(rt);
    std::vector<trust::task_handle<diary>> tellers;
    for (std::size_t i = 0; i < 4; ++i)
      tellers.push_back(rt.spawn(trust::on(i), teller_of, all, first + k * 4 + i, 5u, k % 2 == 1));
    for (auto& h : tellers) sum.add(h.get());
    check_last_audit(rt, all, sum);
  }
  CHECK(sum.transfers > 0);
  CHECK(sum.audits > 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  MESSAGE(seeds, " seeds, ", sum.transfers, " transfers, ", sum.audits, " audits in ", took.count(), " s");
}

}  // namespace
}  // namespace tests
