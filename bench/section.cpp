// SPDX-License-Identifier: MIT
// section: the contended counter with a larger critical section: it touches 1, 8 or 64 cache lines.
//
// With a lock the lines follow the lock from core to core; with delegation they stay where they are and the closure
// comes to them. Two threads contend for a lock; callers of the remote are coroutines, 64 on one worker
// (`remote_apply`) or on both.
#include "support/combining.hpp"
#include "support/crowd.hpp"
#include "support/locks.hpp"
#include "support/session.hpp"

#include <array>

namespace {

using bench::measured;
constexpr std::size_t most_lines = 64;

struct alignas(64) line {
  long count = 0;
};
struct table {
  std::array<line, most_lines> lines{};
  void touch(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) ++lines[i].count;
  }
  void check(std::size_t n, long wanted) const {
    for (std::size_t i = 0; i < n; ++i) bench::check("section", lines[i].count, wanted);
  }
};

template <class Lock> measured by_lock(std::size_t lines, long operations) {
  bench::guarded_by<Lock, table> shared;
  const long each = operations / 2;
  const auto took = bench::together(2, [&](std::size_t) {
    typename Lock::node mine;
    for (long i = 0; i < each; ++i) {
      shared.lock.lock(mine);
      shared.value.touch(lines);
      shared.lock.unlock(mine);
    }
  });
  shared.value.check(lines, each * 2);
  return {.operations = static_cast<double>(each * 2), .ns = took.ns};
}

#if defined(BENCH_WITH_CDS)
measured by_combining(std::size_t lines, long operations) {
  const auto touch = [lines](table& t) { t.touch(lines); };
  const auto shared = std::make_unique<bench::combined<table, decltype(touch)>>(touch);
  const long each = operations / 2;
  const auto took = bench::together(2, [&](std::size_t) {
    const bench::combining_runtime::thread attached;
    for (long i = 0; i < each; ++i) shared->apply();
  });
  shared->value().check(lines, each * 2);
  return {.operations = static_cast<double>(each * 2), .ns = took.ns};
}
#endif

measured by_remote(trust::runtime& rt, std::size_t lines, bool both, long operations) {
  constexpr std::size_t in_flight = 64;
  auto shared = rt.emplace<table>(trust::on(1));
  const long clients = static_cast<long>(in_flight) * (both ? 2 : 1);
  const long each = std::max(operations / clients, 1L);
  const double ns = bench::crowd::run(rt, 0, both ? 2 : 1, in_flight, each, [&](long times) -> trust::task<void> {
    for (long i = 0; i < times; ++i) co_await shared.apply([](table& t, std::size_t n) { t.touch(n); }, lines);
  });
  shared.extract().get().check(lines, each * clients);
  return {.operations = static_cast<double>(each * clients), .ns = ns};
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "section"};
  trust::runtime rt{bench::pinned()};
#if defined(BENCH_WITH_CDS)
  const bench::combining_runtime combining;
#else
  s.note("libcds with Boost.Thread is not here: no row for flat combining");
#endif
  for (std::size_t lines : {1u, 8u, 64u}) {
    const std::string at = "/lines:" + std::to_string(lines);
    s.add("section/mutex" + at, [lines](long n) { return by_lock<bench::mutex_lock>(lines, n); });
    s.add("section/ttas_lock" + at, [lines](long n) { return by_lock<bench::ttas_lock>(lines, n); });
    s.add("section/ticket_lock" + at, [lines](long n) { return by_lock<bench::ticket_lock>(lines, n); });
    s.add("section/mcs_lock" + at, [lines](long n) { return by_lock<bench::mcs_lock>(lines, n); });
#if defined(BENCH_WITH_CDS)
    s.add("section/flat_combining" + at, [lines](long n) { return by_combining(lines, n); });
#endif
    s.add("section/remote_apply" + at, [&rt, lines](long n) { return by_remote(rt, lines, false, n); });
    s.add("section/remote_apply_both" + at, [&rt, lines](long n) { return by_remote(rt, lines, true, n); });
  }
  return s.run();
}
