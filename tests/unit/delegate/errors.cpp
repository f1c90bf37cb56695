// SPDX-License-Identifier: MIT
// Unit tests of promise 3: what a closure throws arrives at its caller, as it was thrown, and nowhere else; what nobody waits for goes to
// options.on_error; the trustee goes on.

#include <support/runtimes.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

struct table {
  int rows = 0;
};

struct special : std::runtime_error {
  explicit special(int n) : std::runtime_error{"special"}, number{n} {}
  int number;
};

TEST_CASE("an exception arrives as it was thrown, whatever the verb, and the trustee goes on") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
      auto r = rt.entrust(trust::on(owner), table{});
      support::run(rt, [&]() -> task<> {
        int caught = 0;
        const auto thrower = [](table&) -> int { throw special{7}; };
        try {
          static_cast<void>(co_await r.apply(thrower));
        } catch (const special& e) {
          caught += e.number;
        }
        try {
          co_await r.with([](const table&) { throw special{70}; });
        } catch (const special& e) {
          caught += e.number;
        }
        try {
          static_cast<void>(co_await r.launch([](table&) -> task<std::string> {
            co_await trust::yield();
            throw special{700};
          }));
        } catch (const special& e) {
          caught += e.number;
        }
        try {
          co_await r.launch([](table&) -> task<> {
            throw special{7000};
            co_return;
          });
        } catch (const special& e) {
          caught += e.number;
        }
        try {
          static_cast<void>(co_await r.launch([](table&) -> task<> { throw special{70000}; }));
        } catch (const special& e) {
          caught += e.number;
        }
        CHECK(caught == 77777);
        const int rows = co_await r.apply([](table& t) { return ++t.rows; });
        CHECK(rows == 1);
      });
      CHECK_THROWS_AS(static_cast<void>(r.apply([](table&) -> int { throw special{1}; }).get()), special);
      CHECK(r.apply([](table& t) { return ++t.rows; }).get() == 2);
    }
  });
}

TEST_CASE("other callers see nothing of it") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), table{});
    std::vector<trust::task_handle<int>> all;
    for (std::size_t i = 0; i < 8; ++i) {
      all.push_back(rt.spawn(
          trust::on(i % 2),
          [](trust::remote<table> t, std::size_t who) -> task<int> {
            int wrong = 0;
            for (int k = 0; k < 50; ++k) {
              const bool bad = who % 4 == 1;
              auto op = t.apply([bad](table& x) {
                if (bad) throw special{1};
                return ++x.rows;
              });
              const auto got = co_await trust::as_result(op);
              if (got.has_value() == bad) ++wrong;
            }
            co_return wrong;
          },
          r, i));
    }
    for (auto& h : all) CHECK(h.get() == 0);
    CHECK(r.with([](const table& t) { return t.rows; }).get() == 6 * 50);
  });
}

TEST_CASE("when the caller has the exception nobody else holds it") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), table{});
    support::run(rt, [&]() -> task<> {
      auto token = std::make_shared<int>(1);
      struct carrying {
        explicit carrying(std::shared_ptr<int> t) : held{std::move(t)} {}
        std::shared_ptr<int> held;
      };
      for (int i = 0; i < 20; ++i) {
        try {
          co_await r.apply([](table&, std::shared_ptr<int> t) { throw carrying{std::move(t)}; }, token);
        } catch (const carrying& e) {
          CHECK(e.held.use_count() == 2);  // ours and the exception's: captures, arguments and trustee have let go
        }
        CHECK(token.use_count() == 1);
        try {
          co_await r.launch(
              [](table&, std::shared_ptr<int> t) -> task<> {
                co_await trust::yield();
                throw carrying{std::move(t)};
              },
              token);
        } catch (const carrying& e) {
          CHECK(e.held.use_count() == 2);
        }
        CHECK(token.use_count() == 1);
      }
    });
  });
}

