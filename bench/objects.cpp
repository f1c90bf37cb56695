// SPDX-License-Identifier: MIT
// objects: from how many objects on do locks win?
//
// 1 to 65536 objects of a cache line each; an operation reads one or adds to it. Keys are uniform or Zipf 0.99, 5, 50
// or 100 per cent are writes. Rivals: a mutex per object, 64 striped mutexes, a shared_mutex per object, a spin lock
// per object, oneTBB's concurrent_hash_map; two threads. Delegation: one remote per object, on both workers in turn, 64 callers on each worker. With
// one object everybody contends; with very many hardly anybody meets, and a lock costs what an uncontended one costs.
#include "support/crowd.hpp"
#include "support/keys.hpp"
#include "support/locks.hpp"
#include "support/session.hpp"

#include <memory>
#include <numeric>
#include <shared_mutex>
#if defined(BENCH_WITH_TBB)
#include <tbb/concurrent_hash_map.h>
#endif

namespace {

using bench::measured;

template <class Lock> struct alignas(64) locked {
  Lock lock;
  long value = 0;
};

constexpr std::size_t second_start = bench::keys::length / 2;

// Two threads; access(draw) returns what was read. The sum of all values is checked against the writes drawn.
template <class Access, class Sum>
measured by_threads(const bench::keys& keys, long operations, Access access, Sum sum) {
  const long each = operations / 2;
  const long before = sum();
  const auto took = bench::together(2, [&](std::size_t side) {
    const std::size_t from = side * second_start;
    long read = 0;
    for (long i = 0; i < each; ++i) read += access(keys.at(from + static_cast<std::size_t>(i)));
    asm volatile("" : : "r"(read));
  });
  bench::check("objects", sum() - before, keys.writes(0, each) + keys.writes(second_start, each));
  return {.operations = static_cast<double>(each * 2), .ns = took.ns};
}

template <class Lock, std::size_t Stripes> class with_locks {
 public:
  explicit with_locks(std::size_t objects) : all_(objects), stripes_(Stripes) {}
  measured run(const bench::keys& keys, long operations) {
    return by_threads(
        keys, operations,
        [this](const bench::keys::draw& d) {
          Lock& lock = Stripes == 0 ? all_[d.object].lock : stripes_[d.object % std::max<std::size_t>(Stripes, 1)].lock;
          typename Lock::node mine;
          lock.lock(mine);
          const long found = d.writes ? ++all_[d.object].value : all_[d.object].value;
          lock.unlock(mine);
          return found;
        },
        [this] {
          return std::accumulate(all_.begin(), all_.end(), 0L, [](long s, const auto& x) { return s + x.value; });
        });
  }

 private:
  std::vector<locked<Lock>> all_;
  std::vector<locked<Lock>> stripes_;
};

class with_shared_mutex {
 public:
  explicit with_shared_mutex(std::size_t objects) : all_(objects) {}
  measured run(const bench::keys& keys, long operations) {
    return by_threads(
        keys, operations,
        [this](const bench::keys::draw& d) {
          auto& x = all_[d.object];
          if (d.writes) {
            const std::unique_lock held{x.lock};
            return ++x.value;
          }
          const std::shared_lock held{x.lock};
          return x.value;
        },
        [this] {
          return std::accumulate(all_.begin(), all_.end(), 0L, [](long s, const auto& x) { return s + x.value; });
        });
  }

 private:
  std::vector<locked<std::shared_mutex>> all_;
};

#if defined(BENCH_WITH_TBB)
class with_hash_map {
 public:
  explicit with_hash_map(std::size_t objects) {
    for (std::uint32_t i = 0; i < objects; ++i) all_.emplace(i, 0L);
  }
  measured run(const bench::keys& keys, long operations) {
    return by_threads(
        keys, operations,
        [this](const bench::keys::draw& d) {
          if (d.writes) {
            map::accessor found;
            all_.find(found, d.object);
            return ++found->second;
          }
          map::const_accessor found;
          all_.find(found, d.object);
          return found->second;
        },
        [this] {
          return std::accumulate(all_.begin(), all_.end(), 0L, [](long s, const auto& x) { return s + x.second; });
        });
  }

