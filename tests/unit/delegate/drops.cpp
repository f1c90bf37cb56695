// SPDX-License-Identifier: MIT
// Unit tests of promise 4: an object is built, used and destroyed on its trustee's thread, exactly once, wherever its last handle is
// dropped; and all that was made before that drop, on whichever lane, runs before.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace {

using support::ledger;
using support::on_each_runtime;
using support::resident;
using trust::task;
using namespace std::chrono_literals;
using handle = trust::remote<resident>;

struct holder {
  handle held = {};
};

bool gone(const ledger& book) {
  return support::eventually([&] { return book.died == 1; });
}

// Waits in a way that lets a simulation go on.
bool gone(trust::runtime& rt, const ledger& book) {
  return rt.block_on([&book]() -> task<bool> { co_return co_await support::soon([&book] { return book.died != 0; }); });
}

void check_at_home(const ledger& book, std::size_t owner) {
  CHECK(book.born == 1);
  CHECK(book.died == 1);
  CHECK(book.born_on == owner);
  CHECK(book.died_on == owner);
}

/// Each way gets the last handle of an object on worker 1, or on worker 0, and drops it on a worker.
template <class Way>
void drop_on_a_worker(Way way) {
  on_each_runtime([&](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
      CAPTURE(owner);
      ledger book;
      auto r = rt.emplace<resident>(trust::on(owner), &book);
      r.apply([](resident& x) { x.use(); }).get();
      way(rt, std::move(r), owner);
      CHECK(gone(rt, book));
      check_at_home(book, owner);
    }
  });
}

TEST_CASE("last handle dropped on a worker that is not the owner") {
  drop_on_a_worker([](trust::runtime& rt, handle r, std::size_t owner) {
    rt.spawn(
          trust::on(1 - owner),
          [](handle mine) -> task<> {
            mine.reset();
            co_return;
          },
          std::move(r))
        .get();
  });
}

TEST_CASE("last handle dropped on the owner") {
  drop_on_a_worker([](trust::runtime& rt, handle r, std::size_t owner) {
    rt.spawn(
          trust::on(owner),
          [](handle mine) -> task<> {
            mine = nullptr;
            co_return;
          },
          std::move(r))
        .get();
  });
}

TEST_CASE("last handle dropped inside a closure on its own trustee") {
  drop_on_a_worker([](trust::runtime& rt, handle r, std::size_t owner) {
    rt.spawn(
          trust::on(1 - owner),
          [](handle mine) -> task<> {
            const handle& target = mine;
            // The op takes the handle along; its closure holds one more, which dies in the closure.
            auto op = handle{target}.apply([](resident& x, handle last) {
              x.use();
              last.reset();
              x.use();
            }, std::move(mine));
            co_await op;
          },
          std::move(r))
        .get();
  });
}

TEST_CASE("last handle dropped by a post to the object itself") {
  drop_on_a_worker([](trust::runtime& rt, handle r, std::size_t owner) {
    rt.spawn(
          trust::on(1 - owner),
          [](handle mine) -> task<> {
            mine.post([self = mine](resident& x) mutable {
              x.use();
              self.reset();
              x.use();
            });
            mine.reset();
            co_return;
          },
          std::move(r))
        .get();
  });
}

TEST_CASE("last handle dropped inside another object's closure") {
  drop_on_a_worker([](trust::runtime& rt, handle r, std::size_t owner) {
    for (const std::size_t other : {owner, 1 - owner}) {
      auto box = rt.entrust(trust::on(other), holder{r});
      if (other != owner) r.reset();
      box.apply([](holder& h) { h.held.reset(); }).get();
    }
  });
}

TEST_CASE("last handle dropped inside a launched task of the object itself") {
  drop_on_a_worker([](trust::runtime& rt, handle r, std::size_t owner) {
    rt.spawn(
          trust::on(1 - owner),
          [](handle mine) -> task<> {
            auto op = handle{mine}.launch(
                [](resident& x, handle last) -> task<> {
                  x.use();
                  last.reset();
                  co_await trust::sleep_for(1ms);
                  x.use();  // the task pins it
                },
                std::move(mine));
            co_await op;
          },
          std::move(r))
        .get();
  });
}

TEST_CASE("last handle dropped through weak_remote::lock") {
  drop_on_a_worker([](trust::runtime& rt, handle r, std::size_t owner) {
    rt.spawn(
          trust::on(1 - owner),
          [](handle mine) -> task<> {
            const trust::weak_remote<resident> weak = mine;
            {
              handle strong = co_await weak.lock();
              mine.reset();
              const bool alive = co_await strong.apply([](resident& x) { return x.book().alive == 1; });
              CHECK(alive);
            }
            handle late = co_await weak.lock();
            CHECK_FALSE(bool(late));
          },
          std::move(r))
        .get();
  });
}

