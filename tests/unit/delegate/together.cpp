// SPDX-License-Identifier: MIT
// Unit tests of together: a closure over several objects has all of them for itself, in its turn, and nothing waits in a circle.

#include <support/runtimes.hpp>

#include <atomic>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::on_each_runtime;
using trust::errc;
using trust::task;

struct account {
  explicit account(long b) : balance{b} {}
  long balance;
  std::string owner = "somebody";
};

}  // namespace

template <> inline constexpr bool trust::may_travel<account> = true;

namespace {

TEST_CASE("what may travel: trivially copyable types, and what is said so") {
  static_assert(trust::may_travel<int>);
  static_assert(trust::may_travel<account>);
  static_assert(!trust::may_travel<std::string>);
  static_assert(!trust::may_travel<trust::latch<int>>);
  static_assert(!trust::may_travel<trust::shared_latch<int>>);
  static_assert(!trust::may_travel<trust::channel<int>>);
  static_assert(!trust::may_travel<trust::condition>);
  static_assert(!trust::may_travel<trust::semaphore>);
  static_assert(!trust::may_travel<trust::event>);
  static_assert(!trust::may_travel<trust::auto_event>);
  struct holds_one {
    trust::latch<int> inside;
  };
  static_assert(!trust::may_travel<holds_one>);
}

TEST_CASE("together has objects of one, two and three trustees, and gives the closure's result") {
  on_each_runtime(
      [](trust::runtime& rt) {
        auto a = rt.emplace<account>(trust::on(0), 100);
        auto b = rt.emplace<account>(trust::on(1), 100);
        auto c = rt.emplace<account>(trust::on(2), 100);
        auto d = rt.emplace<account>(trust::on(1), 100);
        for (const std::size_t from : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
          auto body = [&]() -> task<> {
            const long left = co_await trust::together(a, b, [](account& x, account& y) {
              x.balance -= 10;
              y.balance += 10;
              return x.balance;
            });
            CHECK(left == 90);
            const long right = co_await trust::together(b, a, [](account& x, account& y) {
              x.balance -= 10;
              y.balance += 10;
              return x.balance;
            });
            CHECK(right == 100);
            const long sum = co_await trust::together(c, a, b, d, [](account& w, account& x, account& y, account& z) {
              return w.balance + x.balance + y.balance + z.balance;
            });
            CHECK(sum == 400);
            const std::string name = co_await trust::together(d, [](account& x) { return x.owner; });
            CHECK(name == "somebody");
            const std::vector<trust::remote<account>> all{a, b, c, d};
            const long again = co_await trust::together(all, [](std::span<account* const> x) {
              long total = 0;
              for (const account* one : x) total += one->balance;
              return total;
            });
            CHECK(again == 400);
            const bool none = co_await trust::together(std::vector<trust::remote<account>>{},
                                                       [](std::span<account* const> x) { return x.empty(); });
            CHECK(none);
          };
          rt.spawn(trust::on(from), trust::unchecked(body)).get();
        }
      },
      3);
}

TEST_CASE("two objects of one trustee cost one message") {
  trust::runtime rt{trust::simulated{.workers = 2}};
  auto a = rt.entrust(trust::on(1), 1);
  auto b = rt.entrust(trust::on(1), 2);
  auto body = [&]() -> task<> {
    const auto served = [&] { return a.apply([](int&) { return trust::worker::here()->face().count.served.read(); }); };
    const auto before = co_await served();
    const int three = co_await trust::together(a, b, [](int& x, int& y) { return x + y; });
    CHECK(three == 3);
    const auto after = co_await served();
    CHECK(after - before == 2);  // one of them is the question itself
  };
  rt.spawn(trust::on(0), trust::unchecked(body)).get();
}

TEST_CASE("what the closure throws comes to the caller, and the objects are free again") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), 1);
    auto b = rt.entrust(trust::on(1), 2);
    support::run(rt, [&]() -> task<> {
      auto fails = trust::together(a, b, [](int& x, int&) -> int {
        x = 5;
        throw std::runtime_error{"halfway"};
      });
      const auto r = co_await trust::as_result(fails);
      CHECK(r.error().what() == "halfway");
      const int five = co_await a.apply([](int& x) { return x; });
      const int two = co_await b.apply([](int& x) { return x; });
      CHECK(five == 5);
      CHECK(two == 2);
    });
  });
}

