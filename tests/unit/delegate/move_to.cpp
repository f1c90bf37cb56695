// SPDX-License-Identifier: MIT
// Unit tests of move_to: an object changes its owner while calls to it go on, in their order, and none is lost.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::on_each_runtime;
using trust::errc;
using trust::task;

struct traveller {
  explicit traveller(support::ledger* l) : inside{l} {}
  support::resident inside;
  std::vector<int> seen;
};

}  // namespace

template <> inline constexpr bool trust::may_travel<traveller> = true;

namespace {

TEST_CASE("an object that has moved is used and destroyed where it is now") {
  on_each_runtime([](trust::runtime& rt) {
    support::ledger book;
    {
      auto r = rt.emplace<traveller>(trust::on(0), &book);
      support::run(rt, [&]() -> task<> {
        trust::remote<traveller> same = r;
        co_await r.move_to(trust::on(1));
        CHECK(r.owner().index() == 1);
        CHECK(same.owner() == r.owner());
        const auto where = co_await r.apply([](traveller&) { return trust::this_worker().index(); });
        CHECK(where == 1);
        same.reset();
        co_await r.move_to(r.owner());  // already there
        co_await r.move_to(trust::on(0));
        const auto back = co_await r.apply([](traveller&) { return trust::this_worker().index(); });
        CHECK(back == 0);
        co_await r.move_to(trust::on(1));
      });
      CHECK(book.born_on == 0);
      support::run(rt, [&]() -> task<> { co_await std::move(r).close(); });
    }
    CHECK(book.died == 1);
    CHECK(book.died_on == 1);
  });
}

TEST_CASE("calls of every kind keep their order while the object goes to and fro") {
  on_each_runtime(
      [](trust::runtime& rt) {
        support::ledger book;
        auto r = rt.emplace<traveller>(trust::on(0), &book);
        for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
          auto body = [&]() -> task<> {
            trust::scope s;
            bool stop = false;
            auto mover = [&]() -> task<> {
              std::size_t i = 0;
              do {
                co_await r.move_to(trust::on(++i % 3));
                co_await trust::yield();
              } while (!stop);
            };
            co_await s.spawn(mover);
            int next = 0;
            for (int round = 0; round < 30; ++round) {
              std::vector<trust::task<>> waiting;
              for (int k = 0; k < 8; ++k) {
                const int mine = next++;
                switch (k % 3) {
                  case 0:
                    co_await r.post([mine](traveller& t) { t.seen.push_back(mine); });
                    break;
                  case 1: {
                    auto call = r.launch([mine](traveller& t) -> task<> {
                      t.seen.push_back(mine);
                      co_await trust::yield();
                    });
                    co_await call;
                    break;
                  }
                  default: {
                    auto call = r.apply([mine](traveller& t) { t.seen.push_back(mine); });
                    co_await call;
                  }
                }
              }
              co_await trust::yield();
            }
            stop = true;
            co_await s.join();
            const auto seen = co_await r.apply([](traveller& t) { return std::exchange(t.seen, {}); });
            CHECK(seen.size() == static_cast<std::size_t>(next));
            for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<int>(i));
          };
          rt.spawn(trust::on(at), trust::unchecked(body)).get();
        }
        support::run(rt, [&]() -> task<> { co_await std::move(r).close(); });  // it writes into `book`
      },
      3);
}

TEST_CASE("a move waits for launched tasks; launches that come later queue behind it, and run on the new owner") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  auto r = rt.entrust(trust::on(1), 0);
  auto body = [&]() -> task<> {
    trust::scope s;
    std::string order;
    auto long_task = [&]() -> task<> {
      auto l = r.launch([](int& n) -> task<std::size_t> {
        co_await trust::sleep_for(10ms);
        ++n;
        co_return trust::this_worker().index();
      });
      const std::size_t at = co_await l;
      CHECK(at == 1);
      order += "task ";
    };
    auto moves = [&]() -> task<> {
      co_await r.move_to(trust::on(2));
      order += "moved ";
    };
    auto later = [&]() -> task<> {
      auto l = r.launch([](int& n) -> task<std::size_t> {
        CHECK(n == 1);
        co_return trust::this_worker().index();
      });
      const std::size_t at = co_await l;
      CHECK(at == 2);
      order += "later";
    };
    co_await s.spawn(long_task);
    co_await trust::sleep_for(1ms);
    co_await s.spawn(moves);
    co_await trust::sleep_for(1ms);
    const int n = co_await r.apply([](int& x) { return x; });
    CHECK(n == 0);
    co_await s.spawn(later);
    co_await s.join();
    CHECK(order.substr(0, 5) == "task ");
    CHECK(order.size() == std::string{"task moved later"}.size());
  };
  rt.spawn(trust::on(0), trust::unchecked(body)).get();
}

