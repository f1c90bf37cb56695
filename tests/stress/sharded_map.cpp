// SPDX-License-Identifier: MIT
// sharded_map: clients on every worker and on foreign threads do random things to one map and one set, one key or many at a time, while
// others copy and drop handles, and at the end everything is where it must be.
//
//     shared counts    everybody adds to them: their sum is what all together have added
//     own keys         each client's own: what it finds there is what it wrote last, at each moment
//     claims           everybody inserts them into the set: each is new to one of all
#include "support/effort.hpp"
#include "support/seed.hpp"
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

constexpr std::size_t workers = 4;
constexpr std::size_t shared_keys = 24;
constexpr std::size_t own_keys = 40;
constexpr std::size_t claims = 500;

// Half of the keys are longer than what a std::string keeps in itself.
[[nodiscard]] std::string name(const char* kind, std::size_t client, std::size_t n) {
  return std::string(n % 2 == 0 ? 0 : 30, '/') + kind + std::to_string(client) + '.' + std::to_string(n);
}

using map = trust::sharded_map<std::string, long>;
using set = trust::sharded_set<std::size_t>;

/// What a client did, and what it found wrong.
struct report {
  long added = 0;
  long claimed = 0;
  long wrong = 0;
};

/// One client. Its own keys and what they should hold are in `mine`.
class client {
 public:
  client(map m, set s, std::size_t number, std::uint64_t seed)
      : map_{std::move(m)}, set_{std::move(s)}, number_{number}, draw_{seed} {}

  trust::task<report> run(unsigned rounds) {
    for (unsigned i = 0; i < rounds; ++i) {
      switch (draw_.below(9)) {
        case 0:
          co_await map_.upsert(shared(), [](long& n, long by) { n += by; }, add(1));
          break;
        case 1: {
          std::vector<std::string> keys;
          for (std::size_t k = draw_.below(20); k != 0; --k) keys.push_back(shared());
          const long by = 1 + static_cast<long>(draw_.below(3));
          const std::vector<long> after =
              co_await map_.upsert_each(keys, [by](long& n, const std::string&) { return n += by; });
          add(by * static_cast<long>(keys.size()));
          expect(after.size() == keys.size());
          break;
        }
        case 2:
          co_await write_own();
          break;
        case 3:
          co_await look_at_own();
          break;
        case 4:
          co_await look_at_many();
          break;
        case 5: {
          const std::size_t k = draw_.below(own_keys);
          const std::string key = name("own", number_, k);
          const std::optional<long> out = co_await map_.extract(key);
          expect(out == known(k));
          mine_.erase(k);
          break;
        }
        case 6:
          report_.claimed += co_await set_.insert(draw_.below(claims));
          break;
        case 7: {
          std::vector<std::size_t> some;
          for (std::size_t k = draw_.below(30); k != 0; --k) some.push_back(draw_.below(claims));
          for (const bool fresh : co_await set_.insert_each(some)) report_.claimed += fresh;
          break;
        }
        default: {
          const map copy = map_;  // and drop it, with something under way
          const auto [n, there] = co_await trust::when_all(copy.size(), copy.contains(shared()));
          expect(n <= shared_keys + 16 * own_keys);
          static_cast<void>(there);
        }
      }
    }
    co_await check_all();
    co_return report_;
  }

 private:
  [[nodiscard]] std::string shared() { return name("shared", 0, draw_.below(shared_keys)); }
  long add(long n) {
    report_.added += n;
    return n;
  }
  void expect(bool right) { report_.wrong += right ? 0 : 1; }
  [[nodiscard]] std::optional<long> known(std::size_t k) const {
    const auto it = mine_.find(k);
    return it != mine_.end() ? std::optional{it->second} : std::nullopt;
  }

  trust::task<> write_own() {
    const std::size_t k = draw_.below(own_keys);
    const long value = static_cast<long>(draw_.below(1'000'000));
    const std::string key = name("own", number_, k);
    switch (draw_.below(4)) {
      case 0: {
        const bool fresh = co_await map_.insert_or_assign(key, value);
        expect(fresh != known(k).has_value());
        mine_[k] = value;
        break;
      }
      case 1: {
        const bool fresh = co_await map_.insert(key, value);
        expect(fresh == mine_.try_emplace(k, value).second);
        break;
      }
      case 2: {
        const std::optional<long> before =
            co_await map_.update(key, [value](long& n) { return std::exchange(n, value); });
        expect(before == known(k));
        if (before) mine_[k] = value;
        break;
      }
      default: {
        const bool erased = co_await map_.erase(key);
        expect(erased == (mine_.erase(k) == 1));
      }
    }
  }

