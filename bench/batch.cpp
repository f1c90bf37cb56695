// SPDX-License-Identifier: MIT
// batch: what does one element cost when many go in one message, or when nobody waits for an answer?
//
// Figures are per element. One caller at a time (`inflight:1`) or several; `post` awaits what it is given, which is how
// a sender does not outrun the lane, and its last operation waits for all. `bare_loop` is the increments alone, on one
// core.
#include "support/crowd.hpp"
#include "support/pause.hpp"
#include "support/session.hpp"

#include <numeric>

namespace {

using bench::measured;
constexpr long batch = 64;

template <class Body>
measured crowd(trust::runtime& rt, std::size_t in_flight, long elements, long operations, Body body) {
  auto hits = rt.entrust(trust::on(1), 0L);
  const long each = std::max(operations / elements / static_cast<long>(in_flight), 1L);
  const double ns = bench::crowd::run(rt, 0, 1, in_flight, each, [&](long times) { return body(hits, times); });
  const long done = each * elements * static_cast<long>(in_flight);
  bench::check("batch", hits.extract().get(), done);
  return {.operations = static_cast<double>(done), .ns = ns};
}

trust::task<void> by_each(trust::remote<long>& hits, long times) {
  std::vector<long> ones(batch, 1);
  for (long i = 0; i < times; ++i) co_await hits.apply_each(ones, [](long& n, long& x) { n += x; });
}

trust::task<void> by_batch(trust::remote<long>& hits, long times) {
  for (long i = 0; i < times; ++i)
    co_await hits.apply_batch(
        [](long& n, std::size_t) {
          ++n;
          bench::keep(n);
        },
        batch);
}

trust::task<void> by_post(trust::remote<long>& hits, long times) {
  for (long i = 0; i < times; ++i) co_await hits.post([](long& n) { ++n; });
  co_await hits.flush();
}

trust::task<void> by_apply(trust::remote<long>& hits, long times) {
  for (long i = 0; i < times; ++i) co_await hits.apply([](long& n) { ++n; });
}

measured bare(long operations) {
  long counter = 0;
  std::vector<long> ones(batch, 1);
  const long each = std::max(operations / batch, 1L);
  const auto begin = bench::clock::now();
  for (long i = 0; i < each; ++i) {
    for (long x : ones) counter += x;
    bench::keep(counter);
  }
  const double ns = bench::ns_between(begin, bench::clock::now());
  bench::check("bare", counter, each * batch);
  return {.operations = static_cast<double>(each * batch), .ns = ns};
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "batch"};
  trust::runtime rt{bench::pinned()};
  s.add("batch/bare_loop", bare, {.over = bench::crossing::none});
  s.add("batch/remote_post", [&rt](long n) { return crowd(rt, 1, 1, n, by_post); });
  for (std::size_t k : {1u, 4u, 16u}) {
    const std::string flight = "/inflight:" + std::to_string(k);
    s.add("batch/remote_apply_each:64" + flight, [&rt, k](long n) { return crowd(rt, k, batch, n, by_each); });
    s.add("batch/remote_apply_batch:64" + flight, [&rt, k](long n) { return crowd(rt, k, batch, n, by_batch); });
    s.add("batch/remote_apply" + flight, [&rt, k](long n) { return crowd(rt, k, 1, n, by_apply); });
  }
  s.add("batch/remote_apply/inflight:64", [&rt](long n) { return crowd(rt, 64, 1, n, by_apply); });
  s.demand_of({"apply_each of 64 increments, per element, one call at a time", "batch/remote_apply_each:64/inflight:1",
               "", bench::demand::ns, 2.5, 2.5});
  s.demand_of({"apply_each of 64 increments, per element, 16 calls in flight", "batch/remote_apply_each:64/inflight:16",
               "", bench::demand::ns, 2.5, 2.5});
  return s.run();
}
