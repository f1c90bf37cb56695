// SPDX-License-Identifier: MIT
// Unit tests of promise 7: awaited calls wait for room, messages queue up to options.backlog, and beyond it nothing is sent; flush.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace {

using trust::errc;
using trust::task;
using namespace std::chrono_literals;

struct gate_and_count {
  std::atomic<bool>* open;
  int n = 0;
  std::atomic<bool>* entered = nullptr;
  void wait() const {
    if (entered != nullptr) *entered = true;
    while (!*open) std::this_thread::sleep_for(100us);
  }
};

TEST_CASE("beyond the backlog a post throws overloaded, try_post is false, and neither has sent anything") {
  support::ledger book;
  {
    trust::runtime rt{trust::options{.workers = 2, .lane_capacity = 2, .backlog = 10, .stall_report = 0ns}};
    std::atomic<bool> open{false};
    auto r = rt.entrust(trust::on(1), gate_and_count{&open});
    support::run(rt, [&]() -> task<> {
      r.post([](gate_and_count& g) { g.wait(); });  // the trustee stands still: a stuck closure
      int sent = 0;
      std::error_code code;
      for (int i = 0; i < 100 && !code; ++i) {
        code = support::code_of([&] {
          r.post([bag = support::luggage<>{book}](gate_and_count& g) { g.n += bag.intact() ? 1 : 1'000; });
          ++sent;
        });
      }
      CHECK(code == errc::overloaded);
      CHECK(sent >= 10);
      CHECK(sent <= 14);  // the backlog and what the lane itself holds
      CHECK(book.alive == sent);
      CHECK_FALSE(r.try_post([](gate_and_count& g) { g.n += 1'000; }));
      CHECK(support::code_of([&] { r.apply_then([](gate_and_count& g) { g.n += 1'000; }, [] {}); }) ==
            errc::overloaded);
      CHECK(support::code_of([&] { r.launch_then([](gate_and_count&) -> task<> { co_return; }, [] {}); }) ==
            errc::overloaded);
      CHECK(support::code_of([&] { r.attend([](gate_and_count&) -> task<> { co_return; }); }) == errc::overloaded);
      open = true;
      co_await r.flush();
      const int n = co_await r.with([](const gate_and_count& g) { return g.n; });
      CHECK(n == sent);
      CHECK(r.try_post([](gate_and_count& g) { ++g.n; }));
    });
  }
  CHECK(book.born == book.died);
}

TEST_CASE("the backlog holds for an object of the caller's own worker too") {
  trust::runtime rt{trust::options{.workers = 1, .backlog = 10}};
  auto r = rt.entrust(0);
  support::run(rt, [&]() -> task<> {
    for (int i = 0; i < 10; ++i) r.post([](int& n) { ++n; });
    CHECK_FALSE(r.try_post([](int& n) { n += 1'000; }));
    CHECK(support::code_of([&] { r.post([](int& n) { n += 1'000; }); }) == errc::overloaded);
    const int n = co_await r.apply([](int& x) { return x; });  // an awaited call is never overloaded
    CHECK(n == 10);
    CHECK(r.try_post([](int& x) { ++x; }));
  });
}

TEST_CASE("the backlog holds for foreign threads") {
  trust::runtime rt{trust::options{.workers = 2, .backlog = 10, .stall_report = 0ns}};
  std::atomic<bool> open{false};
  std::atomic<bool> entered{false};
  auto r = rt.entrust(trust::on(1), gate_and_count{&open, 0, &entered});
  r.post([](gate_and_count& g) { g.wait(); });
  CHECK(support::eventually([&] { return entered.load(); }));
  int sent = 0;
  while (sent < 1'000 && r.try_post([](gate_and_count& g) { ++g.n; })) ++sent;
  CHECK(sent == 10);
  CHECK(support::code_of([&] { r.post([](gate_and_count& g) { g.n += 1'000; }); }) == errc::overloaded);
  open = true;
  r.flush().get();
  CHECK(r.with([](const gate_and_count& g) { return g.n; }).get() == sent);
}

TEST_CASE("who awaits what post returns is never overloaded") {
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        auto r = rt.entrust(trust::on(1), 0);
        support::run(rt, [&]() -> task<> {
          for (int i = 0; i < 2'000; ++i) {
            const trust::sent s = r.post([](int& n) { ++n; });
            co_await s;
            CHECK(s.left());
          }
          co_await r.flush();
          const int n = co_await r.apply([](int& x) { return x; });
          CHECK(n == 2'000);
        });
      },
      trust::options{.workers = 2, .backlog = 4});
}

TEST_CASE("awaited calls by the hundred wait for room in a lane of two granules, in order") {
  support::on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), std::string{});
    support::run(rt, [&]() -> task<> {
      auto append = [](std::string& s, char c) { s += c; };
      std::vector<decltype(r.apply(append, 'x'))> ops;
      std::string expected;
      for (int i = 0; i < 500; ++i) {
        const char c = static_cast<char>('a' + i % 26);
        ops.push_back(r.apply(append, c));
        expected += c;
      }
      co_await trust::when_all(ops);
      const bool same = co_await r.apply([&](std::string& s) { return s == expected; });
      CHECK(same);
    });
  });
}

TEST_CASE("handle drops are exempt from the backlog") {
  trust::runtime rt{trust::options{.workers = 2, .lane_capacity = 2, .backlog = 1}};
  support::ledger book;
  support::run(rt, [&]() -> task<> {
    std::vector<trust::remote<support::resident>> all;
    for (int i = 0; i < 200; ++i) all.push_back(rt.emplace<support::resident>(trust::on(1), &book));
    co_await all.back().ready();
    auto last = all.back();
    co_await last.apply([](support::resident&) {});
    all.clear();
    co_await std::move(last).close();
    const bool gone = co_await support::soon([&book] { return book.died == 200; });
    CHECK(gone);
  });
}

TEST_CASE("flush waits for all that this worker has sent, to whomever") {
  support::on_each_runtime(
      [](trust::runtime& rt) {
        std::vector<trust::remote<int>> all;
        for (std::size_t i = 0; i < 9; ++i) all.push_back(rt.entrust(trust::on(i % 3), 0));
        support::run(rt, [&]() -> task<> {
          for (int round = 0; round < 30; ++round) {
            for (auto& r : all) r.post([](int& n) { ++n; });
          }
          co_await trust::flush();
          for (auto& r : all) {
            // A shortcut or a later message: what flush promises is that the posts are done by now.
            const int n = co_await r.apply([](int& x) { return x; });
            CHECK(n == 30);
          }
        });
      },
      3);
}

TEST_CASE("r.flush waits for a launched task's first stretch, and not for its end") {
  support::on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      auto ended = std::make_shared<bool>(false);
      r.launch_then(
          [](int& n) -> task<> {
            n = 1;
            co_await trust::sleep_for(20ms);
            n = 2;
          },
          [ended] { *ended = true; });
      co_await r.flush();
      const int n = co_await r.apply([](int& x) { return x; });
      CHECK(n >= 1);
      const bool came = co_await support::soon([&ended] { return *ended; });
      CHECK(came);
    });
  });
}

}  // namespace