TEST_CASE("what cannot be moved says why") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(0), 1);
    support::run(rt, [&]() -> task<> {
      const auto nowhere = co_await trust::as_result(r.move_to(trust::on(99)));
      CHECK(nowhere.error() == errc::bad_option);
      const auto empty = co_await trust::as_result(trust::remote<int>{}.move_to(trust::on(0)));
      CHECK(empty.error() == errc::empty);
      auto inside = r.launch(
          [](int&, trust::remote<int> me) -> task<bool> {
            const auto no = co_await trust::as_result(me.move_to(trust::on(1)));
            co_return !no.has_value() && no.error() == errc::would_deadlock;
          },
          r);
      const bool refused = co_await inside;
      CHECK(refused);
      trust::local<int> mine{4};
      const auto stays = co_await trust::as_result(mine.share().move_to(trust::on(1)));
      CHECK(stays.error() == errc::shared);
      const int one = co_await r.apply([](int& x) { return x; });
      CHECK(one == 1);
    });
  });
}

TEST_CASE("moves of one object that are asked for at the same time happen one after the other") {
  on_each_runtime(
      [](trust::runtime& rt) {
        auto r = rt.entrust(trust::on(0), 0);
        std::vector<trust::task_handle<void>> movers;
        for (std::size_t i = 0; i < 6; ++i) {
          movers.push_back(rt.spawn(
              trust::on(i % 3),
              [](trust::remote<int> object, std::size_t n) -> task<> {
                for (std::size_t k = 0; k < 10; ++k) {
                  co_await object.move_to(trust::on((n + k) % 3));
                  co_await object.apply([](int& x) { ++x; });
                }
              },
              r, i));
        }
        for (auto& h : movers) h.get();
        CHECK(r.apply([](int& x) { return x; }).get() == 60);
      },
      3);
}

TEST_CASE("an object that moves while others want it together is found again") {
  on_each_runtime(
      [](trust::runtime& rt) {
        auto a = rt.entrust(trust::on(0), 0);
        auto b = rt.entrust(trust::on(1), 0);
        std::vector<trust::task_handle<void>> all;
        for (std::size_t i = 0; i < 3; ++i) {
          all.push_back(rt.spawn(
              trust::on(i),
              [](trust::remote<int> x, trust::remote<int> y) -> task<> {
                for (int k = 0; k < 30; ++k) {
                  co_await trust::together(x, y, [](int& p, int& q) {
                    ++p;
                    --q;
                  });
                }
              },
              a, b));
          all.push_back(rt.spawn(
              trust::on(i),
              [](trust::remote<int> x, trust::remote<int> y, std::size_t n) -> task<> {
                for (std::size_t k = 0; k < 10; ++k) {
                  co_await x.move_to(trust::on((n + k) % 3));
                  co_await y.move_to(trust::on((n + 2 * k) % 3));
                }
              },
              a, b, i));
        }
        for (auto& h : all) h.get();
        CHECK(a.apply([](int& x) { return x; }).get() == 90);
        CHECK(b.apply([](int& x) { return x; }).get() == -90);
      },
      3);
}

TEST_CASE("a launched task on a new owner hears of a stop request that was sent to the old one") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  auto r = rt.entrust(trust::on(1), 0);
  auto body = [&]() -> task<> {
    for (int round = 0; round < 200; ++round) {
      trust::scope s;
      unsigned cancelled = 0;
      auto child = [&]() -> task<> {
        auto l = r.launch([](int&) -> task<> { co_await trust::sleep_for(1h); });
        const auto ended = co_await trust::as_result(l);
        cancelled += !ended.has_value() && ended.error() == errc::cancelled;
      };
      auto moves = [&]() -> task<> {
        const auto moved = co_await trust::as_result(r.move_to(trust::on(1 + static_cast<std::size_t>(round % 2))));
        static_cast<void>(moved);
      };
      co_await s.spawn(moves);
      for (int i = 0; i < round % 5; ++i) co_await trust::yield();
      for (int i = 0; i < 5; ++i) co_await s.spawn(child);
      for (int i = 0; i < round % 11; ++i) co_await trust::yield();
      s.request_stop();
      co_await s.join();
      CHECK(cancelled == 5);
    }
  };
  rt.spawn(trust::on(0), trust::unchecked(body)).get();
}

}  // namespace
