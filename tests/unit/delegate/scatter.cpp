// SPDX-License-Identifier: MIT
// Unit tests of sharded::apply_each: a batch of elements goes to their owners in one message each, and comes back in order.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::sharded;
using trust::task;

struct shard {
  std::vector<long> log = {};
};

std::vector<long> numbers(std::size_t n) {
  std::vector<long> v(n);
  std::iota(v.begin(), v.end(), 0);
  return v;
}

TEST_CASE("apply_each runs f for each element on its owner, and gives the results in the order of the range") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const auto all = rt.entrust_sharded<shard>();
        std::vector<long> keys = numbers(1000);
        const auto see = [](shard& s, long key) {
          s.log.push_back(key);
          return std::pair{key * 2, trust::this_worker().index()};
        };
        const auto right = [&](const std::vector<std::pair<long, std::size_t>>& got) {
          if (got.size() != keys.size()) return false;
          for (std::size_t i = 0; i < keys.size(); ++i) {
            if (got[i].first != keys[i] * 2 || got[i].second != all.on(keys[i]).owner().index()) return false;
          }
          return true;
        };
        support::run(rt, [&]() -> task<> {
          const auto got = co_await all.apply_each(keys, see);
          CHECK(right(got));
        });
        CHECK(right(all.apply_each(keys, see).get()));
        std::size_t seen = 0;
        for (const auto& log : all.on_all([](shard& s) { return s.log; }).get()) {
          seen += log.size();
          CHECK(log.size() > 400);
          CHECK(std::is_sorted(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(log.size() / 2)));
        }
        CHECK(seen == 2000);
      },
      3);
}

TEST_CASE("a batch costs one message for each owner that has any of it") {
  trust::runtime rt{trust::simulated{.workers = 4}};
  const auto all = rt.entrust_sharded<shard>();
  all.ready().get();
  const auto served = [&] { return std::vector{rt.metrics(1).served, rt.metrics(2).served, rt.metrics(3).served}; };
  support::run(rt, [&]() -> task<> {
    const std::vector<long> keys = numbers(500);
    const auto before = served();
    co_await all.apply_each(keys, [](shard& s, long k) { s.log.push_back(k); });
    const auto after = served();
    for (std::size_t i = 0; i < 3; ++i) CHECK(after[i] == before[i] + 1);
    const std::vector<long> same(500, 7);
    const std::size_t owner = all.on(7L).owner().index();
    co_await all.apply_each(same, [](shard&, long) {});
    const auto last = served();
    for (std::size_t i = 0; i < 3; ++i) CHECK(last[i] == after[i] + (owner == i + 1 ? 1 : 0));
  });
}

TEST_CASE("elements are used where they lie, or made on the way, or travel, as their range has them") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<shard>();
    support::run(rt, [&]() -> task<> {
      std::list<std::string> words{"alpha", "beta", "gamma"};
      co_await all.apply_each(words, [](shard&, std::string& w) { w += '!'; });
      CHECK(words == std::list<std::string>{"alpha!", "beta!", "gamma!"});
      const auto squares = co_await all.apply_each(std::views::iota(0, 50), [](shard&, int&& i) { return i * i; });
      CHECK(squares.size() == 50);
      CHECK(squares[7] == 49);
      auto travels = all.apply_each(std::vector<std::string>{"a", std::string(100, 'b')},
                                    [](shard&, std::string& w) { return std::move(w); });
      const std::vector<std::string> moved = co_await travels;
      CHECK(moved == std::vector<std::string>{"a", std::string(100, 'b')});
      const std::vector<long> fixed{1, 2};
      const auto addresses = co_await all.apply_each(fixed, [](shard&, const long& x) { return trust::unchecked(&x); });
      CHECK(addresses == std::vector<const long*>{&fixed[0], &fixed[1]});
      std::vector<long> none;
      const std::vector<int> nothing = co_await all.apply_each(none, [](shard&, long) { return 1; });
      CHECK(nothing.empty());
      const std::vector<bool> odd = co_await all.apply_each(fixed, [](shard&, long k) { return k % 2 == 1; });
      CHECK(odd == std::vector<bool>{true, false});
    });
  });
}

TEST_CASE("an element's key may be a part of it") {
  struct order {
    std::string user;
    int pieces;
  };
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<std::map<std::string, int>>();
    const std::vector<order> orders{{"ada", 2}, {"bob", 3}, {"ada", 5}};
    const auto book = [](std::map<std::string, int>& m, const order& o) { return m[o.user] += o.pieces; };
    CHECK(all.apply_each(orders, book, &order::user).get() == std::vector{2, 3, 7});
    CHECK(all.on("ada").with([](const std::map<std::string, int>& m) { return m.at("ada"); }).get() == 7);
    CHECK(all.apply_each(orders, book, [](const order& o) { return std::string_view{o.user}; }).get() ==
          std::vector{9, 6, 14});
  });
}

