// SPDX-License-Identifier: MIT
// launch: what does a coroutine on the trustee cost, compared with a closure?
//
// `returns` does not wait, `yields` waits once, `calls_back` awaits a call to an object on its caller's worker. Callers
// are coroutines on one worker, the object lives on the other; `remote_apply` is the same with a closure.
// `asio_co_spawn` is a coroutine on another context of Asio's, awaited by a coroutine on the first; both spin for work.
#include "support/contexts.hpp"
#include "support/crowd.hpp"
#include "support/session.hpp"

namespace {

using bench::measured;

template <class Body> measured crowd(trust::runtime& rt, std::size_t in_flight, long operations, Body body) {
  auto hits = rt.entrust(trust::on(1), 0L);
  auto home = rt.entrust(trust::on(0), 0L);
  const long each = std::max(operations / static_cast<long>(in_flight), 1L);
  const double ns = bench::crowd::run(rt, 0, 1, in_flight, each, [&](long times) { return body(hits, home, times); });
  const long done = each * static_cast<long>(in_flight);
  bench::check("launch", hits.extract().get(), done);
  return {.operations = static_cast<double>(done), .ns = ns};
}

trust::task<void> closures(trust::remote<long>& hits, trust::remote<long>&, long times) {
  for (long i = 0; i < times; ++i) co_await hits.apply([](long& n) { ++n; });
}

trust::task<void> returns(long& n) {
  ++n;
  co_return;
}
trust::task<void> returning(trust::remote<long>& hits, trust::remote<long>&, long times) {
  for (long i = 0; i < times; ++i) co_await hits.launch(returns);
}

trust::task<void> yields(long& n) {
  co_await trust::yield();
  ++n;
}
trust::task<void> yielding(trust::remote<long>& hits, trust::remote<long>&, long times) {
  for (long i = 0; i < times; ++i) co_await hits.launch(yields);
}

trust::task<void> calls_back(long& n, trust::remote<long> home) {
  co_await home.apply([](long& back) { ++back; });
  ++n;
}
trust::task<void> calling_back(trust::remote<long>& hits, trust::remote<long>& home, long times) {
  for (long i = 0; i < times; ++i) co_await hits.launch(calls_back, home);
}

#if defined(BENCH_WITH_ASIO)
measured co_spawns(std::size_t in_flight, long operations) {
  const long each = std::max(operations / static_cast<long>(in_flight), 1L);
  long counter = 0;
  bench::contexts both{bench::contexts::kind::spinning};
  const auto increment = [&]() -> asio::awaitable<void> {
    ++counter;
    co_return;
  };
  const double ns = both.run(in_flight, [&](asio::io_context& there) -> bench::contexts::task {
    for (long i = 0; i < each; ++i) co_await asio::co_spawn(there, increment, asio::use_awaitable);
  });
  const long done = each * static_cast<long>(in_flight);
  bench::check("co_spawn", counter, done);
  return {.operations = static_cast<double>(done), .ns = ns};
}
#endif

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "launch"};
  trust::runtime rt{bench::pinned()};
  const std::string launch = "launch/remote_launch/";
  for (std::size_t k : {1u, 64u, 256u}) {
    const std::string flight = "/inflight:" + std::to_string(k);
    s.add("launch/remote_apply" + flight, [&rt, k](long n) { return crowd(rt, k, n, closures); });
#if defined(BENCH_WITH_ASIO)
    s.add("launch/asio_co_spawn/returns" + flight, [k](long n) { return co_spawns(k, n); });
#endif
    s.add(launch + "returns" + flight, [&rt, k](long n) { return crowd(rt, k, n, returning); });
    s.add(launch + "yields" + flight, [&rt, k](long n) { return crowd(rt, k, n, yielding); });
    s.add(launch + "calls_back" + flight, [&rt, k](long n) { return crowd(rt, k, n, calling_back); });
  }
#if !defined(BENCH_WITH_ASIO)
  s.note("standalone Asio is not here: no row for it");
#endif
  for (const char* k : {"64", "256"})
    s.demand_of({std::string{"launch of a task that does not wait, "} + k + " in flight, against apply",
                 launch + "returns/inflight:" + k, std::string{"launch/remote_apply/inflight:"} + k,
                 bench::demand::within, 2, 3});
  return s.run();
}
