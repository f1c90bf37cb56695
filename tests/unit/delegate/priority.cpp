// SPDX-License-Identifier: MIT
// Unit tests of priorities: what a background task lets go first, whatever it waits for, and that it always comes to its turn.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::on;
using trust::priority;
using trust::task;
using namespace std::chrono_literals;

/// Of a simulation, so nobody but this thread looks at it.
struct traffic {
  std::size_t stretches[2] = {0, 0};  // of the normal task of each worker
  bool over = false;

  [[nodiscard]] std::size_t here() const { return stretches[trust::this_worker().index()]; }
};

task<> pass_by(traffic* t) {
  while (!t->over) {
    ++t->stretches[trust::this_worker().index()];
    co_await trust::yield();
  }
}

struct place {
  trust::remote<int> near;
  trust::remote<int> far;
  trust::latch<int>* door;
  trust::remote_sender<int> to_near, to_far;
  trust::remote_receiver<int> from_near, from_far;
};

task<> leaf() { co_return; }
trust::stream<int> numbers() {
  for (int i = 0;; ++i) {
    co_await trust::yield();
    co_yield i;
  }
}

task<> yields(place&) { co_await trust::yield(); }
task<> calls(place& p) {
  co_await p.far.apply([](int& n) { ++n; });
}
task<> calls_with_a_large_closure(place& p) {
  auto call = p.far.apply([text = std::array<char, 400>{}](int& n) { n += static_cast<int>(text[0]); });
  co_await call;
}
task<> launches(place& p) {
  co_await p.far.launch([](int&) -> task<> { co_await trust::yield(); });
}
task<> hops(place&) { co_await trust::hop_to(on(1), leaf); }
task<> spends_its_steps_on_children(place&) {
  for (int i = 0; i < 40; ++i) co_await leaf();
}
task<> spends_its_steps_on_calls(place& p) {
  for (int i = 0; i < 70; ++i) co_await p.near.apply([](int& n) { ++n; });
}
task<> opens_a_scope(place&) {
  trust::scope s;
  co_await s.spawn(leaf);
  co_await s.join();
}
task<> waits_for_all(place& p) {
  auto all = trust::when_all(p.far.apply([](int& n) { ++n; }), leaf());
  co_await all;
}
task<> races(place& p) {
  auto first = trust::race(p.far.apply([](int& n) { return n; }), p.far.apply([](int& n) { return n; }));
  static_cast<void>(co_await first);
}
task<> has_a_deadline(place& p) {
  auto call = trust::with_timeout(p.far.apply([](int& n) { ++n; }), 1h);
  co_await call;
}
task<> joins(place&) {
  auto h = trust::this_runtime().spawn(leaf);
  co_await h;
}
task<> asks_a_stream(place&) {
  auto s = numbers();
  static_cast<void>(co_await s.next());
}
task<> blocks(place&) {
  co_await trust::blocking([] {});
}
task<> owns_its_call(place& p) {
  auto call = trust::owned(p.far.apply([](int& n) { ++n; }));
  co_await call;
}
task<> waits_at_a_door(place& p) {
  {
    trust::scope s;
    co_await s.spawn([&p]() -> task<> {
      auto guard = co_await p.door->lock();
      co_await trust::yield();
    });
    co_await trust::yield();
    auto guard = co_await p.door->lock();
    co_await s.join();
  }
}

/// A normal task on this worker does that after a while.
template <class F> void later(F f) {
  static_cast<void>(trust::this_runtime().spawn(trust::unchecked([f]() -> task<> {
    co_await trust::yield();
    co_await f();
  })));
}

