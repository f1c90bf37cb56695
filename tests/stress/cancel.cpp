// SPDX-License-Identifier: MIT
// Stress of stopped calls: tasks on all workers call objects on all workers, each call within a deadline, a scope or a handle that is asked to stop at
// some moment. What is reported as done has been done once, what is not has not been begun or says that it was cut short; nothing is left.
// And trustees that stand still: a call with a deadline ends when its trustee serves again and not before; an owned one ends in time.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/seed.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

struct counts {
  std::atomic<unsigned> values{0};
  std::atomic<unsigned> stopped{0};
  std::atomic<unsigned> others{0};
};

/// One call of some kind, ended in some way.
task<trust::result<int>> one_call(trust::remote<int> object, trust::remote<trust::latch<int>> latched, unsigned kind,
                                  support::ledger* book) {
  switch (kind) {
    case 0: {
      auto call = object.apply([bag = support::luggage<>{*book}](int& n) { return ++n; });
      co_return co_await trust::as_result(call);
    }
    case 1: {
      auto call = object.launch([bag = support::luggage<>{*book}](int& n) -> task<int> {
        const int seen = ++n;  // before it can be stopped: it is taken back if it is
        const auto paused = co_await trust::as_result(trust::sleep_for(std::chrono::microseconds{seen % 50}));
        if (!paused.has_value()) {
          --n;
          paused.value();
        }
        co_return seen;
      });
      co_return co_await trust::as_result(call);
    }
    case 2: {
      auto call = latched.locked([bag = support::luggage<>{*book}](int& n) { return ++n; });
      co_return co_await trust::as_result(call);
    }
    default: {
      auto call = latched.launch([bag = support::luggage<>{*book}](trust::latch<int>& l) -> task<int> {
        auto g = co_await l.lock();
        co_await trust::yield();
        co_return ++*g;
      });
      co_return co_await trust::as_result(call);
    }
  }
}

