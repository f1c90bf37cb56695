// SPDX-License-Identifier: MIT
// A worker pool with bounded fan-out: `for_each_concurrent` runs a task for each element, so many at a time, each of which
// sends its work to one of several entrusted shards. `with_scope` is the general form: it ends when all that it began has.
#include <trust/trust.hpp>

#include <iostream>
#include <vector>

namespace {

struct shard {
  long sum = 0;
  void add(int n) { sum += n; }
  long total() const { return sum; }
};

}  // namespace

int main() {
  trust::runtime rt;
  std::vector<trust::remote<shard>> shards;
  for (std::size_t w = 0; w < rt.workers(); ++w) shards.push_back(rt.entrust(trust::on(w), shard{}));

  const long total = rt.block_on([&]() -> trust::task<long> {
    std::vector<int> jobs(1000);
    for (int i = 0; i < 1000; ++i) jobs[static_cast<std::size_t>(i)] = i;
    co_await trust::for_each_concurrent(jobs, 16, [&](int n) -> trust::task<> {
      co_await shards[static_cast<std::size_t>(n) % shards.size()].apply(&shard::add, n);
    });

    long sum = 0;
    co_await trust::with_scope([&](trust::scope& all) -> trust::task<> {
      for (const auto& s : shards) {
        auto one = all.spawn([&sum, s]() -> trust::task<> { sum += co_await s.with(&shard::total); });
        co_await one;
      }
    });
    co_return sum;
  });
  std::cout << "1000 jobs, 16 at a time, over " << shards.size() << " shards: " << total << '\n';
  return total == 499500 ? 0 : 1;
}
