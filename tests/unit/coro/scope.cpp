// SPDX-License-Identifier: MIT
// Unit tests of coro/scope: children run beside their parent, and nothing of them is lost.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

TEST_CASE("join waits for all children") {
  support::on_each_runtime([](trust::runtime& rt) {
    const int sum = rt.block_on([]() -> task<int> {
      int total = 0;
      trust::scope children;
      for (int i = 1; i <= 10; ++i) {
        co_await children.spawn(
            [&total](int n) -> task<> {
              co_await trust::sleep_for(std::chrono::microseconds{100 * (11 - n)});
              total += n;
            },
            i);
      }
      CHECK_FALSE(children.empty());
      co_await children.join();
      CHECK(children.empty());
      co_return total;
    });
    CHECK(sum == 55);
  });
}

TEST_CASE("join of an empty scope goes on at once") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    trust::scope s;
    co_await s.join();
    co_await s.join();
  });
}

TEST_CASE("the first failure is thrown by join, after all have ended, and once") {
  support::on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      int ended = 0;
      trust::scope s;
      for (int i = 0; i < 4; ++i) {
        co_await s.spawn([&ended, i]() -> task<> {
          while (ended != i) co_await trust::yield();  // one after the other, however late a worker is
          ++ended;
          if (i == 1) throw std::out_of_range{"one"};
          if (i == 2) throw std::invalid_argument{"two"};
        });
      }
      std::string caught;
      try {
        co_await s.join();
      } catch (const std::out_of_range& e) {
        caught = e.what();
      }
      CHECK(caught == "one");
      CHECK(ended == 4);
      co_await s.join();
    });
  });
}

TEST_CASE("a capturing coroutine lambda and its arguments live as long as the child") {
  support::ledger book;
  {
    trust::runtime rt{trust::options{.workers = 1}};
    support::run(rt, [&book]() -> task<> {
      trust::scope s;
      auto child = [bag = support::luggage<>{book}](support::luggage<> argument) -> task<> {
        co_await trust::yield();
        CHECK(bag.intact());
        CHECK(argument.intact());
      };
      auto spawning = s.spawn(std::move(child), support::luggage<>{book});
      co_await spawning;
      CHECK(book.alive == 2);
      co_await s.join();
      CHECK(book.alive == 0);
    });
  }
  CHECK(book.born == book.died);
}

TEST_CASE("children are told to stop with their parent") {
  trust::runtime rt{trust::simulated{}};
  auto h = rt.spawn([]() -> task<int> {
    trust::scope s;
    int cancelled = 0;
    for (int i = 0; i < 3; ++i) {
      co_await s.spawn([&cancelled]() -> task<> {
        try {
          co_await trust::sleep_for(100h);
        } catch (const trust::error& e) {
          if (e.code() == errc::cancelled) ++cancelled;
        }
      });
    }
    co_await s.join();
    co_return cancelled;
  });
  rt.request_stop();
  CHECK(h.get() == 3);
}

TEST_CASE("a scope that was asked to stop before it had a child stops those that come") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    trust::scope s;
    s.request_stop();
    std::error_code why;
    co_await s.spawn([&]() -> task<> { why = (co_await trust::as_result(trust::sleep_for(1h))).error().code(); });
    co_await s.join();
    CHECK(why == trust::errc::cancelled);
  });
}

TEST_CASE("a child may spawn into the scope that holds it") {
  support::on_each_runtime([](trust::runtime& rt) {
    const int leaves = rt.block_on([]() -> task<int> {
      struct tree {
        static task<> grow(trust::scope& s, int depth, int& count) {
          if (depth == 0) {
            ++count;
            co_return;
          }
          auto left = s.spawn(&tree::grow, std::ref(s), depth - 1, std::ref(count));
          co_await left;
          auto right = s.spawn(&tree::grow, std::ref(s), depth - 1, std::ref(count));
          co_await right;
        }
      };
      int count = 0;
      trust::scope s;
      auto root = s.spawn(&tree::grow, std::ref(s), 6, std::ref(count));
      co_await root;
      co_await s.join();
      co_return count;
    });
    CHECK(leaves == 64);
  });
}

}  // namespace
