// SPDX-License-Identifier: MIT
// reduction: does the explorer lose an outcome by entering equal states once only?
//
// Small random programs of two and three threads (loads, stores, read-modify-writes of two words in random orders,
// a membarrier now and then) are explored with and without the reduction; what the threads may have read and what
// the words may hold in the end must be the same set. The seed of a program that differs is printed.
#include "support/checked_machine.hpp"
#include "support/explorer_suite.hpp"

#include <cstdio>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace {

using machine = model::checked_machine;
using outcome = std::array<int, 12>;

enum class action { load, store, add, swap_from_zero, barrier };
struct instruction {
  action what;
  unsigned word;
  std::memory_order order;
};
using program = std::vector<std::vector<instruction>>;

program invent(unsigned seed) {
  std::mt19937 random{seed};
  const auto one_of = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  program p(2 + one_of(2));
  const unsigned longest = p.size() == 2 ? 4 : 2;
  for (auto& thread : p) {
    thread.resize(2 + one_of(longest - 1));
    for (auto& i : thread) {
      using enum std::memory_order;
      i.what = std::array{action::load, action::load,           action::store,  action::store,
                          action::add,  action::swap_from_zero, action::barrier}[one_of(7)];
      i.word = one_of(2);
      if (i.what == action::load) i.order = std::array{relaxed, acquire, seq_cst}[one_of(3)];
      if (i.what == action::store) i.order = std::array{relaxed, release, seq_cst}[one_of(3)];
      if (i.what == action::add || i.what == action::swap_from_zero)
        i.order = std::array{relaxed, acq_rel, seq_cst}[one_of(3)];
    }
  }
  return p;
}

struct shared_state {
  machine::atomic<int> words[2];
  outcome seen{};
};

void play(const program& p, unsigned thread, shared_state& s) {
  for (unsigned k = 0; k < p[thread].size(); ++k) {
    const instruction& i = p[thread][k];
    auto& word = s.words[i.word];
    int& out = s.seen[4 * thread + k];
    int zero = 0;
    switch (i.what) {
      case action::load:
        out = word.load(i.order);
        break;
      case action::store:
        word.store(static_cast<int>(10 * thread + k + 1), i.order);
        break;
      case action::add:
        out = word.fetch_add(100, i.order);
        break;
      case action::swap_from_zero:
        out = word.compare_exchange_strong(zero, 7, i.order, std::memory_order_relaxed) ? -1 : zero;
        break;
      case action::barrier:
        while (!machine::membarrier()) {}
        break;
    }
  }
}

std::pair<std::set<std::pair<outcome, std::array<int, 2>>>, std::uint64_t> outcomes(const program& p, bool reduce) {
  std::set<std::pair<outcome, std::array<int, 2>>> all;
  const auto r = model::explore({.name = "random", .reduce = reduce}, [&](model::world& w) {
    auto s = std::make_shared<shared_state>();
    static constexpr const char* names[] = {"a", "b", "c"};
    for (unsigned t = 0; t < p.size(); ++t) w.thread(names[t], [s, &p, t] { play(p, t, *s); });
    w.finally([s, &all] {
      const std::array<int, 2> last{s->words[0].load(std::memory_order_relaxed),
                                    s->words[1].load(std::memory_order_relaxed)};
      model::arena::outside o;
      all.insert({s->seen, last});
    });
  });
  if (r.failed) std::printf("reduction: %s\n", r.error.c_str());
  return {all, r.executions};
}

}  // namespace

int main() {
  unsigned wrong = 0;
  std::uint64_t fewer = 0, more = 0, found = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    const program p = invent(seed);
    const auto [reduced, n] = outcomes(p, true);
    const auto [full, m] = outcomes(p, false);
    fewer += n, more += m, found += full.size();
    if (reduced != full) {
      ++wrong;
      std::printf("reduction: seed %u: %zu outcomes instead of %zu\n", seed, reduced.size(), full.size());
    }
  }
  std::printf("reduction: %llu outcomes of 40 programs, by %llu executions instead of %llu: %s\n",
              static_cast<unsigned long long>(found), static_cast<unsigned long long>(fewer),
              static_cast<unsigned long long>(more), wrong ? "NOT THE SAME" : "the same");
  return wrong ? 1 : 0;
}