TEST_CASE("last handle given up by close, which resumes when the object is gone") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
      ledger book;
      rt.block_on([&]() -> task<> {
        auto r = rt.emplace<resident>(trust::on(owner), &book);
        handle other = r;
        co_await std::move(r).close();
        CHECK_FALSE(bool(r));
        CHECK(book.died == 0);  // not the last one
        co_await std::move(other).close();
        CHECK(book.died == 1);
      });
      check_at_home(book, owner);
    }
  });
}

TEST_CASE("close waits for a launched task of the object") {
  on_each_runtime([](trust::runtime& rt) {
    ledger book;
    rt.block_on([&]() -> task<> {
      auto r = rt.emplace<resident>(trust::on(1), &book);
      trust::scope calls;
      co_await calls.spawn([&]() -> task<> {
        co_await r.launch([](resident& x) -> task<> {
          x.use();
          co_await trust::sleep_for(3ms);
          x.use();
        });
      });
      const bool under_way = co_await support::soon([&book] { return book.uses >= 1; });
      CHECK(under_way);  // it pins the object, though no handle does
      co_await std::move(r).close();
      CHECK(book.died == 1);
      CHECK(book.uses_when_it_died == 2);
      co_await calls.join();
    });
  });
}

TEST_CASE("a close that is not awaited gives the handle up all the same") {
  on_each_runtime([](trust::runtime& rt) {
    ledger book;
    rt.block_on([&]() -> task<> {
      auto r = rt.emplace<resident>(trust::on(1), &book);
      static_cast<void>(std::move(r).close());
      const bool is_gone = co_await support::soon([&book] { return book.died != 0; });
      CHECK(is_gone);
    });
    check_at_home(book, 1);
  });
}

TEST_CASE("last handle dropped on a foreign thread") {
  trust::runtime rt{trust::options{.workers = 2}};
  for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
    ledger book;
    std::thread t{[&, owner] {
      auto r = rt.emplace<resident>(trust::on(owner), &book);
      r.apply([](resident& x) { x.use(); }).get();
    }};
    t.join();
    CHECK(gone(book));
    check_at_home(book, owner);
  }
}

TEST_CASE("last handle overwritten, swapped away or moved from") {
  on_each_runtime([](trust::runtime& rt) {
    ledger first, second;
    auto a = rt.emplace<resident>(trust::on(1), &first);
    auto b = rt.emplace<resident>(trust::on(0), &second);
    handle c = std::move(a);
    CHECK_FALSE(bool(a));
    c.swap(b);
    CHECK(first.died == 0);
    b = std::move(c);  // the first one's last handle is overwritten
    CHECK(gone(rt, first));
    CHECK(second.died == 0);
    handle& alias = b;
    b = alias;
    CHECK(b.apply([](resident& x) { return x.book().alive.load(); }).get() == 1);
    b = handle{};
    CHECK(gone(rt, second));
    check_at_home(first, 1);
    check_at_home(second, 0);
  });
}

TEST_CASE("last handle dropped during shutdown, by tasks that end then and by objects that are destroyed then") {
  for (const bool simulated : {false, true}) {
    ledger by_task, by_object, by_runtime;
    {
      std::optional<trust::runtime> rt;
      if (simulated) {
        rt.emplace(trust::simulated{});
      } else {
        rt.emplace(trust::options{.workers = 2});
      }
      auto r = rt->emplace<resident>(trust::on(1), &by_task);
      static_cast<void>(rt->spawn(
          trust::on(0),
          [](handle mine) -> task<> {
            static_cast<void>(co_await trust::as_result(trust::sleep_for(100h)));  // cancelled by the stop
            mine.reset();
            co_await trust::yield();
          },
          std::move(r)));
      auto kept = rt->emplace<resident>(trust::on(1), &by_object);
      auto box = rt->entrust(trust::on(0), holder{std::move(kept)});
      auto mine = rt->emplace<resident>(trust::on(0), &by_runtime);
      rt.reset();  // with handles in hand
      CHECK(by_runtime.died == 1);
    }
    check_at_home(by_task, 1);
    check_at_home(by_object, 1);
    check_at_home(by_runtime, 0);
  }
}

TEST_CASE("last handle dropped after its runtime has gone does nothing more") {
  ledger book;
  handle r;
  trust::weak_remote<resident> weak;
  {
    trust::runtime rt{trust::options{.workers = 2}};
    r = rt.emplace<resident>(trust::on(1), &book);
    weak = r;
  }
  check_at_home(book, 1);
  handle copy = r;
  CHECK(support::code_of([&] { copy.apply([](resident& x) { x.use(); }).get(); }) == trust::errc::runtime_stopped);
  r.reset();
  copy.reset();
  check_at_home(book, 1);
}

