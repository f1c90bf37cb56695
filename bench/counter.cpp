// SPDX-License-Identifier: MIT
// counter: what does one increment of a contended counter cost, as the number in flight grows?
//
// Bare, and with about 60 ns of private work between two operations of a thread or coroutine. Contending rivals are two
// threads on two cores, started together; of the atomic a repetition counts only if both were at it for 95 % of the
// time. Of the remote rows, `remote_apply` has its callers on one worker and the counter on the other, which does
// nothing else; `remote_apply_both` calls from both, the trustee's own by shortcut, as the two threads of the rivals
// both do. `bare_lane` is the same call through the same lane with nothing above it: what it costs is the protocol on
// this machine, what `remote_apply` costs more is the runtime. `spsc_ring` is the limit: increments that nobody answers,
// no coroutines. `harness` is an empty loop of the same form.
#include "support/bare_lane.hpp"
#include "support/combining.hpp"
#include "support/crowd.hpp"
#include "support/locks.hpp"
#include "support/session.hpp"
#include "support/spsc.hpp"
#include "support/work.hpp"

#include <atomic>
#include <memory>

namespace {

using bench::measured;

struct alignas(128) atomic_word {
  std::atomic<long> value{0};
};

measured by_atomic(std::size_t threads, long operations, const bench::work& work) {
  atomic_word word;
  const long each = operations / static_cast<long>(threads);
  const auto took = bench::together(threads, [&](std::size_t) {
    for (long i = 0; i < each; ++i) {
      word.value.fetch_add(1, std::memory_order_seq_cst);
      work();
    }
  });
  const long done = each * static_cast<long>(threads);
  bench::check("atomic", word.value.load(), done);
  return {.operations = static_cast<double>(done), .ns = took.ns, .overlap = took.overlap};
}

template <class Lock> measured by_lock(long operations, const bench::work& work) {
  bench::guarded_by<Lock, long> counter;
  const long each = operations / 2;
  const auto took = bench::together(2, [&](std::size_t) {
    typename Lock::node mine;
    for (long i = 0; i < each; ++i) {
      counter.lock.lock(mine);
      ++counter.value;
      counter.lock.unlock(mine);
      work();
    }
  });
  bench::check("lock", counter.value, each * 2);
  return {.operations = static_cast<double>(each * 2), .ns = took.ns};
}

#if defined(BENCH_WITH_CDS)
measured by_combining(long operations, const bench::work& work) {
  const auto increment = [](long& n) { ++n; };
  const auto counter = std::make_unique<bench::combined<long, decltype(increment)>>(increment);
  const long each = operations / 2;
  const auto took = bench::together(2, [&](std::size_t) {
    const bench::combining_runtime::thread attached;
    for (long i = 0; i < each; ++i) {
      counter->apply();
      work();
    }
  });
  bench::check("flat combining", counter->value(), each * 2);
  return {.operations = static_cast<double>(each * 2), .ns = took.ns};
}
#endif

measured by_ring(long operations, const bench::work& work) {
  bench::spsc_ring ring;
  alignas(128) std::uint64_t counter = 0;
  const auto wanted = static_cast<std::uint64_t>(operations);
  const auto took = bench::together(2, [&](std::size_t side) {
    if (side == 0) {
      for (std::uint64_t i = 0; i < wanted; ++i) {
        bench::wait_until([&] { return ring.push(1); });
        work();
      }
    } else {
      while (counter < wanted) bench::wait_until([&] { return ring.drain([&](std::uint64_t x) { counter += x; }); });
    }
  });
  bench::check("ring", static_cast<long>(counter), operations);
  return {.operations = static_cast<double>(operations), .ns = took.ns};
}

measured empty(long operations, const bench::work& work) {
  long counter = 0;
  const auto begin = bench::clock::now();
  for (long i = 0; i < operations; ++i) {
    ++counter;
    bench::keep(counter);
    work();
  }
  const double ns = bench::ns_between(begin, bench::clock::now());
  bench::check("empty", counter, operations);
  return {.operations = static_cast<double>(operations), .ns = ns};
}

measured by_bare_lane(std::size_t in_flight, long operations, const bench::work& work) {
  const auto lane = std::make_unique<bench::bare_lane>();
  const long each = std::max(operations / static_cast<long>(in_flight), 1L);
  const double ns = lane->run(in_flight, each, work);
  const long done = each * static_cast<long>(in_flight);
  bench::check("bare lane", lane->value(), done);
  return {.operations = static_cast<double>(done), .ns = ns};
}

measured by_remote(trust::runtime& rt, std::size_t in_flight, bool both, long operations, const bench::work& work) {
  trust::remote<long> hits = rt.entrust(trust::on(1), 0L);
  const long clients = static_cast<long>(in_flight) * (both ? 2 : 1);
  const long each = std::max(operations / clients, 1L);
  const double ns = bench::crowd::run(rt, 0, both ? 2 : 1, in_flight, each, [&](long times) -> trust::task<void> {
    for (long i = 0; i < times; ++i) {
      co_await hits.apply([](long& n) { ++n; });
      work();
    }
  });
  bench::check("remote", hits.extract().get(), each * clients);
  return {.operations = static_cast<double>(each * clients), .ns = ns};
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "counter"};
  trust::runtime rt{bench::pinned()};
#if defined(BENCH_WITH_CDS)
  const bench::combining_runtime combining;
#else
  s.note("libcds with Boost.Thread is not here: no row for flat combining");
#endif
  const long ten_million_each = s.quick() ? 0 : 20'000'000;
  const std::string in_flight = "/inflight:";