TEST_CASE(
    "what a post, a throwing callback, a callback that takes no result and a detached task throw goes to on_error") {
  support::reports seen;
  support::on_real_runtimes(
      [&](trust::runtime& rt) {
        const std::size_t before = seen.errors().size();
        const auto has = [&](std::size_t n) {
          return support::eventually([&, n] { return seen.errors().size() == before + n; });
        };
        for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
          const std::size_t at = seen.errors().size() - before;
          auto r = rt.entrust(trust::on(owner), table{});
          support::run(rt, [&]() -> task<> {
            r.post([](table&) { throw std::runtime_error{"posted"}; });
            co_await r.flush();
          });
          CHECK(has(at + 1));
          CHECK(seen.errors().back() == "posted");
          support::run(rt, [&]() -> task<> {
            r.apply_then([](table&) -> int { throw std::runtime_error{"applied"}; }, [](int) {});
            co_await r.flush();
          });
          CHECK(has(at + 2));
          CHECK(seen.errors().back() == "applied");
          support::run(rt, [&]() -> task<> {
            r.apply_then([](table&) { return 1; }, [](int) { throw std::runtime_error{"then"}; });
            co_await r.flush();
          });
          CHECK(has(at + 3));
          CHECK(seen.errors().back() == "then");
          support::run(rt, [&]() -> task<> {
            r.apply_then([](table&) -> int { throw std::runtime_error{"x"}; },
                         [](trust::result<int> x) { throw std::runtime_error{"took " + x.error().what()}; });
            co_await r.flush();
          });
          CHECK(has(at + 4));
          CHECK(seen.errors().back() == "took x");
          static_cast<void>(rt.spawn(trust::on(owner), []() -> task<> {
            co_await trust::sleep_for(2ms);
            throw std::runtime_error{"detached"};
          }));
          CHECK(has(at + 5));
          CHECK(seen.errors().back() == "detached");
          static_cast<void>(rt.spawn(trust::on(owner), []() -> task<> {  // may end before its handle is dropped
            throw std::runtime_error{"detached at once"};
            co_return;
          }));
          CHECK(has(at + 6));
          r.attend([](table&) -> task<> { throw std::runtime_error{"attending"}; });
          CHECK(has(at + 7));
          CHECK(seen.errors().back() == "attending");
          // Nobody was cancelled or lost by any of it.
          CHECK(r.apply([](table& t) { return ++t.rows; }).get() == 1);
        }
        std::uint64_t counted = 0;
        for (std::size_t i = 0; i < rt.workers(); ++i) counted += rt.metrics(i).unheard;
        CHECK(counted >= 2 * 3);
      },
      seen.into(trust::options{.workers = 2}));
  CHECK(seen.lines().empty());
}

TEST_CASE("without on_error such an error is a line in the log that says what and from where") {
  support::reports seen;
  trust::options o = seen.into(trust::options{.workers = 1});
  o.on_error = {};
  {
    trust::runtime rt{o};
    auto r = rt.entrust(table{});
    r.post([](table&) { throw std::runtime_error{"row 7 is missing"}; });
  }
  const auto lines = seen.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("row 7 is missing") != std::string::npos);
  CHECK(lines[0].find("lambda") != std::string::npos);
}

TEST_CASE("an on_error or a log that throws does not end anything") {
  trust::options o{.workers = 1};
  o.on_error = [](std::exception_ptr, std::string_view) { throw std::runtime_error{"in on_error"}; };
  o.log = [](trust::severity, std::string_view) { throw std::runtime_error{"in log"}; };
  trust::runtime rt{o};
  auto r = rt.entrust(table{});
  r.post([](table&) { throw std::runtime_error{"posted"}; });
  CHECK(r.apply([](table& t) { return t.rows; }).get() == 0);
}

TEST_CASE("as_result gives what was thrown as a value") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), table{});
    support::run(rt, [&]() -> task<> {
      const trust::result<int> good = co_await trust::as_result(r.apply([](table& t) { return ++t.rows; }));
      CHECK(good.value() == 1);
      const trust::result<int> bad = co_await trust::as_result(r.apply([](table&) -> int { throw special{3}; }));
      CHECK_FALSE(bad.has_value());
      CHECK(bad.error().what() == "special");
      CHECK(bad.error() == errc::thrown);
      CHECK_THROWS_AS(static_cast<void>(bad.value()), special);
      const trust::result<void> nothing = co_await trust::as_result(r.apply([](table&) {}));
      CHECK(nothing.has_value());
      const trust::result<std::string> launched = co_await trust::as_result(r.launch([](table&) -> task<std::string> {
        co_await trust::yield();
        throw special{4};
      }));
      CHECK(launched.error().what() == "special");
      const auto t = []() -> task<int> {
        co_await trust::yield();
        throw special{5};
      };
      const trust::result<int> of_task = co_await trust::as_result(t());
      CHECK(of_task.error().what() == "special");
    });
    const trust::result<int> got = trust::as_result(r.apply([](table&) -> int { throw special{6}; })).get();
    CHECK(got.error().what() == "special");
  });
}

TEST_CASE("a result whose move throws is its caller's error") {
  struct heavy {
    explicit heavy(int n) : number{n} {}
    heavy(const heavy& o) : number{o.number} {
      if (number == 13) throw special{13};
    }
    ~heavy() {}
    int number;
  };
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), heavy{1});
    support::run(rt, [&]() -> task<> {
      int caught = 0;
      try {
        static_cast<void>(co_await r.apply([](heavy& h) {
          h.number = 13;
          return heavy(h);
        }));
      } catch (const special& e) {
        caught = e.number;
      }
      CHECK(caught == 13);
      co_await r.apply([](heavy& h) { h.number = 2; });
      const heavy ok = co_await r.apply([](heavy& h) { return heavy(h); });
      CHECK(ok.number == 2);
    });
  });
}

}  // namespace