task<> receives_from_there(place& p) {
  while (p.to_far.try_send(1)) {}
  static_cast<void>(co_await p.from_far.receive());
}
task<> receives_here(place& p) {
  later([&p]() -> task<> { co_await p.to_near.send(1); });
  static_cast<void>(co_await p.from_near.receive());
}
task<> sends_here(place& p) {
  while (p.to_near.try_send(1)) {}
  later([&p]() -> task<> { static_cast<void>(co_await p.from_near.receive()); });
  co_await p.to_near.send(1);
}
task<> takes_both(place& p) {
  co_await trust::together(p.near, p.far, [](int& a, int& b) { std::swap(a, b); });
}
task<> waits_for_a_unit(place&) {
  trust::semaphore units{0};
  later([&units]() -> task<> {
    units.release();
    co_return;
  });
  static_cast<void>(co_await units.acquire());
}
task<> waits_for_a_change(place&) {
  trust::shared_latch<int> value{0};
  trust::condition changed;
  later([&]() -> task<> {
    *co_await value.lock() = 1;
    changed.notify_all();
  });
  auto guard = co_await value.lock();
  co_await changed.wait(guard, [&] { return *guard == 1; });
}

TEST_CASE("whatever a background task waits for, stretches of others come before its next one") {
  struct way_of_waiting {
    std::string name;
    task<> (*way)(place&);
    bool tells = true;  ///< false: a normal task, too, goes on at a moment that whole runs of others lie before
  };
  const way_of_waiting ways[] = {
      {"yield", yields},
      {"a call", calls},
      {"a call with a large closure", calls_with_a_large_closure},
      {"a launch", launches},
      {"a hop", hops},
      {"children", spends_its_steps_on_children},
      {"calls in place", spends_its_steps_on_calls, false},
      {"a scope", opens_a_scope},
      {"when_all", waits_for_all},
      {"race", races},
      {"with_timeout", has_a_deadline},
      {"a spawned task", joins},
      {"a stream", asks_a_stream},
      {"blocking", blocks, false},
      {"owned", owns_its_call},
      {"a latch", waits_at_a_door},
      {"a receive from there", receives_from_there},
      {"a receive", receives_here},
      {"a send", sends_here},
      {"together", takes_both, false},
      {"a semaphore", waits_for_a_unit},
      {"a condition", waits_for_a_change},
  };
  for (const auto& [name, way, tells] : ways) {
    CAPTURE(name);
    traffic others;
    trust::runtime rt{trust::simulated{}};
    trust::latch<int> door{0};
    auto [to_near, from_near] = trust::remote_channel<int>{rt, on(0), 4};
    auto [to_far, from_far] = trust::remote_channel<int>{rt, on(1), 4};
    place p{rt.entrust(on(0), 0), rt.entrust(on(1), 0), &door, std::move(to_near), std::move(to_far),
            std::move(from_near), std::move(from_far)};
    for (std::size_t w = 0; w < 2; ++w)
      static_cast<void>(rt.spawn(on(w), trust::unchecked(pass_by), trust::unchecked(&others)));
    const auto shortest = [&](priority rank) {
      return rt
          .spawn(on(0), rank, trust::unchecked([&, w = way]() -> task<std::size_t> {
                   std::size_t least = 1000;
                   co_await trust::yield();
                   for (int i = 0; i < 10; ++i) {
                     const std::size_t before = others.here();
                     co_await w(p);
                     least = std::min(least, others.here() - before);
                   }
                   co_return least;
                 }))
          .get();
    };
    const std::size_t background = shortest(priority::background);
    CHECK(background >= 3);  // steps of the library are among the eight, as being set aside
    if (tells) CHECK(background >= shortest(priority::normal) + 20);  // a run of 32
    others.over = true;
  }
}

TEST_CASE("background work comes to its turn however much else there is, and in its order") {
  traffic others;
  trust::runtime rt{trust::simulated{.workers = 1}};
  for (int i = 0; i < 50; ++i) static_cast<void>(rt.spawn(trust::unchecked(pass_by), trust::unchecked(&others)));
  std::string order;
  std::vector<trust::task_handle<void>> all;
  for (char c = 'a'; c < 'f'; ++c) {
    all.push_back(rt.spawn(priority::background, trust::unchecked([&order, c]() -> task<> {
                             for (int i = 0; i < 3; ++i) {
                               order += c;
                               co_await trust::yield();
                             }
                           })));
  }
  for (auto& h : all) h.get();
  others.over = true;
  CHECK(order == "abcdeabcdeabcde");
  CHECK(others.stretches[0] < 15 * 64);
}

