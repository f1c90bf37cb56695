// SPDX-License-Identifier: MIT
// Unit tests of sharded: where its shards live, which of them has a key, and what is done with all of them, or with many keys, at once.

#include <support/ends.hpp>
#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::sharded;
using trust::task;
using namespace std::chrono_literals;

/// Remembers on which worker it is used, and what with.
struct shard {
  int n = 0;
  std::vector<long> log = {};
  std::size_t here() const { return trust::this_worker().index(); }
  void see(long key) { log.push_back(key); }
  long seen() const { return static_cast<long>(log.size()); }
};

TEST_CASE("there is a shard on each trustee, in the order of the workers") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const sharded<shard> all = rt.entrust_sharded<shard>();
        CHECK(all);
        CHECK(all.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) CHECK(all.shard(i).owner().index() == i);
        const std::vector<std::size_t> where = all.on_all(&shard::here).get();
        CHECK(where == std::vector<std::size_t>{0, 1, 2});
        CHECK(std::distance(all.begin(), all.end()) == 3);
        CHECK(support::code_of([&] { static_cast<void>(all.shard(3)); }) == errc::bad_option);
        CHECK(support::text_of([&] { static_cast<void>(all.shard(3)); }).starts_with("there is no shard 3"));
      },
      3);
}

TEST_CASE("dedicated workers have all the shards, if there are any") {
  trust::runtime rt{trust::options{.workers = 3, .dedicated = 2}};
  const auto all = rt.entrust_sharded<shard>();
  CHECK(all.on_all(&shard::here).get() == std::vector<std::size_t>{1, 2});
  const bool none_here = rt.block_on([&]() -> task<bool> { co_return !all.local(); });
  CHECK(none_here);
}

TEST_CASE("local is the shard of this worker, and of a foreign thread none") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<shard>();
    CHECK_FALSE(all.local());
    for (std::size_t w : {0u, 1u}) {
      const bool right = rt.spawn(
                               trust::on(w),
                               [](sharded<shard> s, std::size_t i) -> task<bool> {
                                 const std::size_t where = co_await s.local().with(&shard::here);
                                 co_return s.local() == s.shard(i) && s.local().is_here() && where == i;
                               },
                               all, w)
                             .get();
      CHECK(right);
    }
    trust::runtime other{trust::simulated{.workers = 2}};
    const bool none = other.block_on([&]() -> task<bool> { co_return !all.local(); });
    CHECK(none);
  });
}

TEST_CASE("a key has one owner: for every handle, every way to write it, and every set of as many shards") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const auto a = rt.entrust_sharded<shard>();
        const auto b = rt.entrust_sharded<std::string>();
        const sharded<shard> copy = a;
        const char* const text = "a key";
        for (int i = 0; i < 100; ++i) {
          CHECK(a.on(i) == copy.on(i));
          CHECK(a.on(i).owner() == b.on(i).owner());
        }
        CHECK(a.on("a key") == a.on(std::string{"a key"}));
        CHECK(a.on("a key") == a.on(std::string_view{"a key"}));
        CHECK(a.on("a key") == a.on(text));
        CHECK(a.on(std::string{"!"}, [](const std::string& s) { return s.size(); }) == a.on(std::size_t{1}));
      },
      5);
}

TEST_CASE("keys spread evenly, whatever their pattern") {
  const auto even = [](const char* pattern, auto&& key_of) {
    constexpr std::size_t owners = 7;
    constexpr std::size_t keys = 70'000;
    std::vector<std::size_t> found(owners);
    for (std::size_t i = 0; i < keys; ++i)
      ++found[trust::delegate::owner_of(trust::delegate::spread(key_of(i)), owners)];
    CAPTURE(pattern);
    for (std::size_t n : found) {
      CHECK(n > keys / owners * 9 / 10);
      CHECK(n < keys / owners * 11 / 10);
    }
  };
  even("one after the other", [](std::size_t i) { return i; });
  even("every 64th", [](std::size_t i) { return i * 64; });
  even("every 4096th", [](std::size_t i) { return i * 4096; });
  even("in the upper half", [](std::size_t i) { return i << 32; });
  even("in the upper bits", [](std::size_t i) { return i << 47; });
  even("negative", [](std::size_t i) { return -static_cast<long>(i); });
  even("multiples of a large odd number", [](std::size_t i) { return i * 0x9e3779b97f4a7c15u; });
  even("text", [](std::size_t i) { return "user:" + std::to_string(i); });
}

