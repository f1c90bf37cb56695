// SPDX-License-Identifier: MIT
// Unit tests of entrust and emplace: placement, names, constructors that throw, calls that arrive before the object is built, and the
// handle as a value.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

namespace {

using support::ledger;
using support::on_each_runtime;
using support::resident;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

TEST_CASE("objects are placed in turn, where on says, or beside another one") {
  on_each_runtime(
      [](trust::runtime& rt) {
        std::map<std::size_t, int> turns;
        for (int i = 0; i < 9; ++i) ++turns[rt.entrust(i).owner().index()];
        CHECK(turns == std::map<std::size_t, int>{{0, 3}, {1, 3}, {2, 3}});
        for (std::size_t w = 0; w < 3; ++w) {
          auto r = rt.entrust(trust::on(w), 1);
          CHECK(r.owner().index() == w);
          CHECK(rt.entrust(trust::beside(r), 2).owner() == r.owner());
          CHECK(rt.emplace<std::string>(trust::on(r.owner()), 3UL, 'x').owner() == r.owner());
          CHECK(rt.emplace<std::string>(trust::beside(r), 3UL, 'x').apply([](std::string& s) { return s; }).get() ==
                "xxx");
        }
        CHECK(support::code_of([&] { static_cast<void>(rt.entrust(trust::on(3), 1)); }) == errc::bad_option);
        CHECK(support::text_of([&] { static_cast<void>(rt.entrust(trust::on(3), 1)); }).find("no worker 3") !=
              std::string::npos);
      },
      3);
}

TEST_CASE("emplace builds on the trustee, from arguments that travel") {
  on_each_runtime([](trust::runtime& rt) {
    ledger book;
    auto r = rt.emplace<resident>(trust::on(1), &book);
    CHECK(r.apply([](resident& x) { return x.book().born.load(); }).get() == 1);
    CHECK(book.born_on == 1);
    auto none = rt.emplace<std::vector<int>>();
    CHECK(none.with([](const std::vector<int>& v) { return v.empty(); }).get());
    auto moved = rt.emplace<std::unique_ptr<int>>(std::make_unique<int>(4));
    CHECK(moved.apply([](std::unique_ptr<int>& p) { return *p; }).get() == 4);
    auto text = rt.emplace<std::string>("from characters");
    CHECK(text.apply([](std::string& s) { return s; }).get() == "from characters");
    support::run(rt, [&]() -> task<> { co_await std::move(r).close(); });  // it writes into `book` when it is destroyed
    CHECK(book.died_on == 1);
  });
}

TEST_CASE("an entrusted value is moved there once, and what was moved dies here") {
  on_each_runtime([](trust::runtime& rt) {
    ledger book;
    {
      auto r = rt.entrust(trust::on(1), support::luggage<64>{book});
      CHECK(r.apply([](support::luggage<64>& l) { return l.intact(); }).get());
      CHECK(book.alive == 1);
      support::run(rt, [&]() -> task<> { co_await std::move(r).close(); });
    }
    CHECK(book.born == 1);
    CHECK(book.died == 1);
    CHECK(book.died_on == 1);
  });
}

TEST_CASE("objects aligned to 128 lie where they must") {
  struct alignas(128) wide {
    char bytes[128] = {};
  };
  on_each_runtime([](trust::runtime& rt) {
    for (int i = 0; i < 8; ++i) {
      auto r = rt.emplace<wide>();
      CHECK(r.apply([](wide& w) { return reinterpret_cast<std::size_t>(&w) % 128; }).get() == 0);
    }
  });
}

struct fragile {
  explicit fragile(bool fail, ledger* l) : held{*l} {
    if (fail) throw std::out_of_range{"no such book"};
  }
  fragile(fragile&&) = default;
  support::luggage<> held;
  int n = 1;
};

TEST_CASE("a constructor's exception comes to every call, whatever the verb, and to ready") {
  support::reports seen;
  support::on_real_runtimes(
      [&](trust::runtime& rt) {
        for (const std::size_t owner : {std::size_t{0}, std::size_t{1}}) {
          ledger book;
          auto bad = rt.emplace<fragile>(trust::on(owner), true, &book);
          auto good = rt.emplace<fragile>(trust::on(owner), false, &book);
          support::run(rt, [&]() -> task<> {
            co_await good.ready();
            const auto text = [](const auto& r) { return r.has_value() ? std::string{} : r.error().what(); };
            const auto ready = co_await trust::as_result(bad.ready());
            CHECK(text(ready) == "no such book");
            for (int i = 0; i < 2; ++i) {
              const auto a = co_await trust::as_result(bad.apply([](fragile& f) { return f.n; }));
              CHECK(text(a) == "no such book");
              const auto l = co_await trust::as_result(bad.launch([](fragile&) -> task<> { co_return; }));
              CHECK(text(l) == "no such book");
            }
            auto told = std::make_shared<std::string>();
            bad.apply_then([](fragile& f) { return f.n; }, [told, text](trust::result<int> r) { *told = text(r); });
            const bool came = co_await support::soon([&told] { return !told->empty(); });
            CHECK(came);
            CHECK(*told == "no such book");
            const int n = co_await good.apply([](fragile& f) { return f.n; });
            CHECK(n == 1);
          });
          CHECK_THROWS_AS(static_cast<void>(bad.apply([](fragile& f) { return f.n; }).get()), std::out_of_range);
          const std::size_t before = seen.errors().size();
          bad.post([](fragile& f) { f.n = 2; });
          CHECK(support::eventually([&] { return seen.errors().size() == before + 1; }));
          CHECK(seen.errors().back() == "no such book");
          bad.reset();
          good.reset();
          CHECK(support::eventually([&] { return book.died == book.born; }));
          CHECK(book.born == book.died);
        }
      },
      seen.into(trust::options{.workers = 2}));
}

TEST_CASE(
    "entrust on a worker does not wait: calls that are made at once are held until the object is built, in order") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, [&]() -> task<> {
      for (int round = 0; round < 20; ++round) {
        auto r = rt.entrust(trust::on(1), std::string{});
        for (char c = 'a'; c < 'h'; ++c) r.post([c](std::string& s) { s += c; });
        const std::string text = co_await r.apply([](std::string& s) { return s; });
        CHECK(text == "abcdefg");
        const std::size_t size =
            co_await rt.entrust(trust::on(1), std::string(5, 'x')).launch([](std::string& s) -> task<std::size_t> {
              co_return s.size();
            });
        CHECK(size == 5);
      }
    });
  });
}