TEST_CASE(
    "a part of a task may be of the background, and what it launches, spawns in a scope and asks others for is too") {
  traffic others;
  trust::runtime rt{trust::simulated{}};
  auto far = rt.entrust(on(1), 0);
  for (std::size_t w = 0; w < 2; ++w)
    static_cast<void>(rt.spawn(on(w), trust::unchecked(pass_by), trust::unchecked(&others)));
  const auto gap = [&others]() -> task<std::size_t> {
    co_await trust::yield();
    const std::size_t before = others.here();
    co_await trust::yield();
    co_return others.here() - before;
  };
  support::run(rt, [&]() -> task<> {
    const std::size_t at_first = co_await gap();
    CHECK(at_first <= 2);
    const std::size_t inside = co_await trust::with_priority(priority::background, gap());
    CHECK(inside >= 3);
    const std::size_t after = co_await gap();
    CHECK(after <= 2);
    const auto mixed = [&]() -> task<> {
      const std::size_t lifted = co_await trust::with_priority(priority::normal, gap());
      CHECK(lifted <= 2);
      std::size_t of_child = 0;
      trust::scope s;
      co_await s.spawn([&]() -> task<> { of_child = co_await gap(); });
      co_await s.join();
      CHECK(of_child >= 3);
      const std::size_t there = co_await far.launch([&](int&) { return gap(); });
      CHECK(there >= 3);
      const std::size_t apart = co_await trust::shielded(gap());
      CHECK(apart >= 3);
    };
    co_await trust::with_priority(priority::background, mixed());
    auto launch = trust::with_priority(priority::background, far.launch([&](int&) { return gap(); }));
    const std::size_t launched = co_await launch;
    CHECK(launched >= 3);
  });
  others.over = true;
}

TEST_CASE("background tasks are spawned anywhere, give their results, and are asked to stop as others are") {
  on_each_runtime([](trust::runtime& rt) {
    auto sum = rt.spawn(
        on(1), priority::background,
        [](int a, int b) -> task<int> {
          co_await trust::yield();
          CHECK(trust::this_worker().index() == 1);
          co_return a + b;
        },
        3, 4);
    CHECK(sum.get() == 7);
    auto sleeper = rt.spawn(priority::background, []() -> task<> { co_await trust::sleep_for(1000h); });
    sleeper.request_stop();
    CHECK(support::code_of([&] { sleeper.get(); }) == errc::cancelled);
    auto thrower = rt.spawn(priority::background, []() -> task<> {
      co_await trust::sleep_for(1us);
      throw std::out_of_range{"as others"};
    });
    CHECK_THROWS_AS(thrower.get(), std::out_of_range);
    auto late = rt.spawn(priority::background, []() -> task<std::error_code> {
      auto sleep = trust::with_timeout(trust::sleep_for(1000h), 1us);
      co_return (co_await trust::as_result(sleep)).error().code();
    });
    CHECK(late.get() == errc::timed_out);
  });
}

TEST_CASE("a runtime that ends leaves no background task behind, wherever it stood") {
  support::ledger book;
  on_each_runtime([&book](trust::runtime& rt) {
    auto far = rt.entrust(on(1), 0);
    for (int i = 0; i < 40; ++i) {
      static_cast<void>(rt.spawn(priority::background, trust::unchecked([&book, far]() -> task<> {
                                   const support::luggage<> mine{book};
                                   const trust::stop_token stop = co_await trust::this_task::stop_token();
                                   while (!stop.stop_requested()) {
                                     co_await far.apply([](int& n) { ++n; });
                                     co_await trust::yield();
                                   }
                                 })));
    }
    support::run(rt, []() -> task<> { co_await trust::yield(); });
  });
  CHECK(book.born > 0);
  CHECK(book.alive == 0);
}

}  // namespace