TEST_CASE("all elements are run, then the failure of the first in the order of the range is thrown") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const auto all = rt.entrust_sharded<shard>();
        const std::vector<long> keys = numbers(200);
        support::ledger book;
        for (long first_bad : {0L, 1L, 17L, 199L}) {
          CAPTURE(first_bad);
          all.on_all([](shard& s) { s.log.clear(); }).get();
          const auto f = [first_bad, b = &book](shard& s, long key) {
            s.log.push_back(key);
            if (key >= first_bad && key % 2 == first_bad % 2) throw std::runtime_error{std::to_string(key)};
            return support::luggage<24>{*b};
          };
          CHECK(support::text_of([&] { static_cast<void>(all.apply_each(keys, f).get()); }) ==
                std::to_string(first_bad));
          support::run(rt, [&]() -> task<> {
            const auto r = co_await trust::as_result(all.apply_each(keys, f));
            CHECK(r.error().what() == std::to_string(first_bad));
          });
          CHECK(all.map_reduce([](shard& s) { return s.log.size(); }, std::size_t{0}, std::plus{}).get() == 400);
        }
        CHECK(book.alive == 0);
        const auto nothing_thrown =
            all.apply_each(keys, [b = &book](shard&, long) { return support::luggage<24>{*b}; }).get();
        CHECK(book.alive == 200);
        CHECK(std::all_of(nothing_thrown.begin(), nothing_thrown.end(), [](const auto& l) { return l.intact(); }));
      },
      3);
}

/// A key whose copies throw when they are told to, and that counts those alive.
struct touchy {
  explicit touchy(long k, support::ledger& l) : key{k}, book{&l} { ++book->alive; }
  touchy(const touchy& o) : key{o.key}, book{o.book} {
    if (book->uses > 0 && --book->uses == 0) throw std::runtime_error{"no copy"};
    ++book->alive;
  }
  touchy(touchy&& o) : touchy{static_cast<const touchy&>(o)} {}
  touchy& operator=(const touchy&) = delete;
  ~touchy() { --book->alive; }
  long key;
  support::ledger* book;
};

TEST_CASE("a batch that cannot even be grouped fails as a whole, and nothing of it is lost or run") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<shard>();
    support::ledger book;
    const auto touchies = std::views::iota(0, 50) | std::views::transform([&book](int i) { return touchy{i, book}; });
    for (int copies : {1, 3, 50}) {
      CAPTURE(copies);
      book.uses = copies;
      const auto log = [](shard& s, touchy&& t) { s.log.push_back(t.key); };
      CHECK(support::text_of([&] { all.apply_each(touchies, log, &touchy::key).get(); }) == "no copy");
      CHECK(book.alive == 0);
      CHECK(all.map_reduce([](shard& s) { return s.log.size(); }, std::size_t{0}, std::plus{}).get() == 0);
    }
    book.uses = 0;
    all.apply_each(touchies, [](shard& s, touchy&& t) { s.log.push_back(t.key); }, &touchy::key).get();
    CHECK(book.alive == 0);
    CHECK(all.map_reduce([](shard& s) { return s.log.size(); }, std::size_t{0}, std::plus{}).get() == 50);
    const auto bad_hash = [](long k) -> long {
      if (k == 30) throw std::runtime_error{"no key"};
      return k;
    };
    const std::vector<long> keys = numbers(50);
    support::run(rt, [&]() -> task<> {
      const auto r = co_await trust::as_result(all.apply_each(keys, [](shard&, long) {}, bad_hash));
      CHECK(r.error().what() == "no key");
    });
  });
}

TEST_CASE("each owner has its own copy of the closure") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<shard>();
    const std::vector<long> keys = numbers(100);
    const auto counts = all.apply_each(keys, [n = 0](shard&, long) mutable { return ++n; }).get();
    const long first = std::count_if(keys.begin(), keys.end(), [&](long k) { return all.on(k) == all.shard(0); });
    CHECK(*std::max_element(counts.begin(), counts.end()) == std::max(first, 100 - first));
    CHECK(std::count(counts.begin(), counts.end(), 1) == 2);
  });
}

struct alignas(128) aligned {
  explicit aligned(long k) : n{k} {}
  long n;
};

