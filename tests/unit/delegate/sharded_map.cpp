// SPDX-License-Identifier: MIT
// Unit tests of sharded_map: what each verb does with one key, with many, and with all entries, and how keys and values travel.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::sharded_map;
using trust::task;
using numbers = sharded_map<long, long>;
using ages = sharded_map<std::string, int>;

TEST_CASE(
    "find and contains see what insert and insert_or_assign have put in, and erase and extract have not taken out") {
  on_each_runtime([](trust::runtime& rt) {
    const ages m{rt};
    support::run(rt, [&]() -> task<> {
      const std::string ada = "ada";
      const bool fresh = co_await m.insert(ada, 36);
      CHECK(fresh);
      const bool again = co_await m.insert("ada", 99);
      CHECK_FALSE(again);
      const std::optional<int> age = co_await m.find(ada);
      CHECK(age == 36);
      const bool assigned = co_await m.insert_or_assign(ada, 37);
      CHECK_FALSE(assigned);
      const bool inserted = co_await m.insert_or_assign(std::string{"bob"}, 20);
      CHECK(inserted);
      const std::optional<int> older = co_await m.find("ada");
      CHECK(older == 37);
      const bool bob = co_await m.contains("bob");
      CHECK(bob);
      const bool nobody = co_await m.contains(std::string{"nobody"});
      CHECK_FALSE(nobody);
      const std::optional<int> out = co_await m.extract("bob");
      CHECK(out == 20);
      const std::optional<int> none = co_await m.extract("bob");
      CHECK(none == std::nullopt);
      const bool erased = co_await m.erase(ada);
      CHECK(erased);
      const bool twice = co_await m.erase(ada);
      CHECK_FALSE(twice);
      const std::size_t left = co_await m.size();
      CHECK(left == 0);
    });
  });
}

TEST_CASE("every verb works from a foreign thread, and as a future, and in combinators") {
  on_each_runtime([](trust::runtime& rt) {
    const numbers m{rt};
    CHECK(m.insert(1, 10).get());
    CHECK(m.insert_or_assign(2, 20).get());
    CHECK(m.try_emplace(3, 30).get());
    CHECK(m.find(2).get() == 20);
    CHECK(m.update(3, [](long& n) { return ++n; }).get() == 31);
    CHECK(m.upsert(4, [](long& n) { return ++n; }).get() == 1);
    CHECK(m.size().get() == 4);
    CHECK(m.extract(4).get() == 1);
    CHECK(m.erase(1).get());
    const auto [a, b, c] = trust::when_all(m.find(2), trust::as_result(m.contains(1)), m.size()).get();
    CHECK(a == 20);
    CHECK_FALSE(b.value());
    CHECK(c == 2);
    m.clear().get();
    CHECK(m.size().get() == 0);
  });
  trust::runtime rt{trust::options{.workers = 2}};
  const numbers m{rt};
  CHECK(m.insert(1, 10).future().get());
  CHECK(m.find(1).future().get() == 10);
  CHECK(m.find_each(std::vector{1L, 2L}).future().get() == std::vector<std::optional<long>>{10, std::nullopt});
}

TEST_CASE("a started verb needs no handle, and what travels with it is its own") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, [&]() -> task<> {
      const auto told = std::make_shared<std::atomic<int>>(0);
      {
        ages m{rt};
        std::string key(100, 'k');
        m.insert(key, 1).start([told](bool fresh) { *told += fresh ? 1 : 0; });
        m.upsert(std::move(key), [](int& n) { return n += 5; }).start([told](int n) { *told += n; });
        m.find(std::string(100, 'k')).start([told](std::optional<int> n) { *told += n.value_or(1000); });
        m.insert_each(std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}})
            .start([told](const std::vector<bool>& b) { *told += static_cast<int>(b.size()); });
        m.size().start([](std::size_t) {});
      }
      const bool came = co_await support::soon([told] { return *told == 1 + 6 + 6 + 2; });
      CHECK(came);
    });
  });
}

struct seat {
  seat(std::string w, int n) : who{std::move(w)}, number{n} {}
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;
  std::string who;
  int number;
};

TEST_CASE("try_emplace builds a value in place, also one that neither moves nor copies") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_map<int, seat> m{rt};
    support::run(rt, [&]() -> task<> {
      const bool fresh = co_await m.try_emplace(1, "ada", 7);
      CHECK(fresh);
      const bool again = co_await m.try_emplace(1, std::string{"bob"}, 8);
      CHECK_FALSE(again);
      const auto who = co_await m.update(1, [](seat& s) { return s.who + std::to_string(s.number); });
      CHECK(who == "ada7");
      const sharded_map<int, std::unique_ptr<int>> boxes{rt};
      co_await boxes.try_emplace(5, std::make_unique<int>(6));
      co_await boxes.insert(6, std::make_unique<int>(7));
      co_await boxes.insert_or_assign(6, std::make_unique<int>(8));
      const std::optional<std::unique_ptr<int>> box = co_await boxes.extract(6);
      CHECK(**box == 8);
    });
  });
}

