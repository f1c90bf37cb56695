// SPDX-License-Identifier: MIT
// local: what does delegation cost where the object is already here?
//
// All on one worker, inside one task: the bare call of the closure, the same through `local<T>::apply`, the shortcut of
// an awaited `apply` on a remote of this worker, and the latch. The bare call is kept from being folded into one
// addition by making the object's value opaque after each. `awaited_task` is what a call that is a coroutine of its own
// would cost.
#include "support/crowd.hpp"
#include "support/pause.hpp"
#include "support/session.hpp"

#include <type_traits>

namespace {

using bench::measured;

// Times body(n), a task, on worker 0.
template <class Body> measured timed(trust::runtime& rt, long operations, Body body) {
  double ns = 0;
  rt.block_on([&]() -> trust::task<void> {
    const auto begin = bench::clock::now();
    co_await body(operations);
    ns = bench::ns_between(begin, bench::clock::now());
  });
  return {.operations = static_cast<double>(operations), .ns = ns};
}

constexpr auto increment = [](long& n) {
  ++n;
  bench::keep(n);
};

trust::task<void> one_increment(long& n) {
  increment(n);
  co_return;
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "local"};
  trust::runtime rt{bench::pinned(1)};
  const bench::row_options here{.over = bench::crossing::none};

  s.add(
      "local/bare_call",
      [&rt](long n) {
        return timed(rt, n, [](long times) -> trust::task<void> {
          long counter = 0;
          for (long i = 0; i < times; ++i) increment(counter);
          bench::check("bare", counter, times);
          co_return;
        });
      },
      here);
  s.add(
      "local/local_apply",
      [&rt](long n) {
        return timed(rt, n, [](long times) -> trust::task<void> {
          const trust::local<long> counter{0L};
          for (long i = 0; i < times; ++i) counter.apply(increment);
          bench::check("local", counter.with([](const long& c) { return c; }), times);
          co_return;
        });
      },
      here);
  s.add(
      "local/remote_shortcut",
      [&rt](long n) {
        return timed(rt, n, [&rt](long times) -> trust::task<void> {
          auto counter = rt.entrust(trust::on(0), 0L);
          co_await counter.ready();
          for (long i = 0; i < times; ++i) co_await counter.apply(increment);
          bench::check("shortcut", co_await counter.with([](const long& c) { return c; }), times);
        });
      },
      here);
  s.add(
      "local/latch_lock",
      [&rt](long n) {
        return timed(rt, n, [](long times) -> trust::task<void> {
          trust::latch<long> counter{0L};
          for (long i = 0; i < times; ++i) {
            auto guard = co_await counter.lock();
            increment(*guard);
          }
          bench::check("latch", *counter.try_lock().value(), times);
        });
      },
      here);
  s.add(
      "local/latch_try_lock",
      [&rt](long n) {
        return timed(rt, n, [](long times) -> trust::task<void> {
          trust::latch<long> counter{0L};
          for (long i = 0; i < times; ++i) increment(*counter.try_lock().value());
          bench::check("latch", *counter.try_lock().value(), times);
          co_return;
        });
      },
      here);
  s.add(
      "local/awaited_task",
      [&rt](long n) {
        return timed(rt, n, [](long times) -> trust::task<void> {
          long counter = 0;
          for (long i = 0; i < times; ++i) co_await one_increment(counter);
          bench::check("task", counter, times);
        });
      },
      here);
  s.demand_of({"local shortcut, awaited, against calling the closure", "local/remote_shortcut", "local/bare_call",
               bench::demand::ns_more, 2, 2});
  return s.run();
}