TEST_CASE("it waits until launched tasks have ended; calls go on meanwhile, launches queue behind") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  auto a = rt.entrust(trust::on(1), 0);
  auto b = rt.entrust(trust::on(2), 0);
  auto body = [&]() -> task<> {
    std::string order;
    trust::scope s;
    auto long_task = [&]() -> task<> {
      auto l = b.launch([](int& n) -> task<> {
        co_await trust::sleep_for(10ms);
        ++n;
      });
      co_await l;
      order += "task ";
    };
    auto both = [&]() -> task<> {
      const int seen = co_await trust::together(a, b, [](int&, int& n) { return n; });
      CHECK(seen == 1);  // the task had ended
      order += "both ";
    };
    auto later = [&]() -> task<> {
      auto l = b.launch([](int& n) -> task<> {
        n += 10;
        co_return;
      });
      co_await l;
      order += "later ";
    };
    co_await s.spawn(long_task);
    co_await trust::sleep_for(1ms);
    co_await s.spawn(both);
    co_await trust::sleep_for(1ms);
    const int n = co_await a.apply([](int& x) { return x; });
    const int m = co_await b.apply([](int& x) { return x; });
    CHECK(n == 0);
    CHECK(m == 0);
    co_await s.spawn(later);
    co_await trust::sleep_for(1ms);
    CHECK(order.empty());
    const int after = co_await b.apply([](int& x) { return x; });  // behind the launch of the same thread
    CHECK(after == 11);
    co_await s.join();
    CHECK(order == "task both later ");
  };
  rt.spawn(trust::on(0), trust::unchecked(body)).get();
}

TEST_CASE("a task that it waits for may call and launch on the objects, from anywhere, and what it waits for passes") {
  on_each_runtime(
      [](trust::runtime& rt) {
        auto a = rt.entrust(trust::on(0), 0);
        auto b = rt.entrust(trust::on(1), 0);
        auto elsewhere = rt.entrust(trust::on(2), 0);
        auto body = [&]() -> task<> {
          const auto begun = std::make_shared<std::atomic<bool>>(false);
          trust::scope s;
          auto long_task = [&]() -> task<> {
            auto l = b.launch(
                [begun](int& n, trust::remote<int> mine, trust::remote<int> other, trust::remote<int> far) -> task<> {
                  *begun = true;
                  for (int i = 0; i < 20; ++i) {
                    co_await trust::sleep_for(100us);
                    co_await other.apply([](int& x) { ++x; });
                    co_await mine.apply([](int& x) { ++x; });
                    co_await other.launch([](int& x) -> task<> {
                      co_await trust::yield();
                      ++x;
                    });
                    co_await far.launch(
                        [](int&, trust::remote<int> back) -> task<> {
                          co_await back.launch([](int& x) -> task<> {
                            ++x;
                            co_return;
                          });
                        },
                        mine);
                  }
                  n += 1000;
                },
                b, a, elsewhere);
            co_await l;
          };
          co_await s.spawn(long_task);
          while (!*begun) co_await trust::sleep_for(50us);
          const int sum = co_await trust::together(a, b, [](int& x, int& y) { return x + y; });
          CHECK(sum == 1080);
          co_await s.join();
        };
        rt.spawn(trust::on(0), trust::unchecked(body)).get();
      },
      3);
}