TEST_CASE("the keys of one owner differ in the bits that its table uses") {
  std::set<std::uint64_t> lower;
  std::size_t owned = 0;
  for (std::uint64_t i = 0; owned < 4096; ++i) {
    const std::uint64_t h = trust::delegate::mix(i);
    if (trust::delegate::owner_of(h, 8) != 3) continue;
    ++owned;
    lower.insert(h % 4096);
  }
  CHECK(lower.size() > 4096 * 55 / 100);  // 63 % of the places, were it chance
}

struct dressed {
  dressed(std::string t, int by) : text{std::move(t)}, n{by} {}
  dressed(const dressed&) = delete;
  dressed& operator=(const dressed&) = delete;
  std::string text;
  int n;
};

TEST_CASE("each shard is built on its trustee from a copy of the arguments, or by a factory that is told its number") {
  on_each_runtime([](trust::runtime& rt) {
    const std::string text = "some text that is longer than the small string";
    const auto all = rt.entrust_sharded<dressed>(text, 3);
    CHECK(all.on_all([](dressed& d) { return d.text + std::to_string(d.n); }).get() ==
          std::vector<std::string>{text + "3", text + "3"});
    const auto made = rt.entrust_sharded([text](std::size_t i) { return dressed{text, static_cast<int>(i)}; });
    static_assert(std::is_same_v<decltype(made), const sharded<dressed>>);
    CHECK(made.on_all([](dressed& d) { return d.text + std::to_string(d.n); }).get() ==
          std::vector<std::string>{text + "0", text + "1"});
    const auto where = rt.entrust_sharded([](std::size_t) { return trust::this_worker().index(); });
    CHECK(where.on_all([](std::size_t& n) { return n; }).get() == std::vector<std::size_t>{0, 1});
    const auto plain = rt.entrust_sharded<long>(7);
    CHECK(plain.map_reduce([](long& n) { return n; }, 0L, std::plus{}).get() == 14);
  });
}

TEST_CASE("shards have a name and a number for reports") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<int>(trust::named("hits"), 5);
    CHECK(all.shard(0).name() == "hits/0");
    CHECK(all.shard(1).name() == "hits/1");
    CHECK(all.shard(1).apply([](int& n) { return n; }).get() == 5);
    const auto made = rt.entrust_sharded(trust::named("made"), [](std::size_t i) { return static_cast<int>(i); });
    CHECK(made.shard(1).name() == "made/1");
    std::ostringstream text;
    text << all << ' ' << sharded<int>{};
    CHECK(text.str() == "sharded<int>(2 shards) sharded(empty)");
  });
}

TEST_CASE("a shard that cannot be built fails its calls, and the calls to all, but no other shard's") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded([](std::size_t i) {
      if (i == 1) throw std::runtime_error{"no second"};
      return static_cast<int>(i);
    });
    CHECK(support::text_of([&] { all.ready().get(); }) == "no second");
    CHECK(support::text_of([&] { all.shard(1).ready().get(); }) == "no second");
    CHECK(all.shard(0).apply([](int& n) { return n; }).get() == 0);
    CHECK(support::text_of([&] {
            static_cast<void>(all.map_reduce([](int& n) { return n; }, 0, std::plus{}).get());
          }) == "no second");
    rt.entrust_sharded<int>().ready().get();
  });
}