TEST_CASE("results of any size and alignment, without a default constructor, or that only move") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<shard>();
    const std::vector<long> keys = numbers(60);
    const std::vector<aligned> a = all.apply_each(keys,
                                                  [](shard&, long k) {
                                                    aligned x{k};
                                                    if (reinterpret_cast<std::size_t>(&x) % 128 != 0) x.n = -1;
                                                    return x;
                                                  })
                                       .get();
    for (std::size_t i = 0; i < 60; ++i) CHECK(a[i].n == static_cast<long>(i));
    support::run(rt, [&]() -> task<> {
      const auto boxes = co_await all.apply_each(keys, [](shard&, long k) { return std::make_unique<long>(k); });
      CHECK(*boxes.at(59) == 59);
      const auto big = co_await all.apply_each(keys, [](shard&, long k) { return std::array<long, 100>{k}; });
      CHECK(big.at(31)[0] == 31);
    });
  });
}

/// A shard whose trustee can be made to stand still: real workers only.
struct stuck {
  std::atomic<bool> held{false};
  std::atomic<bool> let_go{false};
  long runs = 0;
};

TEST_CASE("what an owner has not begun when the time is over is refused, and what another has done stays done") {
  using namespace std::chrono_literals;
  trust::options two;
  two.workers = 2;
  trust::runtime rt{two};
  support::ledger book;
  const auto all = rt.entrust_sharded<stuck>();
  stuck& there = *all.shard(1).apply([](stuck& s) { return trust::unchecked(&s); }).get();
  const auto packed = std::views::iota(0, 64) |
                      std::views::transform([&book](int i) { return std::pair{i, support::luggage<24>{book}}; });
  const auto on_first = [&]() -> task<> {
    trust::scope s;
    co_await s.spawn([&]() -> task<> {
      co_await all.shard(1).apply([](stuck& x) {
        x.held = true;
        while (!x.let_go) std::this_thread::sleep_for(100us);
      });
    });
    while (!there.held) co_await trust::sleep_for(100us);
    co_await s.spawn([&]() -> task<> {
      co_await trust::sleep_for(10ms);
      there.let_go = true;
    });
    const auto count = [](stuck& x, std::pair<int, support::luggage<24>>&& p) {
      ++x.runs;
      return std::move(p.second);
    };
    auto batch = all.apply_each(packed, count, [](const auto& p) { return p.first; });
    const auto late = co_await trust::as_result(trust::with_timeout(batch, 1ms));
    CHECK_FALSE(late.has_value());
    if (!late.has_value()) CHECK(late.error() == trust::errc::timed_out);
    CHECK(there.let_go);  // it was waited for
    co_await s.join();
  };
  rt.spawn(trust::on(0), trust::unchecked(on_first)).get();
  const std::vector<long> runs = all.on_all([](stuck& s) { return s.runs; }).get();
  CHECK(runs[0] > 0);
  CHECK(runs[1] == 0);
  CHECK(book.alive == 0);
}

TEST_CASE(
    "requests to stop meet batches anywhere on their way: each share is done as a whole or not at all, and nothing is "
    "lost") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<shard>();
    const unsigned rounds = tests::effort(15, 500);
    constexpr int wide = 12;
    support::ledger book;
    std::size_t values = 0;
    std::size_t stopped = 0;
    support::run(rt, [&]() -> task<> {
      for (unsigned round = 0; round < rounds; ++round) {
        trust::scope s;
        for (int child = 0; child < 8; ++child) {
          auto one = [&]() -> task<> {
            const auto packed = std::views::iota(0, wide) | std::views::transform([&book](int i) {
                                  return std::pair{i, support::luggage<24>{book}};
                                });
            const auto log = [](shard& x, std::pair<int, support::luggage<24>>&& p) {
              x.log.push_back(p.first);
              return std::move(p.second);
            };
            auto batch = all.apply_each(packed, log, [](const auto& p) { return p.first; });
            const auto ended = co_await trust::as_result(batch);
            if (ended.has_value()) {
              CHECK(ended.value().size() == wide);
              ++values;
            } else {
              CHECK(ended.error() == trust::errc::cancelled);
              ++stopped;
            }
          };
          co_await s.spawn(one);
        }
        for (unsigned i = 0; i < round % 7; ++i) co_await trust::yield();
        s.request_stop();
        co_await s.join();
      }
    });
    CHECK(values + stopped == 8 * rounds);
    CHECK(book.alive == 0);
    const auto logs = all.on_all([](shard& s) { return s.log; }).get();
    std::size_t done = 0;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      std::vector<long> share;
      for (int key = 0; key < wide; ++key) {
        if (all.on(key) == all.shard(i)) share.push_back(key);
      }
      for (std::size_t at = 0; at < logs[i].size(); ++at) REQUIRE(logs[i][at] == share[at % share.size()]);
      CHECK((share.empty() || logs[i].size() % share.size() == 0));
      done += logs[i].size();
    }
    CHECK(done >= values * wide);  // what was reported as done was done
    CHECK(done <= (values + stopped) * wide);
  });
}

}  // namespace
