// SPDX-License-Identifier: MIT
// entrusted: the counter in the hands of a trustee. Each client awaits its call before it makes the next; many clients on
// a worker keep many calls in flight, which is what hides the way between the cores.
#include "measure.hpp"
#include <trust/trust.hpp>

#include <sched.h>

#include <algorithm>
#include <chrono>

namespace counter {
namespace {

trust::task<void> client(trust::remote<long> hits, long calls) {
  for (long i = 0; i < calls; ++i) co_await hits.apply([](long& n) { ++n; });
}

trust::task<void> crowd(trust::runtime& rt, trust::remote<long> hits, std::size_t callers, std::size_t in_flight,
                        long calls) {
  std::vector<trust::task_handle<void>> clients;
  for (std::size_t i = 0; i < in_flight; ++i)
    for (std::size_t w = 0; w < callers; ++w) clients.push_back(rt.spawn(trust::on(w), client, hits, calls));
  for (auto& c : clients) co_await c;
}

// The CPU that this worker is pinned to, or -1.
trust::task<int> own_cpu() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  bool pinned = sched_getaffinity(0, sizeof mask, &mask) == 0 && CPU_COUNT(&mask) == 1;
  co_return pinned ? sched_getcpu() : -1;
}

}  // namespace

cpus cpus_of(trust::runtime& rt) {
  return rt.block_on([&]() -> trust::task<cpus> {
    cpus found;
    for (std::size_t w = 0; w < rt.workers(); ++w) {
      auto worker = rt.spawn(trust::on(w), own_cpu);
      int cpu = co_await worker;
      if (cpu < 0) co_return cpus{};
      found.push_back(cpu);
    }
    co_return found;
  });
}

double by_remote(trust::runtime& rt, std::size_t in_flight, bool at_home, long increments) {
  std::size_t trustee = rt.workers() - 1;
  std::size_t callers = at_home ? rt.workers() : std::max<std::size_t>(trustee, 1);
  long clients = static_cast<long>(callers * in_flight);
  long calls = std::max(increments / clients, 1L);
  trust::remote<long> hits = rt.entrust(trust::on(trustee), 0L);

  auto begin = std::chrono::steady_clock::now();
  rt.block_on([&] { return crowd(rt, hits, callers, in_flight, calls); });
  std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;

  check("remote", hits.extract().get(), calls * clients);
  return took.count() * static_cast<double>(increments) / static_cast<double>(calls * clients);
}

}  // namespace counter
