// SPDX-License-Identifier: MIT
// Unit tests of coro/task: lazy, one result of any kind, errors, frames that die where they should, and transfer chains of any depth.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using support::on_each_runtime;
using trust::task;

TEST_CASE("a task does nothing until it is awaited") {
  on_each_runtime([](trust::runtime& rt) {
    bool ran = false;
    support::run(rt, [&]() -> task<> {
      const auto work = [&]() -> task<> {
        ran = true;
        co_return;
      };
      auto t = work();
      co_await trust::yield();
      CHECK_FALSE(ran);
      co_await t;
      CHECK(ran);
    });
  });
}

TEST_CASE("a task that is dropped before it was awaited never runs, and frees its frame with what it holds") {
  trust::runtime rt{trust::simulated{}};
  support::ledger book;
  bool ran = false;
  support::run(rt, [&]() -> task<> {
    const auto work = [&](support::luggage<> bag) -> task<> {
      ran = true;
      CHECK(bag.full());
      co_return;
    };
    {
      auto t = work(support::luggage<>{book});
      CHECK(book.alive == 1);
    }
    CHECK(book.alive == 0);
    co_return;
  });
  CHECK_FALSE(ran);
  CHECK(book.died == 1);
}

TEST_CASE("a task gives values, references, things that only move, and nothing") {
  on_each_runtime([](trust::runtime& rt) {
    int n = 1;
    support::run(rt, [&]() -> task<> {
      const auto value = []() -> task<std::string> { co_return "ada"; };
      const auto reference = [&]() -> task<int&> { co_return n; };
      const auto moved = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
      const auto nothing = []() -> task<> { co_return; };
      const std::string s = co_await value();
      CHECK(s == "ada");
      int& r = co_await reference();
      CHECK(&r == &n);
      const auto p = co_await moved();
      CHECK(*p == 7);
      co_await nothing();
    });
  });
}

TEST_CASE("what a task throws comes to who awaits it, as it was thrown, through several of them") {
  on_each_runtime([](trust::runtime& rt) {
    const auto text = rt.block_on([]() -> task<std::string> {
      const auto inner = []() -> task<int> {
        co_await trust::yield();
        throw std::out_of_range{"row 7"};
      };
      const auto middle = [&]() -> task<int> {
        auto t = inner();
        const int n = co_await t;
        co_return n;
      };
      std::string caught;
      try {
        auto t = middle();
        static_cast<void>(co_await t);
      } catch (const std::out_of_range& e) {
        caught = e.what();
      }
      co_return caught;
    });
    CHECK(text == "row 7");
  });
}

TEST_CASE("what a root task throws comes to block_on") {
  on_each_runtime([](trust::runtime& rt) {
    CHECK_THROWS_AS(rt.block_on([]() -> task<> {
      co_await trust::yield();
      throw std::invalid_argument{"no"};
    }),
                    std::invalid_argument);
  });
}

TEST_CASE("a task moves before it is awaited, and an empty one is false") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    const auto work = []() -> task<int> { co_return 4; };
    task<int> a = work();
    task<int> b = std::move(a);
    CHECK_FALSE(bool(a));
    CHECK(bool(b));
    task<int> c;
    CHECK_FALSE(bool(c));
    c = std::move(b);
    const int n = co_await c;
    CHECK(n == 4);
  });
}

TEST_CASE("locals of a task are destroyed in order before its caller goes on") {
  trust::runtime rt{trust::simulated{}};
  std::string order;
  support::run(rt, [&]() -> task<> {
    struct note {
      note(std::string& o, char c) noexcept : order_{o}, c_{c} {}
      ~note() { order_ += c_; }
      std::string& order_;
      char c_;
    };
    const auto work = [&]() -> task<int> {
      const note a{order, 'a'};
      const note b{order, 'b'};
      co_await trust::yield();
      co_return 1;
    };
    static_cast<void>(co_await work());
    order += 'c';
  });
  CHECK(order == "bac");
}

task<std::uint64_t> descend(std::uint64_t depth) {
  if (depth == 0) co_return 0;
  auto deeper = descend(depth - 1);
  const std::uint64_t below = co_await deeper;
  co_return below + 1;
}

TEST_CASE("three million symmetric transfers do not use up the stack") {
  // 1.5 million down and as many back; a chain that is deep, then one that is long.
  trust::runtime rt{trust::options{.workers = 1}};
  const auto n = rt.block_on([]() -> task<std::uint64_t> {
    auto deep = descend(100'000);
    std::uint64_t sum = co_await deep;
    const auto leaf = []() -> task<std::uint64_t> { co_return 1; };
    for (int i = 0; i < 1'400'000; ++i) sum += co_await leaf();
    co_return sum;
  });
  CHECK(n == 1'500'000);
}

struct alignas(128) wide {
  wide() noexcept { CHECK(reinterpret_cast<std::size_t>(this) % 128 == 0); }
  unsigned char bytes[256] = {};
};

TEST_CASE("locals, arguments and results aligned to 128 lie where they must") {
  trust::runtime rt{trust::options{.workers = 1}};
  support::run(rt, []() -> task<> {
    const auto work = [](wide in) -> task<wide> {
      CHECK(reinterpret_cast<std::size_t>(&in) % 128 == 0);
      const wide mine;
      co_await trust::yield();
      co_return mine;
    };
    auto t = work(wide{});
    const wide got = co_await t;
    CHECK(got.bytes[255] == 0);
  });
}

TEST_CASE("the token of the running task is shared by what it awaits") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    const auto child = []() -> task<trust::coro::stop_state*> {
      const trust::stop_token t = co_await trust::this_task::stop_token();
      co_return t.state();
    };
    const trust::stop_token mine = co_await trust::this_task::stop_token();
    CHECK(mine.stop_possible());
    CHECK_FALSE(mine.stop_requested());
    trust::coro::stop_state* const theirs = co_await child();
    CHECK(theirs == mine.state());
  });
  CHECK_FALSE(trust::stop_token{}.stop_possible());
  CHECK_FALSE(trust::stop_token{}.stop_requested());
}

}  // namespace