TEST_CASE("update calls f on the owner if the key is there: an optional of what it gives, of void whether it was") {
  on_each_runtime([](trust::runtime& rt) {
    const numbers m{rt};
    support::run(rt, [&]() -> task<> {
      co_await m.insert(7, 1);
      const bool there = co_await m.update(7, [](long& n) { n += 2; });
      CHECK(there);
      const bool absent = co_await m.update(8, [](long& n) { n += 2; });
      CHECK_FALSE(absent);
      const std::optional<long> n = co_await m.update(7, [](long& x, long by) { return x += by; }, 10L);
      CHECK(n == 13);
      const std::optional<std::string> none = co_await m.update(8, [](long&) { return std::string{"?"}; });
      CHECK(none == std::nullopt);
      long sum = 0;  // the caller waits, so a reference to what is his is safe
      const auto add = [&sum](long& x) { sum += x; };
      co_await m.update(7, add);
      CHECK(sum == 13);
      const std::optional<std::size_t> where = co_await m.update(7, [](long&) { return trust::this_worker().index(); });
      CHECK(where.has_value());
      const auto pointer = co_await m.update(7, [](long& x) { return trust::unchecked(&x); });
      static_assert(std::is_same_v<decltype(pointer), const std::optional<long*>>);
      CHECK(pointer.has_value());
    });
  });
}

TEST_CASE("upsert builds a value from nothing where there is none") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_map<std::string, std::vector<int>> m{rt};
    support::run(rt, [&]() -> task<> {
      for (int i = 0; i < 10; ++i) {
        const std::size_t n = co_await m.upsert(
            i % 2 == 0 ? "even" : "odd",
            [](std::vector<int>& v, int x) {
              v.push_back(x);
              return v.size();
            },
            i);
        CHECK(n == static_cast<std::size_t>(i / 2 + 1));
      }
      co_await m.upsert("none", [](std::vector<int>&) {});
      const auto odd = co_await m.find("odd");
      CHECK(odd == std::vector{1, 3, 5, 7, 9});
      const auto none = co_await m.find("none");
      CHECK(none == std::vector<int>{});
    });
  });
}

TEST_CASE("what a closure throws comes to its caller, and the map is as it left it") {
  on_each_runtime([](trust::runtime& rt) {
    const numbers m{rt};
    const auto fail = [](long& n) {
      ++n;
      if (n != 0) throw std::runtime_error{"no"};
      return n;
    };
    CHECK(m.insert(1, 5).get());
    CHECK(support::text_of([&] { static_cast<void>(m.update(1, fail).get()); }) == "no");
    CHECK(m.find(1).get() == 6);
    CHECK(support::text_of([&] { static_cast<void>(m.upsert(2, fail).get()); }) == "no");
    CHECK(m.find(2).get() == 1);
  });
}

TEST_CASE("for_each meets every entry once, on its owner, and may change the values") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const numbers m{rt};
        m.reserve(100).get();
        for (long i = 0; i < 100; ++i) CHECK(m.insert(i, 0).get());
        std::atomic<long> met{0};
        m.for_each([&met](const long& key, long& value) {
           met += key;
           value += key + static_cast<long>(trust::this_worker().index()) * 1000;
         }).get();
        CHECK(met == 99 * 100 / 2);
        std::array<int, 3> on{};
        for (long i = 0; i < 100; ++i) {
          const long value = m.find(i).get().value();
          CHECK(value % 1000 == i);
          ++on.at(static_cast<std::size_t>(value / 1000));
        }
        for (int n : on) CHECK(n > 10);
        support::run(rt, [&]() -> task<> {
          co_await m.for_each([](const long&, long& value) { value = 1; });
          long sum = 0;
          for (long i = 0; i < 100; ++i) {
            const std::optional<long> one = co_await m.find(i);
            sum += *one;
          }
          CHECK(sum == 100);
        });
      },
      3);
}

struct text_hash {
  using is_transparent = void;
  static inline std::atomic<int> calls{0};
  std::size_t operator()(std::string_view s) const {
    ++calls;
    return std::hash<std::string_view>{}(s);
  }
};

TEST_CASE("what a transparent hash and equality take can be looked up, and no key is built for that") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_map<std::string, int, text_hash, std::equal_to<>> m{rt};
    support::run(rt, [&]() -> task<> {
      co_await m.insert("ada", 36);
      const std::string_view view = "ada and more";
      const std::optional<int> by_view = co_await m.find(view.substr(0, 3));
      CHECK(by_view == 36);
      const std::optional<int> by_literal = co_await m.find("ada");
      CHECK(by_literal == 36);
      const std::vector<std::string_view> views{"bob", "ada"};
      const auto all = co_await m.find_each(views);
      CHECK(all == std::vector<std::optional<int>>{std::nullopt, 36});
      co_await m.upsert_each(views, [](int& n, std::string_view) { ++n; });
      const auto bob = co_await m.find("bob");
      CHECK(bob == 1);
      const bool gone = co_await m.erase(views[0]);
      CHECK(gone);
    });
  });
}

