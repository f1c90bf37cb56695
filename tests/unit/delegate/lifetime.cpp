// SPDX-License-Identifier: MIT
// Unit tests of what holds an object and what does not: weak_remote, attend, extract; and of calls that come when it has gone.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <memory>
#include <stdexcept>
#include <string>

namespace {

using support::ledger;
using support::on_each_runtime;
using support::resident;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

TEST_CASE("a weak_remote does not keep the object alive, and its lock says so") {
  on_each_runtime([](trust::runtime& rt) {
    ledger book;
    auto r = rt.emplace<resident>(trust::on(1), &book);
    const trust::weak_remote<resident> weak = r;
    trust::weak_remote<resident> other = weak;
    const trust::weak_remote<resident> moved = std::move(other);
    other = weak;
    support::run(rt, [&]() -> task<> {
      auto strong = co_await weak.lock();
      CHECK(strong == r);
      strong.reset();
      co_await std::move(r).close();
      CHECK(book.died == 1);
      const auto late = co_await weak.lock();
      CHECK_FALSE(bool(late));
      const auto later = co_await moved.lock();
      CHECK_FALSE(bool(later));
      const auto never = co_await trust::weak_remote<resident>{}.lock();
      CHECK_FALSE(bool(never));
    });
    CHECK_FALSE(bool(weak.lock().get()));
  });
}

TEST_CASE(
    "an attending task does not keep the object alive: it is told to stop when the last handle goes, and the object "
    "outlives it") {
  on_each_runtime([](trust::runtime& rt) {
    ledger book;
    auto r = rt.emplace<resident>(trust::on(1), &book);
    support::run(rt, [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        r.attend([](resident& x) -> task<> {
          const trust::stop_token stop = co_await trust::this_task::stop_token();
          CHECK_FALSE(stop.stop_requested());
          try {
            for (;;) co_await trust::sleep_for(1h);
          } catch (const trust::error& e) {
            CHECK(e.code() == errc::cancelled);
          }
          CHECK(stop.stop_requested());
          co_await trust::yield();
          CHECK(x.book().died == 0);  // destroyed only after it has ended
          x.use();
        });
      }
      co_await r.flush();
      CHECK(book.uses == 0);
      co_await std::move(r).close();
      CHECK(book.died == 1);
      CHECK(book.uses_when_it_died == 3);
    });
  });
}

TEST_CASE("an attending task ends with its object even when it ends by the cancelled sleep itself; that is no error") {
  support::reports seen;
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        ledger book;
        auto r = rt.emplace<resident>(trust::on(1), &book);
        support::run(rt, [&]() -> task<> {
          r.attend([](resident& x) -> task<> {
            for (;;) {
              x.use();
              co_await trust::sleep_for(1h);
            }
          });
          co_await std::move(r).close();
          CHECK(book.died == 1);
          CHECK(book.uses == 1);
        });
      },
      seen.into(trust::options{.workers = 2}));
  CHECK(seen.errors().empty());
}

TEST_CASE("an attending task that has ended is forgotten, and a stop ends those that have not") {
  ledger book;
  {
    trust::runtime rt{trust::options{.workers = 2}};
    auto r = rt.emplace<resident>(trust::on(1), &book);
    r.attend([](resident& x) -> task<> {
      x.use();
      co_return;
    });
    r.attend([](resident& x) -> task<> {
      static_cast<void>(co_await trust::as_result(trust::sleep_for(100h)));
      x.use();
    });
    r.flush().get();
    CHECK(book.uses == 1);
  }
  CHECK(book.uses == 2);
  CHECK(book.uses_when_it_died == 2);
  CHECK(book.died_on == 1);
}

TEST_CASE("extract takes the value back when nobody else holds the object") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
      ledger book;
      auto r = rt.entrust(trust::on(owner), support::luggage<200>{book});
      support::run(rt, [&]() -> task<> {
        auto other = r;
        const auto shared = co_await trust::as_result(r.extract());
        CHECK(shared.error() == errc::shared);
        const bool whole = co_await r.apply([](support::luggage<200>& l) { return l.intact(); });
        CHECK(whole);  // nothing was lost
        other.reset();
        const support::luggage<200> mine = co_await r.extract();
        CHECK(mine.intact());
        CHECK(book.alive == 1);
        const auto late = co_await trust::as_result(r.apply([](support::luggage<200>&) {}));
        CHECK(late.error() == errc::empty);
        const auto again = co_await trust::as_result(r.extract());
        CHECK(again.error() == errc::empty);
      });
      CHECK(book.born == 1);
      CHECK(book.died == 1);
    }
  });
}

TEST_CASE(
    "extract is refused while a launched or an attending task holds the object, and works from a temporary handle") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), std::string{"value"});
    support::run(rt, [&]() -> task<> {
      trust::scope s;
      co_await s.spawn([&r]() -> task<> {  // which comes too late where ready tasks are shuffled
        static_cast<void>(
            co_await trust::as_result(r.launch([](std::string&) -> task<> { co_await trust::sleep_for(2ms); })));
      });
      co_await trust::yield();
      co_await r.flush();
      const auto busy = co_await trust::as_result(r.extract());
      CHECK((busy.has_value() || busy.error() == errc::shared));
      co_await s.join();
      if (!busy.has_value()) {
        const std::string value = co_await std::move(r).extract();
        CHECK(value == "value");
      }
    });
    auto attended = rt.entrust(trust::on(1), 1);
    attended.attend([](int&) -> task<> { static_cast<void>(co_await trust::as_result(trust::sleep_for(100h))); });
    CHECK(trust::as_result(attended.extract()).get().error() == errc::shared);
    CHECK(rt.entrust(trust::on(0), 7).extract().get() == 7);
  });
}

TEST_CASE("calls that were begun before an extract run before it") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    const int n = rt.block_on([&]() -> task<int> {
      for (int i = 0; i < 100; ++i) r.post([](int& x) { ++x; });
      co_return co_await r.extract();
    });
    CHECK(n == 100);
  });
}

TEST_CASE("what is extracted with a move that throws stays where it is") {
  struct heavy {
    heavy() = default;
    heavy(heavy&& o) : fails{o.fails} {
      if (fails) throw std::runtime_error{"too heavy"};
    }
    bool fails = false;
  };
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.emplace<heavy>(trust::on(1));
    support::run(rt, [&]() -> task<> {
      co_await r.apply([](heavy& h) { h.fails = true; });
      const auto got = co_await trust::as_result(r.extract());
      CHECK_FALSE(got.has_value());
      CHECK(got.error().what() == "too heavy");
      co_await r.apply([](heavy& h) { h.fails = false; });
      const heavy mine = co_await r.extract();
      CHECK_FALSE(mine.fails);
    });
  });
}

}  // namespace