 private:
  using map = tbb::concurrent_hash_map<std::uint32_t, long>;
  map all_;
};
#endif

class with_remotes {
 public:
  with_remotes(trust::runtime& rt, std::size_t objects) : rt_{rt} {
    for (std::size_t i = 0; i < objects; ++i) all_.push_back(rt.entrust(trust::on(i % 2), 0L));
  }
  measured run(const bench::keys& keys, long operations) {
    constexpr std::size_t in_flight = 64;
    const long each = std::max(operations / static_cast<long>(2 * in_flight), 1L);
    std::atomic<std::size_t> clients{0};
    const long before = sum();
    const double waited = bench::waited_ns();
    const double ns = bench::crowd::run(rt_, 0, 2, in_flight, each, [&](long times) -> trust::task<void> {
      const std::size_t from = start_of(clients.fetch_add(1));
      for (long i = 0; i < times; ++i) {
        const auto& d = keys.at(from + static_cast<std::size_t>(i));
        if (d.writes) {
          co_await all_[d.object].apply([](long& n) { return ++n; });
        } else {
          co_await all_[d.object].with([](const long& n) { return n; });
        }
      }
    });
    const double waited_then = bench::waited_ns() - waited;  // taking the sums, 65536 calls, is not part of it
    long wanted = 0;
    for (std::size_t c = 0; c < 2 * in_flight; ++c) wanted += keys.writes(start_of(c), each);
    bench::check("remotes", sum() - before, wanted);
    return {.operations = static_cast<double>(each) * 2 * in_flight, .ns = ns, .waited = waited_then};
  }

 private:
  static std::size_t start_of(std::size_t client) { return client * 509; }
  [[nodiscard]] long sum() {
    return rt_.block_on([&]() -> trust::task<long> {
      long total = 0;
      for (auto& r : all_) total += co_await r.with([](const long& n) { return n; });
      co_return total;
    });
  }
  trust::runtime& rt_;
  std::vector<trust::remote<long>> all_;
};

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "objects"};
  trust::runtime rt{bench::pinned()};
  for (std::size_t objects : {1u, 16u, 1024u, 65536u}) {
    const auto mutexes = std::make_shared<with_locks<bench::mutex_lock, 0>>(objects);
    const auto striped = std::make_shared<with_locks<bench::mutex_lock, 64>>(objects);
    const auto spins = std::make_shared<with_locks<bench::ttas_lock, 0>>(objects);
    const auto shared = std::make_shared<with_shared_mutex>(objects);
#if defined(BENCH_WITH_TBB)
    const auto hashed = std::make_shared<with_hash_map>(objects);
#endif
    const auto remotes = std::make_shared<with_remotes>(rt, objects);
    for (bool zipf : {false, true})
      for (unsigned writes : {5u, 50u, 100u}) {
        const auto keys = std::make_shared<bench::keys>(objects, zipf, writes);
        const std::string at = "/objects:" + std::to_string(objects) + (zipf ? "/keys:zipf" : "/keys:uniform") +
                               "/writes:" + std::to_string(writes);
        s.add("objects/mutex_each" + at, [=](long n) { return mutexes->run(*keys, n); });
        s.add("objects/mutex_striped" + at, [=](long n) { return striped->run(*keys, n); });
        s.add("objects/shared_mutex_each" + at, [=](long n) { return shared->run(*keys, n); });
        s.add("objects/spin_lock_each" + at, [=](long n) { return spins->run(*keys, n); });
#if defined(BENCH_WITH_TBB)
        s.add("objects/tbb_hash_map" + at, [=](long n) { return hashed->run(*keys, n); });
#endif
        s.add("objects/remote_each" + at, [=](long n) { return remotes->run(*keys, n); });
      }
  }
#if !defined(BENCH_WITH_TBB)
  s.note("oneTBB is not here: no row for its concurrent_hash_map");
#endif
  s.note("two threads: no third party can contend");
  return s.run();
}