TEST_CASE("what can never happen is refused with a code") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), 1);
    auto b = rt.entrust(trust::on(1), 2);
    support::run(rt, [&]() -> task<> {
      const auto twice = co_await trust::as_result(trust::together(a, a, [](int&, int&) {}));
      CHECK(twice.error() == errc::would_deadlock);
      const auto none = co_await trust::as_result(trust::together(a, trust::remote<int>{}, [](int&, int&) {}));
      CHECK(none.error() == errc::empty);
      auto from_inside = a.launch(
          [](int&, trust::remote<int> me, trust::remote<int> other) -> task<errc> {
            const auto r = co_await trust::as_result(trust::together(me, other, [](int&, int&) {}));
            CHECK_FALSE(r.has_value());
            if (!r.has_value()) CHECK(r.error() == errc::would_deadlock);
            auto indirect = other.launch(
                [](int&, trust::remote<int> x, trust::remote<int> y) -> task<bool> {
                  const auto again = co_await trust::as_result(trust::together(x, y, [](int&, int&) {}));
                  co_return !again.has_value() && again.error() == errc::would_deadlock;
                },
                me, other);
            const bool refused = co_await indirect;
            CHECK(refused);
            co_return errc{};
          },
          a, b);
      static_cast<void>(co_await trust::as_result(from_inside));
      const auto attended = rt.entrust(trust::on(1), 3);
      attended.attend([](int&) -> task<> { static_cast<void>(co_await trust::as_result(trust::sleep_for(1h))); });
      const auto shared = co_await trust::as_result(trust::together(a, attended, [](int&, int&) {}));
      CHECK(shared.error() == errc::shared);
      trust::local<int> mine{4};
      const auto stays = co_await trust::as_result(trust::together(a, mine.share(), [](int&, int&) {}));
      CHECK(stays.error() == errc::shared);
      const int fine = co_await trust::together(a, b, [](int& x, int& y) { return x + y; });
      CHECK(fine == 3);
    });
  });
}

TEST_CASE("an object whose constructor threw gives its exception") {
  struct fails {
    fails() { throw std::runtime_error{"cannot be built"}; }
    int x = 0;
  };
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), 1);
    auto b = rt.emplace<fails>(trust::on(1));
    support::run(rt, [&]() -> task<> {
      const auto r = co_await trust::as_result(trust::together(a, b, [](int&, fails&) {}));
      CHECK(r.error().what() == "cannot be built");
      const int one = co_await a.apply([](int& x) { return x; });
      CHECK(one == 1);
    });
  });
}

TEST_CASE("asked to stop while it waits, it leaves the FIFOs, and the others go on") {
  on_each_runtime([](trust::runtime& rt) {
    auto a = rt.entrust(trust::on(0), 0);
    auto b = rt.entrust(trust::on(1), 0);
    support::run(rt, [&]() -> task<> {
      const auto begun = std::make_shared<std::atomic<bool>>(false);
      const auto free = std::make_shared<std::atomic<bool>>(false);
      trust::scope s;
      auto long_task = [&]() -> task<> {
        auto l = b.launch([begun, free](int& n) -> task<> {
          *begun = true;
          while (!*free) co_await trust::sleep_for(100us);
          ++n;
        });
        co_await l;
      };
      co_await s.spawn(long_task);
      while (!*begun) co_await trust::sleep_for(100us);
      for (int i = 0; i < 5; ++i) {
        const auto late =
            co_await trust::as_result(trust::with_timeout(trust::together(a, b, [](int&, int& y) { y = 100; }), 1ms));
        CHECK_FALSE(late.has_value());
        if (!late.has_value()) CHECK(late.error() == errc::timed_out);
      }
      auto launched = a.launch([](int& n) -> task<int> { co_return ++n; });  // nothing claims it any more
      const int one = co_await launched;
      CHECK(one == 1);
      *free = true;
      const int sum = co_await trust::together(b, a, [](int& x, int& y) { return x + y; });
      CHECK(sum == 2);
      co_await s.join();
    });
  });
}

}  // namespace
