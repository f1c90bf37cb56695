// SPDX-License-Identifier: MIT
// work: how many rounds make so many nanoseconds, and how many nanoseconds make a tick. Of several tries the quickest
// counts, which nobody disturbed.
#include "work.hpp"

#include "machine.hpp"
#include "ticks.hpp"

#include <algorithm>
#include <thread>

namespace bench {

work::work(double ns) {
  if (ns <= 0) return;
  const auto measure = [this] {
    double best = 1e9;
    for (int attempt = 0; attempt < 50; ++attempt) {
      const int times = rounds_ > 5'000 ? 1 : 50;
      const auto begin = clock::now();
      for (int i = 0; i < times; ++i) (*this)();
      best = std::min(best, ns_between(begin, clock::now()) / times);
    }
    return best;
  };
  rounds_ = 1000;
  rounds_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(ns * 1000 / measure()));
  ns_ = measure();
}

double ns_of_tick() {
  static const double rate = [] {
    const auto begin = clock::now();
    const std::uint64_t from = ticks();
    std::this_thread::sleep_for(std::chrono::milliseconds{30});
    const std::uint64_t to = ticks();
    return ns_between(begin, clock::now()) / static_cast<double>(to - from);
  }();
  return rate;
}

}  // namespace bench