task<> caller(std::vector<trust::remote<int>> objects, std::vector<trust::remote<trust::latch<int>>> latches,
              std::uint64_t seed, unsigned rounds, std::shared_ptr<counts> all, support::ledger* book) {
  tests::dice random{seed};
  const auto note = [&](const trust::result<int>& r) {
    if (r.has_value()) {
      ++all->values;
    } else if (r.error() == errc::cancelled || r.error() == errc::timed_out) {
      ++all->stopped;
    } else {
      ++all->others;
    }
  };
  for (unsigned i = 0; i < rounds; ++i) {
    trust::scope s;
    const unsigned n = 1 + static_cast<unsigned>(random() % 12);
    for (unsigned k = 0; k < n; ++k) {
      const auto& object = objects[random() % objects.size()];
      const auto& latched = latches[random() % latches.size()];
      const auto kind = static_cast<unsigned>(random() % 4);
      const auto limit = std::chrono::microseconds{random() % 4 == 0 ? 3'600'000'000u : random() % 200};
      auto child = [&, object, latched, kind, limit]() -> task<> {
        auto call = one_call(object, latched, kind, book);
        const auto ended = co_await trust::as_result(trust::with_timeout(call, limit));
        note(ended.has_value() ? ended.value() : trust::result<int>{ended.error()});
      };
      co_await s.spawn(child);
    }
    switch (random() % 3) {
      case 0:
        break;
      case 1:
        for (auto y = random() % 5; y > 0; --y) co_await trust::yield();
        s.request_stop();
        break;
      default:
        co_await trust::sleep_for(std::chrono::microseconds{random() % 100});
        s.request_stop();
    }
    co_await s.join();
  }
}

TEST_CASE("calls of all kinds that are stopped anywhere: what is reported as done was done, once") {
  const std::uint64_t seed = tests::seed_of_this_run("cancel");
  for (const std::size_t capacity : {std::size_t{4}, std::size_t{512}}) {
    support::ledger book;
    {
      trust::options o;
      o.workers = 4;
      o.lane_capacity = capacity;
      trust::runtime rt{o};
      std::vector<trust::remote<int>> objects;
      std::vector<trust::remote<trust::latch<int>>> latches;
      for (std::size_t i = 0; i < 4; ++i) {
        objects.push_back(rt.entrust(trust::on(i), 0));
        latches.push_back(rt.entrust(trust::on(i), trust::latch<int>{}));
      }
      const auto all = std::make_shared<counts>();
      std::vector<trust::task_handle<void>> callers;
      const unsigned rounds = tests::effort(150, 10'000);
      for (std::size_t i = 0; i < 8; ++i)
        callers.push_back(
            rt.spawn(trust::on(i % 4), caller, objects, latches, seed + i, rounds, all, trust::unchecked(&book)));
      for (auto& h : callers) h.get();
      unsigned done = 0;
      for (auto& r : objects) done += static_cast<unsigned>(r.apply([](int& n) { return n; }).get());
      for (auto& r : latches) done += static_cast<unsigned>(r.locked([](int& n) { return n; }).get());
      CHECK(all->others == 0);
      CHECK(done == all->values);
      CHECK(all->stopped > 0);
      MESSAGE(all->values.load(), " calls gave a value, ", all->stopped.load(), " were stopped");
    }
    CHECK(book.alive == 0);
  }
}

/// Its trustee can be made to stand still.
struct still {
  std::atomic<bool> stands{false};
  int runs = 0;
};

struct outcome {
  std::atomic<unsigned> values{0};
  std::atomic<unsigned> late{0};
  std::atomic<unsigned> early{0};  ///< ended while the trustee stood
};

/// `calls` calls on a trustee that stands still for `pause`, each within a fraction of it.
task<> window(trust::remote<still> r, still* there, std::chrono::microseconds pause, unsigned calls,
              std::shared_ptr<outcome> all) {
  still& object = *there;
  auto stand = r.post([pause](still& s) {
    s.stands = true;
    const auto end = std::chrono::steady_clock::now() + pause;
    while (std::chrono::steady_clock::now() < end) {}
    s.stands = false;
  });
  co_await stand;
  unsigned turn = 0;
  trust::scope s;
  for (unsigned i = 0; i < calls; ++i) {
    auto child = [&, i]() -> task<> {
      co_await trust::yield();
      const unsigned mine = ++turn;
      const std::chrono::microseconds limit = i % 4 == 3 ? 1h : pause * (1 + i % 4) / 5;
      auto call = r.apply([](still& x) { return ++x.runs; });
      const auto ended = co_await trust::as_result(trust::with_timeout(call, limit));
      // Where this thread was held up until the limit was over, the call was not begun and ended on the spot: nobody's turn came meanwhile.
      if (object.stands && turn != mine) ++all->early;
      ++(ended.has_value() ? all->values : all->late);
    };
    co_await s.spawn(child);
  }
  co_await s.join();
}

TEST_CASE("a trustee that stands still refuses what is late, and each call ends when it serves again") {
  trust::options o;
  o.workers = 2;
  trust::runtime rt{o};
  auto r = rt.emplace<still>(trust::on(1));
  still* const there = r.apply([](still& s) { return trust::unchecked(&s); }).get();
  const auto all = std::make_shared<outcome>();
  const unsigned windows = 100;
  for (unsigned i = 0; i < windows; ++i)
    rt.spawn(trust::on(0), window, r, trust::unchecked(there), 1ms, 100u, all).get();
  rt.spawn(trust::on(0), window, r, trust::unchecked(there), 100ms, 100u, all).get();
  CHECK(all->values + all->late == 100 * (windows + 1));
  CHECK(r.apply([](still& s) { return s.runs; }).get() == static_cast<int>(all->values));
  CHECK(all->late > 0);
  CHECK(all->values >= 25 * (windows + 1));
  MESSAGE(all->values.load(), " calls in time, ", all->late.load(), " late");
  // The flag falls before the closure has ended, and no call of a window is served before that.
  CHECK(all->early == 0);
}

TEST_CASE("owned calls end while the trustee stands, and their late replies harm nothing") {
  trust::options o;
  o.workers = 2;
  support::ledger book;
  {
    trust::runtime rt{o};
    auto r = rt.entrust(trust::on(1), 0);
    const auto let_go = std::make_shared<std::atomic<bool>>(false);
    auto body = [&]() -> task<> {
      r.post([let_go](int&) {
        while (!*let_go) std::this_thread::sleep_for(50us);
      });
      unsigned late = 0;
      trust::scope s;
      for (unsigned i = 0; i < 1'000; ++i) {
        auto child = [&, i]() -> task<> {
          auto call =
              trust::owned(r.apply([bag = support::luggage<>{book}](int& n) { return std::string(100, char(++n)); }));
          const auto ended = co_await trust::as_result(trust::with_timeout(call, std::chrono::microseconds{i % 2'000}));
          late += !ended.has_value() && ended.error() == errc::timed_out;
        };
        co_await s.spawn(child);
      }
      co_await s.join();  // the trustee stands all the while
      CHECK(late == 1'000);
      *let_go = true;
      const int n = co_await r.apply([](int& x) { return x; });
      CHECK(n == 0);
    };
    rt.spawn(trust::on(0), trust::unchecked(body)).get();
  }
  CHECK(book.alive == 0);
}

}  // namespace