TEST_CASE("a call from B on a handle that A has just entrusted to C finds the object built") {
  // A hands the handle to B in a message; B's call may reach C before what A sent there.
  on_each_runtime(
      [](trust::runtime& rt) {
        auto b = rt.entrust(trust::on(1), 0L);
        const long sum = rt.block_on([&]() -> task<long> {
          for (int i = 1; i <= 300; ++i) {
            auto c = rt.entrust(trust::on(2), i);
            auto here = b.launch([c](long& total) -> task<> { total += co_await c.apply([](int& n) { return n; }); });
            co_await here;
            b.launch_then([c](long& total) -> task<> { total += co_await c.apply([](int& n) { return n; }); }, [] {});
          }
          for (int i = 0; i < 1'000; ++i) {
            const long now = co_await b.with([](const long& n) { return n; });
            if (now == 300L * 301) break;
            co_await trust::sleep_for(1ms);
          }
          co_return co_await b.with([](const long& n) { return n; });
        });
        CHECK(sum == 300L * 301);
      },
      3);
}

TEST_CASE("an object whose last handle goes before it is built is built and destroyed, once") {
  on_each_runtime([](trust::runtime& rt) {
    ledger book;
    support::run(rt, [&]() -> task<> {
      for (int i = 0; i < 50; ++i) {
        auto r = rt.emplace<resident>(trust::on(static_cast<std::size_t>(i % 2)), &book);
        r.post([](resident& x) { x.use(); });
      }
      const bool all = co_await support::soon([&book] { return book.died == 50; });
      CHECK(all);
    });
    CHECK(book.born == 50);
    CHECK(book.uses == 50);
  });
}

