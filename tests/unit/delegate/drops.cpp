// SPDX-License-Identifier: MIT
// Unit tests of promise 4: an object is built, used and destroyed on its trustee's thread, exactly once, wherever its last handle is
// dropped; and all that was made before that drop, on whichever lane, runs before.

#include <support/ends.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace {

using support::check_at_home;
using support::gone;
using support::ledger;
using support::on_each_runtime;
using support::resident;
using trust::task;
using namespace std::chrono_literals;
using handle = trust::remote<resident>;

struct holder {
  handle held = {};
};

/// Each way gets the last handle of an object on worker 1, or on worker 0, and drops it on a worker.
template <class Way> void drop_on_a_worker(Way way) {
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
            auto op = handle{target}.apply(
                [](resident& x, handle last) {
                  x.use();
                  last.reset();
                  x.use();
                },
                std::move(mine));
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
      support::run(rt, [&]() -> task<> {
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
    support::run(rt, [&]() -> task<> {
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
    support::run(rt, [&]() -> task<> {
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

}  // namespace