  trust::task<> look_at_own() {
    const std::size_t k = draw_.below(own_keys);
    const std::optional<long> found = co_await map_.find(name("own", number_, k));
    expect(found == known(k));
  }

  trust::task<> look_at_many() {
    std::vector<std::string> keys;
    std::vector<std::optional<long>> want;
    for (std::size_t i = draw_.below(2 * own_keys); i != 0; --i) {
      const std::size_t k = draw_.below(own_keys);
      keys.push_back(name("own", number_, k));
      want.push_back(known(k));
    }
    const auto found = co_await map_.find_each(keys);
    expect(found == want);
  }

  trust::task<> check_all() {
    for (std::size_t k = 0; k < own_keys; ++k) {
      const std::optional<long> found = co_await map_.find(name("own", number_, k));
      expect(found == known(k));
    }
  }

  map map_;
  set set_;
  std::size_t number_;
  dice draw_;
  std::map<std::size_t, long> mine_;
  report report_;
};

trust::task<report> live(map m, set s, std::size_t number, std::uint64_t seed, unsigned rounds) {
  client c{std::move(m), std::move(s), number, seed};
  co_return co_await c.run(rounds);
}

/// A foreign thread's share of the same: it stands still for each call.
report live_outside(const map& m, const set& s, std::uint64_t seed, unsigned rounds) {
  dice draw{seed};
  report r;
  for (unsigned i = 0; i < rounds; ++i) {
    const std::string key = name("shared", 0, draw.below(shared_keys));
    switch (draw.below(4)) {
      case 0:
        static_cast<void>(m.upsert(key, [](long& n) { return ++n; }).get());
        ++r.added;
        break;
      case 1:
        m.upsert_each(std::vector<std::string>(5, key), [](long& n, const std::string&) { ++n; }).get();
        r.added += 5;
        break;
      case 2:
        r.claimed += s.insert(draw.below(claims)).get() ? 1 : 0;
        break;
      default:
        r.wrong += m.size().get() > shared_keys + 16 * own_keys ? 1 : 0;
    }
  }
  return r;
}

void play(trust::options o, unsigned rounds) {
  const std::uint64_t seed = seed_of_this_run("sharded_map");
  o.workers = workers;
  o.pin = trust::pinning::none;
  o.stall_report = 0ms;
  trust::runtime rt{o};
  const watchdog guard{"random clients of a sharded map", 55s, &rt};
  const map m{rt, trust::named("counts")};
  const set s{rt};
  dice draw{seed};
  std::vector<trust::task_handle<report>> inside;
  for (std::size_t i = 0; i < 12; ++i)
    inside.push_back(rt.spawn(trust::on(i % workers), live, m, s, i, draw(), rounds));
  std::array<report, 2> others;
  std::vector<std::thread> outside;
  for (report& r : others) outside.emplace_back([&, from = draw()] { r = live_outside(m, s, from, rounds / 8); });
  for (auto& t : outside) t.join();
  std::vector<report> all(others.begin(), others.end());
  for (auto& t : inside) all.push_back(t.get());
  report sum;
  for (const report& r : all) {
    sum.added += r.added;
    sum.claimed += r.claimed;
    sum.wrong += r.wrong;
  }
  CHECK(sum.wrong == 0);
  std::vector<std::string> keys;
  for (std::size_t k = 0; k < shared_keys; ++k) keys.push_back(name("shared", 0, k));
  long total = 0;
  for (const std::optional<long>& n : m.find_each(keys).get()) total += n.value_or(0);
  CHECK(total == sum.added);
  CHECK(static_cast<long>(s.size().get()) == sum.claimed);
}

}  // namespace

TEST_CASE("random clients of one map and one set find what they must") { play({}, effort(3000, 150'000)); }
TEST_CASE("the same through lanes of two granules, in shuffled order, without the shortcut") {
  play({.lane_capacity = 2, .shortcut = false, .shuffle = 7}, effort(1500, 75'000));
}
