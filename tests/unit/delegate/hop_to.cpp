// SPDX-License-Identifier: MIT
// Unit tests of hop_to: a part of a task runs on another worker, and its result comes back.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::on;
using trust::task;
using namespace std::chrono_literals;

task<std::size_t> where() { co_return trust::this_worker().index(); }

TEST_CASE("a task's part runs on the worker that was named, may wait there, and the rest goes on here") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      CHECK(trust::this_worker().index() == 0);
      const std::size_t there = co_await trust::hop_to(on(1), where);
      CHECK(there == 1);
      CHECK(trust::this_worker().index() == 0);
      std::string path = "0";
      co_await trust::hop_to(on(1), [&path]() -> task<> {  // used there while this waits
        path += std::to_string(co_await where());
        co_await trust::sleep_for(1ms);
        co_await trust::hop_to(on(0), [&path]() -> task<> { path += std::to_string(co_await where()); });
        path += std::to_string(co_await where());
      });
      CHECK(path == "0101");
      const std::size_t here = co_await trust::hop_to(on(trust::this_worker()), where);
      CHECK(here == 0);
    });
  });
}

TEST_CASE("arguments travel there, die there, and results come back by move") {
  on_each_runtime([](trust::runtime& rt) {
    support::ledger book;
    support::run(rt, [&]() -> task<> {
      auto hop = trust::hop_to(
          on(1),
          [](support::luggage<200, 64> bag, std::string text, int n) -> task<std::unique_ptr<std::string>> {
            co_await trust::yield();
            CHECK(bag.intact());
            co_return std::make_unique<std::string>(text + std::to_string(n));
          },
          support::luggage<200, 64>{book}, "n = ", 4);
      const std::unique_ptr<std::string> got = co_await hop;
      CHECK(*got == "n = 4");
      CHECK(book.alive == 0);
      CHECK(book.died_on == 1);
    });
  });
}

TEST_CASE("an lvalue callable is used in place, and a capturing one lives as long as its task") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      int calls = 0;
      auto counting = [&calls, text = std::string(100, 'x')]() -> task<std::size_t> {
        ++calls;
        co_await trust::yield();
        co_return text.size();
      };
      for (int i = 0; i < 3; ++i) {
        const std::size_t n = co_await trust::hop_to(on(1), counting);
        CHECK(n == 100);
      }
      CHECK(calls == 3);
      const std::size_t moved = co_await trust::hop_to(on(1), trust::moved(counting));
      CHECK(moved == 100);
    });
  });
}

TEST_CASE("what the task throws arrives here, and where it could not be made as well") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      const auto late = co_await trust::as_result(trust::hop_to(on(1), []() -> task<int> {
        co_await trust::yield();
        throw std::out_of_range{"late"};
      }));
      CHECK(late.error().what() == "late");
      const auto early = co_await trust::as_result(trust::hop_to(
          on(1),
          [](bool fails) -> task<int> {
            if (fails) throw std::out_of_range{"early"};
            return []() -> task<int> { co_return 1; }();
          },
          true));
      CHECK(early.error().what() == "early");
    });
  });
}

TEST_CASE("many hops are under way at once, and when_all and scopes take them") {
  on_each_runtime(
      [](trust::runtime& rt) {
        support::run(rt, []() -> task<> {
          const auto [a, b, c] = co_await trust::when_all(trust::hop_to(on(0), where), trust::hop_to(on(1), where),
                                                          trust::hop_to(on(2), where));
          CHECK(a == 0);
          CHECK(b == 1);
          CHECK(c == 2);
          std::vector<std::size_t> seen(3);
          trust::scope s;
          for (std::size_t i = 0; i < 300; ++i) {
            co_await s.spawn([&seen, i]() -> task<> { ++seen[co_await trust::hop_to(on(i % 3), where)]; });
          }
          co_await s.join();
          CHECK(seen == std::vector<std::size_t>(3, 100));
        });
      },
      3);
}

TEST_CASE("beside an object the hop is on its trustee") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(on(1), 5);
    support::run(rt, [&]() -> task<> {
      const int n = co_await trust::hop_to(trust::beside(r), [&r]() -> task<int> {
        CHECK(r.is_here());
        co_return co_await r.apply([](int& x) { return ++x; });
      });
      CHECK(n == 6);
    });
  });
}

TEST_CASE("a worker that is not there, a dedicated one, and a caller that is none are refused at once") {
  trust::runtime rt{trust::simulated{.workers = 3, .dedicated = 1}};
  support::run(rt, []() -> task<> {
    CHECK(support::code_of([] { static_cast<void>(trust::hop_to(on(3), where)); }) == errc::bad_option);
    CHECK(support::code_of([] { static_cast<void>(trust::hop_to(on(2), where)); }) == errc::no_worker);
    CHECK(support::code_of([] { static_cast<void>(trust::hop_to(on(trust::worker_id{}), where)); }) ==
          errc::bad_option);
    const std::size_t there = co_await trust::hop_to(on(1), where);
    CHECK(there == 1);
  });
  CHECK(support::code_of([] { static_cast<void>(trust::hop_to(on(0), where)); }) == errc::no_worker);
}

TEST_CASE("a runtime that ends lets both halves end, and nothing is left of either") {
  for (const bool simulated : {false, true}) {
    support::ledger book;
    std::error_code inner;
    bool came_back = false;
    {
      std::optional<trust::runtime> rt;
      if (simulated) {
        rt.emplace(trust::simulated{});
      } else {
        rt.emplace(trust::options{.workers = 2});
      }
      static_cast<void>(rt->spawn(on(0), trust::unchecked([&]() -> task<> {
                                    const support::luggage<> mine{book};
                                    co_await trust::hop_to(on(1), [&]() -> task<> {
                                      const support::luggage<> theirs{book};
                                      inner = (co_await trust::as_result(trust::sleep_for(1000h))).error().code();
                                    });
                                    came_back = true;
                                  })));
      rt->block_on([]() -> task<> { co_await trust::sleep_for(1ms); });
    }
    CHECK(inner == errc::cancelled);
    CHECK(came_back);
    CHECK(book.alive == 0);
    CHECK(book.born == 2);
  }
}

}  // namespace
