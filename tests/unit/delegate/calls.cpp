// SPDX-License-Identifier: MIT
// Unit tests of the verbs: each runs on the trustee, in its way, with what it is given, and gives what it should.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <memory>
#include <numeric>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

struct store {
  int n = 0;
  std::vector<int> log = {};
  std::size_t used_on = support::nowhere;
  void touch(int by) {
    n += by;
    used_on = trust::this_worker().index();
  }
  [[nodiscard]] int read() const { return n; }
  task<int> slow(int by) {
    co_await trust::yield();
    n += by;
    co_return n;
  }
};

// Calls from the other worker and from the owner itself.
void from_both_workers(const std::function<task<>(trust::remote<store>&)>& body) {
  on_each_runtime([&](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{1}, std::size_t{0}}) {
      CAPTURE(owner);
      auto r = rt.entrust(trust::on(owner), store{});
      support::run(rt, [&]() -> task<> { co_await body(r); });
    }
  });
}

TEST_CASE("apply runs on the trustee and gives the closure's result") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    const int n = co_await r.apply([](store& s) {
      s.touch(3);
      return s.n;
    });
    CHECK(n == 3);
    const std::size_t where = co_await r.apply([](store&) { return trust::this_worker().index(); });
    CHECK(where == r.owner().index());
    const std::string text = co_await r.apply([](store& s) { return std::string(100, 'x') + std::to_string(s.n); });
    CHECK(text == std::string(100, 'x') + "3");
    co_await r.apply([](store& s) { s.n = 9; });
    const int after = co_await r.apply_with([](store& s) { return s.n; });
    CHECK(after == 9);
  });
}

TEST_CASE("with gives a const object") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    const bool is_const =
        co_await r.with([](auto& s) { return std::is_const_v<std::remove_reference_t<decltype(s)>>; });
    CHECK(is_const);
    const int n = co_await r.with(&store::read);
    CHECK(n == 0);
    const bool apply_is_const =
        co_await r.apply([](auto& s) { return std::is_const_v<std::remove_reference_t<decltype(s)>>; });
    CHECK_FALSE(apply_is_const);
  });
}

TEST_CASE("verbs call as std::invoke does: members, data members, arguments that only move") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    co_await r.apply(&store::touch, 5);
    const int n = co_await r.with(&store::read);
    CHECK(n == 5);
    auto box = std::make_unique<int>(7);
    const int m = co_await r.apply([](store& s, std::unique_ptr<int> b) { return s.n += *b; }, std::move(box));
    CHECK(m == 12);
    const int slow = co_await r.launch(&store::slow, 8);
    CHECK(slow == 20);
  });
}

TEST_CASE("apply_each runs f for each element in order, in place for an lvalue range, and gives all results") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    std::vector<int> values(50);
    std::iota(values.begin(), values.end(), 1);
    const std::vector<int> sums = co_await r.apply_each(values, [](store& s, int& v) {
      s.log.push_back(v);
      s.n += v;
      v = -v;
      return s.n;
    });
    CHECK(sums.size() == 50);
    CHECK(sums.back() == 50 * 51 / 2);
    CHECK(values.front() == -1);
    CHECK(values.back() == -50);
    const bool ordered = co_await r.with([](const store& s) { return std::is_sorted(s.log.begin(), s.log.end()); });
    CHECK(ordered);
    auto travelling = r.apply_each(std::vector<std::string>{"a", "bb"},
                                   [](store& s, std::string& t) { s.n = static_cast<int>(t.size()); });
    co_await travelling;
    const int n = co_await r.with(&store::read);
    CHECK(n == 2);
    std::vector<int> none;
    const std::vector<int> nothing = co_await r.apply_each(none, [](store&, int) { return 1; });
    CHECK(nothing.empty());
  });
}