  for (double ns : {0.0, 60.0}) {
    const bench::work work{ns};
    const std::string suffix = ns > 0 ? "/work:60" : "";
    if (ns > 0) s.note("private work measured as " + std::to_string(work.ns()) + " ns");
    s.add("counter/harness" + suffix, [work](long n) { return empty(n, work); }, {.over = bench::crossing::none});
    s.add("counter/atomic_fetch_add/threads:1" + suffix, [work](long n) { return by_atomic(1, n, work); });
    s.add("counter/atomic_fetch_add/threads:2" + suffix, [work](long n) { return by_atomic(2, n, work); },
          {.operations = ns > 0 ? 0 : ten_million_each, .overlap = 0.95});
    s.add("counter/mutex/threads:2" + suffix, [work](long n) { return by_lock<bench::mutex_lock>(n, work); });
    s.add("counter/ttas_lock/threads:2" + suffix, [work](long n) { return by_lock<bench::ttas_lock>(n, work); });
    s.add("counter/ticket_lock/threads:2" + suffix, [work](long n) { return by_lock<bench::ticket_lock>(n, work); });
    s.add("counter/mcs_lock/threads:2" + suffix, [work](long n) { return by_lock<bench::mcs_lock>(n, work); });
#if defined(BENCH_WITH_CDS)
    s.add("counter/flat_combining/threads:2" + suffix, [work](long n) { return by_combining(n, work); });
#endif
    s.add("counter/spsc_ring" + suffix, [work](long n) { return by_ring(n, work); });
    for (std::size_t k : {64u, 256u})
      s.add("counter/bare_lane" + in_flight + std::to_string(k) + suffix,
            [k, work](long n) { return by_bare_lane(k, n, work); });
    for (std::size_t k : {1u, 2u, 4u, 8u, 16u, 64u, 256u, 1024u})
      s.add("counter/remote_apply" + in_flight + std::to_string(k) + suffix,
            [&rt, k, work](long n) { return by_remote(rt, k, false, n, work); });
    for (std::size_t k : {64u, 256u})
      s.add("counter/remote_apply_both" + in_flight + std::to_string(k) + suffix,
            [&rt, k, work](long n) { return by_remote(rt, k, true, n, work); });
  }
  for (const char* k : {"64", "256"}) {
    const std::string row = "counter/remote_apply" + in_flight + k;
    s.demand_of({std::string{"awaited apply, "} + k + " in flight, against a contended atomic", row,
                 "counter/atomic_fetch_add/threads:2", bench::demand::faster, 2, 1.5});
    s.demand_of({std::string{"awaited apply, "} + k + " in flight, against a contended mutex", row,
                 "counter/mutex/threads:2", bench::demand::faster, 8, 6});
  }
  return s.run();
}