struct link_of_chain {
  link_of_chain(ledger* l, trust::remote<link_of_chain> n) : self{l}, next{std::move(n)} {}
  resident self;
  trust::remote<link_of_chain> next;
};

TEST_CASE("a chain of objects, each of which holds the last handle of the next, dies link by link, at home") {
  on_each_runtime([](trust::runtime& rt) {
    constexpr std::size_t links = 100;
    std::vector<ledger> books(links);
    {
      trust::remote<link_of_chain> head;
      for (std::size_t i = 0; i < links; ++i) head = rt.emplace<link_of_chain>(trust::on(i % 2), &books[i], std::move(head));
      head.with([](const link_of_chain&) {}).get();
    }
    CHECK(gone(rt, books[0]));
    for (std::size_t i = 0; i < links; ++i) check_at_home(books[i], i % 2);
  });
}

TEST_CASE("a destructor may post to other objects") {
  struct farewell {
    explicit farewell(trust::remote<int> c) : counter{std::move(c)} {}
    ~farewell() {
      if (counter) counter.post([](int& n) { ++n; });
    }
    farewell(farewell&&) = default;
    trust::remote<int> counter;
  };
  on_each_runtime([](trust::runtime& rt) {
    auto counter = rt.entrust(trust::on(0), 0);
    for (int i = 0; i < 10; ++i) {
      auto r = rt.emplace<farewell>(trust::on(1), counter);
      r.with([](const farewell&) {}).get();
    }
    const bool all = rt.block_on([counter]() -> task<bool> {
      for (int i = 0; i < 1'000; ++i) {
        const int n = co_await counter.with([](const int& x) { return x; });
        if (n == 10) co_return true;
        co_await trust::sleep_for(1ms);
      }
      co_return false;
    });
    CHECK(all);
  });
}

TEST_CASE("all that was made before the last drop, on other lanes and by other threads, runs before the object is destroyed") {
  // Each round: both workers and a thread post, tell the dropper that they have, and only then is the last handle dropped.
  const auto round = [](trust::runtime& rt, std::size_t owner, std::size_t dropper) {
    ledger book;
    {
      auto r = rt.emplace<resident>(trust::on(owner), &book);
      for (const std::size_t w : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
        rt.spawn(
              trust::on(w),
              [](handle mine) -> task<> {
                for (int i = 0; i < 5; ++i) mine.post([](resident& x) { x.use(); });
                mine.reset();
                co_return;
              },
              r)
            .get();
      }
      for (int i = 0; i < 5; ++i) r.post([](resident& x) { x.use(); });
      rt.spawn(
            trust::on(dropper),
            [](handle last) -> task<> {
              last.reset();
              co_return;
            },
            std::move(r))
          .get();
    }
    CHECK(gone(rt, book));
    CHECK(book.uses_when_it_died == 20);
    check_at_home(book, owner);
  };
  on_each_runtime(
      [&](trust::runtime& rt) {
        for (int i = 0; i < 9; ++i) round(rt, static_cast<std::size_t>(i % 3), static_cast<std::size_t>(i / 3));
      },
      3);
}

TEST_CASE("100 000 clones made and dropped cost later calls nothing") {
  trust::runtime rt{trust::options{.workers = 2, .spin = trust::spinning::park_at_once}};
  ledger book;
  auto r = rt.emplace<resident>(trust::on(1), &book);
  const auto calls = [&] {
    rt.block_on([&]() -> task<> {
      for (int i = 0; i < 2'000; ++i) co_await r.apply([](resident& x) { x.use(); });
    });
  };
  // Lanes looked at, a pass: one for one client, however many handles there were.
  const auto lanes_per_pass = [&] {
    const trust::worker_metrics before = rt.metrics(1);
    calls();
    const trust::worker_metrics after = rt.metrics(1);
    return static_cast<double>(after.lanes_polled - before.lanes_polled) / static_cast<double>(after.passes - before.passes);
  };
  calls();
  const double before = lanes_per_pass();
  rt.block_on([&]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      std::vector<handle> clones(1'000, r);
      co_await clones.back().apply([](resident& x) { x.use(); });
    }
  });
  const double after = lanes_per_pass();
  CHECK(before <= 1.01);
  CHECK(after <= 1.01);
  CHECK(book.died == 0);
  r.reset();
  CHECK(gone(book));
  check_at_home(book, 1);
}

}  // namespace
