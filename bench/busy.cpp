// SPDX-License-Identifier: MIT
// busy: how long does a call wait when there is other work on the two workers?
//
// One coroutine calls, alone; compute coroutines on the trustee's worker, on the caller's, or on both run slices of 10,
// 50 or 200 us and yield in between. What no runtime can beat is the slice, so budgets are counted in slices as
// measured; `harness/slice` is how long single slices take, which shows what the machine itself adds. A caller that
// calls again at once always comes right after the trustee has begun its next slice (`trustee_at_once`); in `trustee` it
// lets a random time of up to a slice go by first.
#include "support/crowd.hpp"
#include "support/pause.hpp"
#include "support/session.hpp"
#include "support/ticks.hpp"
#include "support/work.hpp"

#include <atomic>
#include <random>

namespace {

using bench::measured;

trust::task<void> compute(std::atomic<bool>* stop, const bench::work* slice) {
  while (!stop->load(std::memory_order_relaxed)) {
    (*slice)();
    co_await trust::yield();
  }
}

measured slices_alone(long operations, const bench::work& slice) {
  std::vector<float> samples;
  samples.reserve(static_cast<std::size_t>(operations));
  double total = 0;
  bench::together(1, [&](std::size_t) {
    for (long i = 0; i < operations; ++i) {
      const std::uint64_t begin = bench::ticks();
      slice();
      samples.push_back(static_cast<float>(static_cast<double>(bench::ticks() - begin) * bench::ns_of_tick()));
      total += samples.back();
    }
  });
  return {.operations = static_cast<double>(operations), .ns = total, .samples = std::move(samples)};
}

measured calls(trust::runtime& rt, bool caller, bool trustee, bool random, long operations, const bench::work& slice) {
  std::atomic<bool> stop{false};
  auto hits = rt.entrust(trust::on(1), 0L);
  std::vector<float> samples;
  samples.reserve(static_cast<std::size_t>(operations));
  double total = 0;
  std::mt19937 dice{1};
  rt.block_on([&]() -> trust::task<void> {
    std::vector<trust::task_handle<void>> busy;
    if (caller) busy.push_back(rt.spawn(trust::on(0), compute, trust::unchecked(&stop), trust::unchecked(&slice)));
    if (trustee) busy.push_back(rt.spawn(trust::on(1), compute, trust::unchecked(&stop), trust::unchecked(&slice)));
    co_await hits.ready();
    for (long i = 0; i < operations; ++i) {
      if (random) {
        const double think = std::uniform_real_distribution<double>{0, slice.ns()}(dice);
        const auto from = bench::ticks();
        while (static_cast<double>(bench::ticks() - from) * bench::ns_of_tick() < think) bench::pause();
      }
      const std::uint64_t begin = bench::ticks();
      co_await hits.apply([](long& n) { ++n; });
      samples.push_back(static_cast<float>(static_cast<double>(bench::ticks() - begin) * bench::ns_of_tick()));
      total += samples.back();
    }
    stop.store(true);
    for (auto& b : busy) co_await b;
  });
  bench::check("busy", hits.extract().get(), operations);
  return {.operations = static_cast<double>(operations), .ns = total, .samples = std::move(samples)};
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "busy"};
  trust::runtime rt{bench::pinned()};
  s.add("busy/nobody", [&rt](long n) { return calls(rt, false, false, false, n, bench::work{0}); });
  for (int us : {10, 50, 200}) {
    const bench::work slice{us * 1000.0};
    const std::string at = "/slice_us:" + std::to_string(us);
    s.note("a slice of " + std::to_string(us) + " us was measured as " + std::to_string(slice.ns() / 1000) + " us");
    s.add("busy/harness/slice" + at, [slice](long n) { return slices_alone(n, slice); },
          {.over = bench::crossing::none});
    s.add("busy/caller" + at, [&rt, slice](long n) { return calls(rt, true, false, false, n, slice); });
    s.add("busy/trustee" + at, [&rt, slice](long n) { return calls(rt, false, true, true, n, slice); });
    s.add("busy/trustee_at_once" + at, [&rt, slice](long n) { return calls(rt, false, true, false, n, slice); });
    s.add("busy/both" + at, [&rt, slice](long n) { return calls(rt, true, true, false, n, slice); });
    const auto demand = [&](const std::string& who, double slices, double q) {
      const double ns = slices * slice.ns();
      s.demand_of({(q > 0.5 ? "p99" : "p50") + std::string{" of a call, computing: "} + who + at, "busy/" + who + at,
                   "", bench::demand::ns, ns, ns, q});
    };
    for (const char* who : {"caller", "both"}) {
      demand(who, 1.1, 0.5);
      demand(who, 2.1, 0.99);
    }
    demand("trustee", 0.6, 0.5);
  }
  return s.run();
}
