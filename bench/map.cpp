// SPDX-License-Identifier: MIT
// map: what does an operation on a large shared hash map cost?
//
// 1024, 65536 and 1048576 keys of 64 scattered bits; an operation reads a value or adds to it. Keys are uniform or Zipf
// 0.99, 5 or 50 per cent are writes. Rivals: oneTBB's concurrent_hash_map, and 64 maps of the standard library with a
// mutex each; two threads. Delegation: a sharded_map on both workers, which are its clients too, 64 coroutines on each:
// single operations (`single`), or batches of 64 keys, one at a time on each worker (`batched:1`) or eight
// (`batched:8`). A rival has no batches: what it does 64 times is what it costs 64 times.
#include "support/crowd.hpp"
#include "support/keys.hpp"
#include "support/session.hpp"

#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <unordered_map>
#if defined(BENCH_WITH_TBB)
#include <tbb/concurrent_hash_map.h>
#endif

namespace {

using bench::measured;

struct request {
  std::uint64_t key = 0;
  bool writes = false;
};

[[nodiscard]] std::uint64_t scattered(std::uint64_t i) noexcept {
  i = (i ^ (i >> 30)) * 0xbf58476d1ce4e5b9u;
  i = (i ^ (i >> 27)) * 0x94d049bb133111ebu;
  return i ^ (i >> 31);
}

/// What all clients do: a long list that each walks from a place of its own.
class requests {
 public:
  static constexpr std::size_t length = bench::keys::length;
  requests(std::size_t objects, bool zipf, unsigned percent_writes) : all_(length) {
    const bench::keys drawn{objects, zipf, percent_writes};
    for (std::size_t i = 0; i < length; ++i) all_[i] = {scattered(drawn.at(i).object), drawn.at(i).writes};
  }
  [[nodiscard]] const request& at(std::size_t i) const noexcept { return all_[i % length]; }
  /// n of them from i on; i and n divide the length.
  [[nodiscard]] std::span<const request> batch(std::size_t i, std::size_t n) const {
    return std::span{all_}.subspan(i % length, n);
  }
  [[nodiscard]] long writes(std::size_t first, long n) const {
    long found = 0;
    for (long i = 0; i < n; ++i) found += at(first + static_cast<std::size_t>(i)).writes ? 1 : 0;
    return found;
  }

 private:
  std::vector<request> all_;
};

// Two threads; access(request) returns what it found. The sum of all values is checked against the writes.
template <class Access, class Sum> measured by_threads(const requests& todo, long operations, Access access, Sum sum) {
  constexpr std::size_t second_start = requests::length / 2;
  const long each = operations / 2;
  const long before = sum();
  const auto took = bench::together(2, [&](std::size_t side) {
    const std::size_t from = side * second_start;
    long read = 0;
    for (long i = 0; i < each; ++i) read += access(todo.at(from + static_cast<std::size_t>(i)));
    asm volatile("" : : "r"(read));
  });
  bench::check("map", sum() - before, todo.writes(0, each) + todo.writes(second_start, each));
  return {.operations = static_cast<double>(each * 2), .ns = took.ns};
}

class striped_map {
 public:
  explicit striped_map(std::size_t objects) {
    for (std::size_t i = 0; i < objects; ++i) stripe_of(scattered(i)).map.emplace(scattered(i), 0L);
  }
  measured run(const requests& todo, long operations) {
    return by_threads(
        todo, operations,
        [this](const request& r) {
          stripe& s = stripe_of(r.key);
          const std::lock_guard held{s.lock};
          const auto found = s.map.find(r.key);
          return r.writes ? ++found->second : found->second;
        },
        [this] {
          long total = 0;
          for (const auto& s : stripes_)
            for (const auto& [key, value] : s.map) total += value;
          return total;
        });
  }

 private:
  struct alignas(64) stripe {
    std::mutex lock;
    std::unordered_map<std::uint64_t, long> map;
  };
  [[nodiscard]] stripe& stripe_of(std::uint64_t key) noexcept { return stripes_[(key >> 32) % stripes_.size()]; }
  std::vector<stripe> stripes_ = std::vector<stripe>(64);
};

#if defined(BENCH_WITH_TBB)
class tbb_map {
 public:
  explicit tbb_map(std::size_t objects) {
    for (std::size_t i = 0; i < objects; ++i) all_.emplace(scattered(i), 0L);
  }
  measured run(const requests& todo, long operations) {
    return by_threads(
        todo, operations,
        [this](const request& r) {
          if (r.writes) {
            map::accessor found;
            all_.find(found, r.key);
            return ++found->second;
          }
          map::const_accessor found;
          all_.find(found, r.key);
          return found->second;
        },
        [this] {
          return std::accumulate(all_.begin(), all_.end(), 0L, [](long s, const auto& x) { return s + x.second; });
        });
  }

 private:
  using map = tbb::concurrent_hash_map<std::uint64_t, long>;
  map all_;
};
#endif

class with_sharded_map {
 public:
  static constexpr std::size_t batch = 64;