TEST_CASE("apply_each takes a range in place as it is when the call begins, of whatever kind") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    const auto add = [](store& s, int v) { s.n += v; };
    const auto total = [](store& s) { return std::exchange(s.n, 0); };
    std::vector<int> grows{1, 2};
    auto of_more = r.apply_each(grows, add);
    for (int i = 0; i < 1000; ++i) grows.push_back(1);  // elsewhere in memory now
    co_await of_more;
    int n = co_await r.apply(total);
    CHECK(n == 1003);
    auto of_none = r.apply_each(grows, add);
    grows.clear();
    grows.shrink_to_fit();
    co_await of_none;
    n = co_await r.apply(total);
    CHECK(n == 0);
    std::list<int> scattered{1, 2, 3};
    co_await r.apply_each(scattered, add);
    const std::array<int, 2> fixed{4, 5};
    co_await r.apply_each(fixed, add);
    std::vector<bool> bits{true, false, true};
    co_await r.apply_each(bits, [](store& s, bool b) { s.n += b; });
    auto counted = std::views::iota(0, 4);
    co_await r.apply_each(counted, add);
    n = co_await r.apply(total);
    CHECK(n == 23);
  });
}

TEST_CASE("apply_batch runs f for each number in order") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    const std::vector<std::size_t> squares = co_await r.apply_batch([](store&, std::size_t i) { return i * i; }, 10);
    CHECK(squares.size() == 10);
    CHECK(squares.back() == 81);
    co_await r.apply_batch([](store& s, std::size_t i) { s.n += static_cast<int>(i); }, 5);
    const int n = co_await r.with(&store::read);
    CHECK(n == 10);
  });
}

TEST_CASE("apply_each and apply_batch run all elements, then throw the first exception") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    std::string caught;
    try {
      static_cast<void>(co_await r.apply_batch(
          [](store& s, std::size_t i) {
            ++s.n;
            if (i == 3 || i == 5) throw std::runtime_error{std::to_string(i)};
            return i;
          },
          8));
    } catch (const std::runtime_error& e) {
      caught = e.what();
    }
    CHECK(caught == "3");
    int n = co_await r.with(&store::read);
    CHECK(n == 8);
    caught.clear();
    const std::vector<int> values{1, 2, 3};
    try {
      co_await r.apply_each(values, [](store& s, int v) {
        ++s.n;
        if (v != 3) throw std::runtime_error{std::to_string(v)};
      });
    } catch (const std::runtime_error& e) {
      caught = e.what();
    }
    CHECK(caught == "1");
    n = co_await r.with(&store::read);
    CHECK(n == 11);
  });
}

TEST_CASE("launch runs a task on the trustee, which may wait") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    const std::size_t where = co_await r.launch([](store& s) -> task<std::size_t> {
      co_await trust::sleep_for(100us);
      s.n = 4;
      co_return trust::this_worker().index();
    });
    CHECK(where == r.owner().index());
    const int n = co_await r.with(&store::read);
    CHECK(n == 4);
    const std::string at_once = co_await r.launch([](store&) -> task<std::string> { co_return std::string(60, 'y'); });
    CHECK(at_once == std::string(60, 'y'));
    co_await r.launch([](store&) -> task<> { co_return; });
    std::unique_ptr<int> p = co_await r.launch([](store&) -> task<std::unique_ptr<int>> {
      co_await trust::yield();
      co_return std::make_unique<int>(5);
    });
    CHECK(*p == 5);
  });
}

TEST_CASE("a launched task shares its object at its suspension points only") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    auto slow = r.launch([](store& s) -> task<int> {
      s.n = 1;
      while (s.n == 1) co_await trust::sleep_for(100us);
      co_return s.n;
    });
    auto quick = r.apply([](store& s) { return std::exchange(s.n, 2); });
    auto both = trust::when_all(slow, quick);
    const auto [end, seen] = co_await both;
    CHECK(seen == 1);  // the launch came first and ran to its first suspension
    CHECK(end == 2);
  });
}

TEST_CASE("apply_then and launch_then give the result, or the result<R>, to a callback on the caller's worker") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    struct seen {
      int value = 0;
      int nothing = 0;
      int results = 0;
      int launched = 0;
      std::string error = {};
      std::size_t where = support::nowhere;
    };
    auto s = std::make_shared<seen>();
    r.apply_then([](store&) { return 5; },
                 [s](int n) {
                   s->value = n;
                   s->where = trust::this_worker().index();
                 });
    r.apply_then([](store& x, int by) { x.n += by; }, [s] { ++s->nothing; }, 6);
    r.apply_then([](store&) -> int { throw std::runtime_error{"no"}; },
                 [s](trust::result<int> x) {
                   ++s->results;
                   s->error = x.error().what();
                 });
    r.launch_then(
        [](store& x, int by) -> task<int> {
          co_await trust::yield();
          co_return x.n + by;
        },
        [s](int n) { s->launched = n; }, 10);
    r.launch_then([](store&) -> task<> { co_return; }, [s] { ++s->nothing; });
    const bool all = co_await support::soon([&s] { return s->launched != 0 && s->nothing == 2 && s->results == 1; });
    CHECK(all);
    CHECK(s->value == 5);
    CHECK(s->where == trust::this_worker().index());
    CHECK(s->error == "no");
    CHECK(s->launched == 16);
  });
}