TEST_CASE("a key is hashed once for each call, wherever its table grows or shrinks") {
  trust::runtime rt{trust::simulated{.workers = 2}};
  const sharded_map<std::string, int, text_hash, std::equal_to<>> m{rt};
  text_hash::calls = 0;
  for (int i = 0; i < 200; ++i) CHECK(m.insert("key " + std::to_string(i), i).get());
  CHECK(text_hash::calls == 200);
  for (int i = 0; i < 200; ++i) CHECK(m.erase("key " + std::to_string(i)).get());
  CHECK(text_hash::calls == 400);
  const std::vector<std::string> keys(50, "x");
  static_cast<void>(m.contains_each(keys).get());
  CHECK(text_hash::calls == 450);
}

struct modulo {
  long by;
  std::size_t operator()(long k) const { return static_cast<std::size_t>(k % by); }
};
struct same_modulo {
  long by;
  bool operator()(long a, long b) const { return a % by == b % by; }
};

TEST_CASE("hash and equality may have a state") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_map<long, int, modulo, same_modulo> m{rt, modulo{10}, same_modulo{10}};
    CHECK(m.insert(3, 1).get());
    CHECK_FALSE(m.insert(13, 2).get());
    CHECK(m.find(23).get() == 1);
    const std::vector<long> keys{33, 34};
    CHECK(m.contains_each(keys).get() == std::vector<bool>{true, false});
  });
}

TEST_CASE("keys, values and closures of any size die once, and none is lost, whatever becomes of them") {
  on_each_runtime([](trust::runtime& rt) {
    support::ledger book;
    using luggage = support::luggage<200>;
    {
      const sharded_map<int, luggage> m{rt};
      support::run(rt, [&]() -> task<> {
        for (int i = 0; i < 20; ++i) co_await m.insert(i % 15, luggage{book});
        co_await m.insert_or_assign(3, luggage{book});
        {
          const std::optional<luggage> copy = co_await m.find(3);
          CHECK(copy->intact());
          const std::optional<luggage> out = co_await m.extract(4);
          CHECK(out->intact());
          co_await m.erase(5);
          const luggage mine{book};
          const auto use = [mine](luggage& l) { return l.intact() && mine.intact(); };
          const std::optional<bool> whole = co_await m.update(6, use);
          CHECK(whole == true);
          const std::vector<int> keys{7, 8, 99};
          const auto all = co_await m.find_each(keys);
          CHECK(all[1]->intact());
          CHECK_FALSE(all[2].has_value());
        }
        CHECK(book.alive == 13);
      });
      m.clear().get();
      CHECK(book.alive == 0);
      CHECK(m.insert(1, luggage{book}).get());
    }
    const bool gone =
        rt.block_on([&]() -> task<bool> { co_return co_await support::soon([&] { return book.alive == 0; }); });
    CHECK(gone);
  });
}

TEST_CASE("calls of one caller about one key run in the order in which they were made") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_map<int, std::vector<int>> m{rt};
    support::run(rt, [&]() -> task<> {
      for (int key = 0; key < 8; ++key) {
        const auto push = [](std::vector<int>& v, int x) { v.push_back(x); };
        std::vector<decltype(m.upsert(key, push, 1))> ops;
        for (int i = 0; i < 50; ++i) ops.push_back(m.upsert(key, push, i));
        co_await trust::when_all(ops);
        const auto v = co_await m.find(key);
        CHECK(std::is_sorted(v->begin(), v->end()));
        CHECK(v->size() == 50);
      }
    });
  });
}

TEST_CASE("an empty map fails with errc::empty, one whose runtime has stopped with runtime_stopped") {
  ages m;
  CHECK_FALSE(m);
  const std::vector<std::string> keys{"a"};
  const auto fails_with = [&](errc e) {
    CHECK(support::code_of([&] { static_cast<void>(m.find("a").get()); }) == e);
    CHECK(support::code_of([&] { static_cast<void>(m.insert("a", 1).get()); }) == e);
    CHECK(support::code_of([&] { static_cast<void>(m.size().get()); }) == e);
    CHECK(support::code_of([&] { m.clear().get(); }) == e);
    CHECK(support::code_of([&] { m.reserve(10).get(); }) == e);
    CHECK(support::code_of([&] { static_cast<void>(m.find_each(keys).get()); }) == e);
    CHECK(support::code_of([&] { m.for_each([](const std::string&, int&) {}).get(); }) == e);
  };
  fails_with(errc::empty);
  {
    trust::runtime rt{trust::options{.workers = 2}};
    m = ages{rt, trust::named("ages")};
    CHECK(m);
    CHECK(m.insert("a", 1).get());
    const ages copy = m;
    CHECK(copy == m);
    CHECK(copy.find("a").get() == 1);
    const ages moved = std::move(m);
    fails_with(errc::empty);
    m = moved;
  }
  fails_with(errc::runtime_stopped);
  m.reset();
  fails_with(errc::empty);
}

}  // namespace