TEST_CASE("on_all gives the results in the order of the shards, to a task and to a foreign thread") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const auto all = rt.entrust_sharded([](std::size_t i) { return shard{.n = static_cast<int>(i) + 10}; });
        const auto number = [](shard& s, int more) { return std::to_string(s.n + more); };
        CHECK(all.on_all(number, 1).get() == std::vector<std::string>{"11", "12", "13"});
        support::run(rt, [&]() -> task<> {
          const auto got = co_await all.on_all(number, 2);
          CHECK(got == std::vector<std::string>{"12", "13", "14"});
          co_await all.on_all([](shard& s, std::string t) { s.n = static_cast<int>(t.size()); }, std::string(50, 'x'));
          const auto boxes = co_await all.on_all([](shard& s) { return std::make_unique<int>(s.n); });
          CHECK(*boxes.at(2) == 50);
        });
      },
      3);
}

TEST_CASE("on_all has begun on every shard before it waits for any") {
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        const auto all = rt.entrust_sharded<shard>();
        std::atomic<int> inside{0};
        // Each stays until the other has come: one after the other would never end.
        const auto meet = [&inside](shard&) {
          ++inside;
          const bool met = support::eventually([&] { return inside == 2; });
          return met;
        };
        const std::vector<bool> met = all.on_all(meet).get();
        CHECK(met == std::vector<bool>{true, true});
        inside = 0;
        const std::vector<bool> again =
            rt.block_on([&]() -> task<std::vector<bool>> { co_return co_await all.on_all(meet); });
        CHECK(again == std::vector<bool>{true, true});
      },
      trust::options{.workers = 2, .stall_report = 0ms});
}

TEST_CASE("when shards fail all run, then the failure of the first of them is thrown") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const auto all = rt.entrust_sharded([](std::size_t i) { return shard{.n = static_cast<int>(i)}; });
        const auto fail = [](shard& s) {
          s.log.push_back(1);
          if (s.n != 0) throw std::runtime_error{"shard " + std::to_string(s.n)};
          return s.n;
        };
        CHECK(support::text_of([&] { static_cast<void>(all.on_all(fail).get()); }) == "shard 1");
        const std::vector<long> seen = all.on_all(&shard::seen).get();
        CHECK(seen == std::vector<long>{1, 1, 1});
        support::run(rt, [&]() -> task<> {
          const auto whole = co_await trust::as_result(all.on_all(fail));
          CHECK(whole.error().what() == "shard 1");
          const auto sum = co_await trust::as_result(all.map_reduce(fail, 0, std::plus{}));
          CHECK(sum.error().what() == "shard 1");
        });
      },
      3);
}

TEST_CASE("map_reduce folds from the left, here, in the order of the shards") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const auto all = rt.entrust_sharded([](std::size_t i) { return shard{.n = static_cast<int>(i)}; });
        const auto me = std::this_thread::get_id();
        const std::string folded = all.map_reduce([](const shard& s) { return s.n; }, std::string{"from"},
                                                  [me](std::string left, int right) {
                                                    CHECK(std::this_thread::get_id() == me);
                                                    return left + ' ' + std::to_string(right);
                                                  })
                                       .get();
        CHECK(folded == "from 0 1 2");
        const std::size_t where = rt.block_on([&]() -> task<std::size_t> {
          auto op = all.map_reduce([](const shard&) { return 0; }, std::size_t{99},
                                   [](std::size_t, int) { return trust::this_worker().index(); });
          co_return co_await op;
        });
        CHECK(where == 0);
        const auto moved = all.map_reduce([](shard& s) { return std::make_unique<int>(s.n); }, std::make_unique<int>(5),
                                          [](std::unique_ptr<int> a, std::unique_ptr<int> b) {
                                            *a += *b;
                                            return a;
                                          })
                               .get();
        CHECK(*moved == 8);
      },
      3);
}

