// SPDX-License-Identifier: MIT
// Unit tests of what a simulation says when what is waited for can never happen, and what it leaves behind then: nothing that uses the frame of
// the one who waited.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <memory>
#include <string>

namespace {

using support::says;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

task<> lock_twice(trust::latch<int>& x) {
  auto first = co_await x.lock();
  auto second = co_await x.lock();
}

/// For calm ones and for others.
template <class F> void on_some_seeds(F&& f, std::uint64_t most = 9) {
  for (std::uint64_t seed = 0; seed <= most; ++seed) {
    CAPTURE(seed);
    f(trust::simulated{.seed = seed});
  }
}

TEST_CASE("what can never happen is said, instead of waiting for it") {
  on_some_seeds([](const trust::simulated& how) {
    trust::runtime rt{how};
    auto l = rt.entrust(trust::on(1), trust::latch<int>{});
    CHECK(support::code_of([&] { l.launch(lock_twice).get(); }) == errc::would_deadlock);
    CHECK(support::code_of([&] { rt.block_on([&]() -> task<> { co_await l.launch(lock_twice); }); }) ==
          errc::would_deadlock);
  });
}

TEST_CASE("the error names who waits, and where") {
  trust::runtime rt{trust::simulated{}};
  const std::string text = support::text_of([&] {
    rt.block_on([]() -> task<> {
      trust::latch<int> l;
      co_await lock_twice(l);
    });
  });
  CHECK(says(text, "trust/0: task "));
  CHECK(says(text, "stuck.cpp:"));
  CHECK(says(text, "lock_twice"));
}

TEST_CASE("a task of block_on that can never end has ended when that is said, and the runtime goes on") {
  on_some_seeds([](const trust::simulated& how) {
    trust::runtime rt{how};
    bool cancelled = false;
    {
      support::ledger book;
      const auto stuck = [&cancelled, bag = support::luggage<>{book}]() -> task<> {
        const support::luggage<> mine{bag};
        trust::latch<int> l;
        auto first = co_await l.lock();
        const auto second = co_await trust::as_result(l.lock());
        cancelled = !second.has_value() && second.error() == errc::cancelled;
        co_await trust::yield();
      };
      CHECK(support::code_of([&] { rt.block_on(stuck); }) == errc::would_deadlock);
      CHECK(book.alive == 1);  // the callable's own
    }
    CHECK(cancelled);
    CHECK(rt.block_on([]() -> task<int> { co_return 7; }) == 7);
  });
}

TEST_CASE("a task of block_on that is deaf has ended too, and the runtime with it") {
  on_some_seeds(
      [](const trust::simulated& how) {
        trust::runtime rt{how};
        support::ledger book;
        {
          bool held = false;
          const auto deaf = [&]() -> task<> {
            const support::luggage<> mine{book};
            trust::latch<int> l;
            auto first = co_await l.lock();
            held = true;
            for (;;) {
              static_cast<void>(co_await trust::as_result(l.lock()));
              co_await trust::yield();
            }
          };
          CHECK(support::code_of([&] { rt.block_on(deaf); }) == errc::would_deadlock);
          CHECK(held);
        }
        CHECK(book.born == 1);
        CHECK(book.alive == 0);
        CHECK(support::code_of([&] { rt.block_on([]() -> task<> { co_return; }); }) == errc::runtime_stopped);
      },
      2);
}

TEST_CASE("a program that never comes to rest ends with its passes, where it is told how many") {
  on_some_seeds([](trust::simulated how) {
    how.most_passes = 10'000;
    trust::runtime rt{how};
    std::uint64_t turns = 0;
    const auto restless = [&]() -> task<> {
      const trust::stop_token stop = co_await trust::this_task::stop_token();
      for (; !stop.stop_requested(); ++turns) co_await trust::yield();
    };
    CHECK(support::code_of([&] { rt.block_on(restless); }) == errc::would_deadlock);
    CHECK(turns > 1000);
    CHECK(rt.metrics(0).passes + rt.metrics(1).passes > 5000);
  });
}

}  // namespace