  with_sharded_map(trust::runtime& rt, std::size_t objects) : rt_{rt}, map_{rt} {
    std::vector<std::pair<std::uint64_t, long>> all;
    for (std::size_t i = 0; i < objects; ++i) all.emplace_back(scattered(i), 0L);
    static_cast<void>(map_.insert_each(std::move(all)).get());
  }

  measured single(const requests& todo, long operations) {
    constexpr std::size_t in_flight = 64;
    const long each = std::max(operations / static_cast<long>(2 * in_flight), 1L);
    return measure(todo, in_flight, each, 509, [&](std::size_t from, long times) -> trust::task<void> {
      for (long i = 0; i < times; ++i) {
        const request& r = todo.at(from + static_cast<std::size_t>(i));
        if (r.writes) {
          co_await map_.update(r.key, [](long& n) { return ++n; });
        } else {
          co_await map_.find(r.key);
        }
      }
    });
  }

  measured batched(const requests& todo, std::size_t in_flight, long operations) {
    const long batches = std::max(operations / static_cast<long>(2 * in_flight * batch), 1L);
    return measure(todo, in_flight, batches * static_cast<long>(batch), 8 * batch,
                   [&](std::size_t from, long times) -> trust::task<void> {
                     for (std::size_t at = from; at < from + static_cast<std::size_t>(times); at += batch) {
                       const auto found = co_await map_.update_each(todo.batch(at, batch), use, &request::key);
                       asm volatile("" : : "r"(found.data()));
                     }
                   });
  }

 private:
  static long use(long& n, const request& r) { return r.writes ? ++n : n; }

  /// `in_flight` clients on each worker, client c begins at c * apart.
  template <class Body>
  measured measure(const requests& todo, std::size_t in_flight, long each, std::size_t apart, Body body) {
    std::atomic<std::size_t> clients{0};
    const long before = sum();
    const double waited = bench::waited_ns();
    const double ns = bench::crowd::run(rt_, 0, 2, in_flight, each, [&](long times) -> trust::task<void> {
      return body(clients.fetch_add(1) * apart, times);
    });
    const double waited_then = bench::waited_ns() - waited;  // taking the sums is not part of it
    long wanted = 0;
    for (std::size_t c = 0; c < 2 * in_flight; ++c) wanted += todo.writes(c * apart, each);
    bench::check("sharded_map", sum() - before, wanted);
    return {
        .operations = static_cast<double>(each) * 2 * static_cast<double>(in_flight), .ns = ns, .waited = waited_then};
  }
  [[nodiscard]] long sum() {
    std::atomic<long> total{0};
    map_.for_each([&total](const std::uint64_t&, const long& n) { total.fetch_add(n, std::memory_order_relaxed); })
        .get();
    return total;
  }

  trust::runtime& rt_;
  trust::sharded_map<std::uint64_t, long> map_;
};

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "map"};
  trust::runtime rt{bench::pinned()};
  for (std::size_t objects : {1024u, 65536u, 1048576u}) {
    const auto striped = std::make_shared<striped_map>(objects);
    const auto sharded = std::make_shared<with_sharded_map>(rt, objects);
#if defined(BENCH_WITH_TBB)
    const auto tbb = std::make_shared<tbb_map>(objects);
#endif
    for (bool zipf : {false, true})
      for (unsigned writes : {5u, 50u}) {
        const auto todo = std::make_shared<requests>(objects, zipf, writes);
        const std::string at = "/objects:" + std::to_string(objects) + (zipf ? "/keys:zipf" : "/keys:uniform") +
                               "/writes:" + std::to_string(writes);
        s.add("map/striped_mutex" + at, [=](long n) { return striped->run(*todo, n); });
#if defined(BENCH_WITH_TBB)
        s.add("map/tbb_hash_map" + at, [=](long n) { return tbb->run(*todo, n); });
#endif
        s.add("map/sharded_map" + at + "/single", [=](long n) { return sharded->single(*todo, n); });
        for (std::size_t k : {1u, 8u}) {
          const std::string row = "map/sharded_map" + at + "/batched:" + std::to_string(k);
          s.add(row, [=](long n) { return sharded->batched(*todo, k, n); });
          if (!zipf || k == 1) continue;
          const std::string what =
              std::to_string(objects) + " keys, zipf, " + std::to_string(writes) + " % writes, batched:8";
          s.demand_of({what + ", against striped mutexes", row, "map/striped_mutex" + at, bench::demand::faster, 2, 2});
#if defined(BENCH_WITH_TBB)
          s.demand_of({what + ", against oneTBB", row, "map/tbb_hash_map" + at, bench::demand::faster, 2, 2});
#endif
        }
      }
  }
#if !defined(BENCH_WITH_TBB)
  s.note("oneTBB is not here: no row for its concurrent_hash_map");
#endif
  s.note("two threads: no third party can contend");
  return s.run();
}