TEST_CASE(
    "what goes to all shards is an op: it stands in when_all and as_result, and can be started and had as a future") {
  on_each_runtime([](trust::runtime& rt) {
    const auto all = rt.entrust_sharded<shard>(4);
    std::vector<long> keys{1, 2, 3};
    support::run(rt, [&]() -> task<> {
      const auto [a, b, c] = co_await trust::when_all(all.on_all([](shard& s) { return s.n; }),
                                                      all.map_reduce([](shard& s) { return s.n; }, 0, std::plus{}),
                                                      all.apply_each(keys, [](shard& s, long k) { return s.n + k; }));
      CHECK(a == std::vector{4, 4});
      CHECK(b == 8);
      CHECK(c == std::vector{5L, 6L, 7L});
      const auto told = std::make_shared<std::atomic<long>>(0);
      all.map_reduce([](shard& s) { return s.n; }, 0, std::plus{}).start([told](int n) { *told += n; });
      all.on_all([](shard& s) { return s.n; }).start([told](const std::vector<int>& n) { *told += n[1]; });
      all.apply_each(std::vector{10L, 20L}, [](shard&, long k) { return k; })
          .start([told](trust::result<std::vector<long>> r) { *told += r.value()[1]; });
      const bool came = co_await support::soon([told] { return *told == 32; });
      CHECK(came);
    });
  });
  trust::runtime rt{trust::options{.workers = 2}};
  const auto all = rt.entrust_sharded<shard>(4);
  auto sum = all.map_reduce([](shard& s) { return s.n; }, 0, std::plus{}).future();
  auto each = all.apply_each(std::vector{10L, 20L}, [](shard&, long k) { return k; }).future();
  CHECK(sum.get() == 8);
  CHECK(each.get() == std::vector{10L, 20L});
}

TEST_CASE("handles are like those of a remote: empty at first, copied and compared, the last one ends the shards") {
  on_each_runtime([](trust::runtime& rt) {
    std::array<support::ledger, 2> books;
    {
      auto* const first = books.data();
      sharded<support::resident> a =
          rt.entrust_sharded([first](std::size_t i) { return support::resident{first + i}; });
      sharded<support::resident> b;
      CHECK_FALSE(b);
      CHECK(b.size() == 0);
      b = a;
      CHECK(a == b);
      b.ready().get();
      a.reset();
      CHECK_FALSE(a);
      CHECK(a != b);
      b.on_all(&support::resident::use).get();
      a.swap(b);
      CHECK(a.size() == 2);
      CHECK(b == nullptr);
      b = std::move(a);
      CHECK_FALSE(a);  // a moved-from handle is an empty one
      CHECK_FALSE(a.on(1));
      sharded<support::resident> c{std::move(b)};
      CHECK(c.size() == 2);
      CHECK(b.size() == 0);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(support::gone(rt, books[i]));
      support::check_at_home(books[i], i);
      CHECK(books[i].uses == 1);
    }
  });
}

TEST_CASE("an empty handle fails with errc::empty") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded<shard> none;
    const auto n = [](shard& s) { return s.n; };
    CHECK_FALSE(none.on(1));
    CHECK_FALSE(none.shard(0));
    CHECK_FALSE(none.local());
    CHECK(support::code_of([&] { static_cast<void>(none.on(1).apply(n).get()); }) == errc::empty);
    CHECK(support::code_of([&] { static_cast<void>(none.on_all(n).get()); }) == errc::empty);
    CHECK(support::code_of([&] { static_cast<void>(none.map_reduce(n, 0, std::plus{}).get()); }) == errc::empty);
    std::vector<long> keys;
    const auto with_key = [](shard&, long k) { return k; };
    CHECK(support::code_of([&] { static_cast<void>(none.apply_each(keys, with_key).get()); }) == errc::empty);
    support::run(rt, [&]() -> task<> {
      keys.push_back(1);
      const auto r = co_await trust::as_result(none.apply_each(keys, with_key));
      CHECK(r.error() == errc::empty);
      const auto s = co_await trust::as_result(none.on_all(n));
      CHECK(s.error() == errc::empty);
    });
  });
}

TEST_CASE("handles outlive their runtime, and fail with errc::runtime_stopped then") {
  sharded<shard> all;
  std::vector<long> keys{1, 2, 3};
  {
    trust::runtime rt{trust::options{.workers = 2}};
    all = rt.entrust_sharded<shard>();
    all.ready().get();
  }
  CHECK(support::code_of([&] { all.ready().get(); }) == errc::runtime_stopped);
  CHECK(support::code_of([&] { all.apply_each(keys, [](shard&, long) {}).get(); }) == errc::runtime_stopped);
}

}  // namespace