TEST_CASE("post runs one way, in order") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    for (int i = 0; i < 200; ++i) r.post([i](store& s) { s.log.push_back(i); });
    for (int i = 200; i < 210; ++i) {
      const bool went = r.try_post([](store& s, int x) { s.log.push_back(x); }, i);
      CHECK(went);
    }
    co_await r.flush();
    const bool right = co_await r.with([](const store& s) {
      for (std::size_t i = 0; i < s.log.size(); ++i) {
        if (s.log[i] != static_cast<int>(i)) return false;
      }
      return s.log.size() == 210;
    });
    CHECK(right);
  });
}

TEST_CASE("an op may be moved until it is begun") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    auto a = r.apply([](store& s, std::string t) { return s.n += static_cast<int>(t.size()); }, std::string(40, 'z'));
    auto b = std::move(a);
    auto c = std::move(b);
    const int n = co_await c;
    CHECK(n == 40);
  });
}

TEST_CASE("an op that is never begun does nothing, and drops what it holds") {
  support::ledger book;
  from_both_workers([&](trust::remote<store>& r) -> task<> {
    {
      auto never = r.apply([](store& s, support::luggage<64>) { s.n = 1; }, support::luggage<64>{book});
      CHECK(book.alive == 1);
    }
    CHECK(book.alive == 0);
    const int n = co_await r.with(&store::read);
    CHECK(n == 0);
  });
  CHECK(book.born == book.died);
}

TEST_CASE("an op of a temporary handle holds the object itself") {
  on_each_runtime([](trust::runtime& rt) {
    const int n = rt.block_on([&rt]() -> task<int> {
      const auto make = [&rt] { return rt.entrust(trust::on(1), store{.n = 3}); };
      const int a = co_await make().apply([](store& s) { return s.n; });
      const int b = co_await make().launch([](store& s) -> task<int> {
        co_await trust::yield();
        co_return s.n;
      });
      const int c = co_await make().with(&store::read);
      co_return a + b + c;
    });
    CHECK(n == 9);
  });
}

TEST_CASE("a lvalue closure is used in place and stays the caller's") {
  from_both_workers([](trust::remote<store>& r) -> task<> {
    struct counter {
      int calls = 0;
      int operator()(store& s) {
        ++calls;
        return ++s.n;
      }
    };
    counter f;
    for (int i = 1; i <= 5; ++i) {
      const int n = co_await r.apply(f);
      CHECK(n == i);
    }
    CHECK(f.calls == 5);
  });
}

TEST_CASE("a call on an empty handle fails with errc::empty, whatever the verb") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      trust::remote<store> r;
      const auto a = co_await trust::as_result(r.apply([](store& s) { return s.n; }));
      CHECK(a.error() == errc::empty);
      const auto b = co_await trust::as_result(r.with(&store::read));
      CHECK(b.error() == errc::empty);
      const auto c = co_await trust::as_result(r.launch([](store&) -> task<int> { co_return 1; }));
      CHECK(c.error() == errc::empty);
      const auto d = co_await trust::as_result(r.extract());
      CHECK(d.error() == errc::empty);
      CHECK(support::code_of([&] { r.post([](store&) {}); }) == errc::empty);
      CHECK(support::code_of([&] { static_cast<void>(r.try_post([](store&) {})); }) == errc::empty);
      CHECK(support::code_of([&] { r.attend([](store&) -> task<> { co_return; }); }) == errc::empty);
      auto code = std::make_shared<std::error_code>();
      r.apply_then([](store&) { return 1; }, [code](trust::result<int> x) { *code = x.error().code(); });
      const bool came = co_await support::soon([&code] { return bool(*code); });
      CHECK(came);
      CHECK(*code == errc::empty);
      co_await std::move(r).close();
    });
    trust::remote<store> r;
    CHECK(support::code_of([&] { static_cast<void>(r.apply([](store& s) { return s.n; }).get()); }) == errc::empty);
  });
}

}  // namespace