struct shape {
  virtual ~shape() = default;
  [[nodiscard]] virtual int area() const { return 0; }
  int id = 1;
};
struct named_thing {
  std::string label = "thing";
};
struct square : named_thing, shape {
  [[nodiscard]] int area() const override { return 9; }
};

TEST_CASE("a handle converts to the base's and to const, and all share the object") {
  on_each_runtime([](trust::runtime& rt) {
    auto s = rt.entrust(trust::on(1), square{});
    const trust::remote<shape> base = s;
    const trust::remote<named_thing> other = s;
    const trust::remote<const square> reader = s;
    const trust::remote<const shape> base_reader = base;
    CHECK(base.apply([](shape& x) {
                x.id = 5;
                return x.area();
              })
              .get() == 9);
    CHECK(other.apply([](named_thing& x) { return x.label; }).get() == "thing");
    CHECK(reader.with([](const square& x) { return x.id; }).get() == 5);
    CHECK(base_reader.with([](const shape& x) { return x.id; }).get() == 5);
    CHECK(base_reader.with(&shape::area).get() == 9);
    s.reset();
    CHECK(base.launch([](shape& x) -> task<int> {
                co_await trust::yield();
                co_return x.id;
              })
              .get() == 5);
    const trust::remote<square> none;
    CHECK_FALSE(bool(trust::remote<shape>{none}));
  });
}

TEST_CASE("a handle is a value: empty, bool, equality, order, hash") {
  trust::runtime rt{trust::simulated{}};
  auto a = rt.entrust(1);
  auto b = rt.entrust(1);
  const trust::remote<int> empty;
  const trust::remote<int> null = nullptr;
  CHECK_FALSE(bool(empty));
  CHECK(empty == null);
  CHECK(bool(a));
  auto a2 = a;
  CHECK(a == a2);
  CHECK(a != b);
  CHECK((a < b) != (b < a));
  CHECK((a <=> a2) == std::strong_ordering::equal);
  CHECK(std::hash<trust::remote<int>>{}(a) == std::hash<trust::remote<int>>{}(a2));
  const std::unordered_set<trust::remote<int>> hashed{a, a2, b};
  CHECK(hashed.size() == 2);
  const std::set<trust::remote<int>> ordered{a, b, a2, empty};
  CHECK(ordered.size() == 3);
}

TEST_CASE("a handle prints type, name and worker, never the value") {
  trust::runtime rt{trust::simulated{}};
  const auto text = [](const auto& x) {
    std::ostringstream os;
    os << x;
    return os.str();
  };
  CHECK(text(rt.entrust(trust::on(1), 4711)) == "remote<int>(on trust/1)");
  const auto r = rt.entrust(trust::on(0), trust::named("book/ADA"), 4711);
  CHECK(text(r) == "remote<int>(book/ADA on trust/0)");
  CHECK(r.name() == "book/ADA");
  CHECK(text(trust::remote<int>{}) == "remote(empty)");
  CHECK(text(trust::worker_id{}) == "no worker");
  CHECK(rt.entrust(trust::named("first"), 1).name() == "first");
  CHECK(rt.emplace<int>(trust::named("second"), 1).name() == "second");
  CHECK(rt.emplace<int>(trust::beside(r), trust::named("third"), 7).name() == "third");
}

struct unknown;
struct passes_along {
  trust::remote<unknown> handle = {};
};

TEST_CASE("a handle of a type that is only declared can be copied, passed and dropped") {
  passes_along p;
  passes_along q = p;
  q = std::move(p);
  CHECK_FALSE(bool(q.handle));
}

TEST_CASE("one const handle is used by many threads at once") {
  trust::runtime rt{trust::options{.workers = 2}};
  const auto r = rt.entrust(trust::on(1), 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&r] {
      for (int i = 0; i < 500; ++i) {
        const auto copy = r;
        copy.apply([](int& n) { ++n; }).get();
      }
    });
  }
  for (auto& t : threads) t.join();
  CHECK(r.apply([](int& n) { return n; }).get() == 2'000);
}

}  // namespace
