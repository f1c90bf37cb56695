// SPDX-License-Identifier: MIT
#pragma once
// crowd: coroutines that do something many times, so many at once on each of some workers. They are all made before the
// clock starts, which runs from the common start to the end of the last one; making and joining them is not in it.
#include "machine.hpp"
#include <trust/trust.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <vector>

namespace bench {

/// Options for `workers` workers, each pinned to a CPU of its own (in turn, where there are not so many).
[[nodiscard]] inline trust::options pinned(std::size_t workers = 2) {
  trust::options o;
  o.workers = workers;
  o.cpus.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) o.cpus.push_back(cpus()[i % cpus().size()]);
  o.stall_report = std::chrono::seconds{10};
  return o;
}

class crowd {
 public:
  using loop = std::function<trust::task<void>(long times)>;

  /// `in_flight` coroutines on each worker from `first` to `last` (not included), each runs body(times). Nanoseconds.
  [[nodiscard]] static double run(trust::runtime& rt, std::size_t first, std::size_t last, std::size_t in_flight,
                                  long times, const loop& body) {
    crowd all{last - first, in_flight, times, body};
    rt.block_on([&]() -> trust::task<void> {
      std::vector<trust::task_handle<void>> leaders;
      for (std::size_t w = first; w < last; ++w)
        leaders.push_back(rt.spawn(trust::on(w), lead, trust::unchecked(&all), w - first));
      for (auto& l : leaders) co_await l;
    });
    return ns_between(*std::min_element(all.begins_.begin(), all.begins_.end()),
                      *std::max_element(all.ends_.begin(), all.ends_.end()));
  }

 private:
  struct gate {
    bool open = false;
    std::size_t left = 0;
    clock::time_point end = {};
  };
  crowd(std::size_t workers, std::size_t in_flight, long times, const loop& body)
      : begins_(workers), ends_(workers), in_flight_{in_flight}, times_{times}, body_{body} {}

  static trust::task<void> member(crowd* all, gate* g) {
    while (!g->open) co_await trust::yield();
    co_await all->body_(all->times_);
    if (--g->left == 0) g->end = clock::now();
  }
  static trust::task<void> lead(crowd* all, std::size_t index) {
    gate g;
    g.left = all->in_flight_;
    std::vector<trust::task_handle<void>> members;
    for (std::size_t i = 0; i < all->in_flight_; ++i)
      members.push_back(trust::this_runtime().spawn(member, trust::unchecked(all), trust::unchecked(&g)));
    co_await trust::yield();
    all->ready_.fetch_add(1);
    while (all->ready_.load() != all->begins_.size()) co_await trust::yield();
    all->begins_[index] = clock::now();
    g.open = true;
    for (auto& m : members) co_await m;
    all->ends_[index] = g.end;
  }

  std::vector<clock::time_point> begins_, ends_;
  std::atomic<std::size_t> ready_{0};
  std::size_t in_flight_;
  long times_;
  const loop& body_;
};

}  // namespace bench
