// SPDX-License-Identifier: MIT
// scale: what happens as cores are added, each of them client and trustee?
//
// N workers on N cores with one counter each; every worker has 64 callers, which go through all counters in turn.
// Rivals are N threads that go through N atomic words, or N longs each behind a std::mutex, in the same way. On a
// machine with two CPUs the largest N is 2.
#include "support/crowd.hpp"
#include "support/locks.hpp"
#include "support/session.hpp"

#include <atomic>
#include <memory>

namespace {

using bench::measured;

struct alignas(128) word {
  std::atomic<long> value{0};
};

measured by_atomics(std::size_t n, long operations) {
  std::vector<word> all(n);
  const long each = std::max(operations / static_cast<long>(n), 1L);
  const auto took = bench::together(n, [&](std::size_t me) {
    std::size_t at = me;
    for (long i = 0; i < each; ++i) {
      all[at].value.fetch_add(1);
      if (++at == n) at = 0;
    }
  });
  long sum = 0;
  for (auto& w : all) sum += w.value.load();
  bench::check("atomics", sum, each * static_cast<long>(n));
  return {.operations = static_cast<double>(sum), .ns = took.ns};
}

measured by_mutexes(std::size_t n, long operations) {
  std::vector<bench::guarded_by<bench::mutex_lock, long>> all(n);
  const long each = std::max(operations / static_cast<long>(n), 1L);
  const auto took = bench::together(n, [&](std::size_t me) {
    std::size_t at = me;
    bench::no_node none;
    for (long i = 0; i < each; ++i) {
      all[at].lock.lock(none);
      ++all[at].value;
      all[at].lock.unlock(none);
      if (++at == n) at = 0;
    }
  });
  long sum = 0;
  for (auto& c : all) sum += c.value;
  bench::check("mutexes", sum, each * static_cast<long>(n));
  return {.operations = static_cast<double>(sum), .ns = took.ns};
}

measured by_remotes(trust::runtime& rt, long operations) {
  constexpr std::size_t in_flight = 64;
  const std::size_t n = rt.workers();
  std::vector<trust::remote<long>> all;
  for (std::size_t w = 0; w < n; ++w) all.push_back(rt.entrust(trust::on(w), 0L));
  const auto clients = static_cast<long>(n * in_flight);
  const long each = std::max(operations / clients, 1L);
  const double ns = bench::crowd::run(rt, 0, n, in_flight, each, [&](long times) -> trust::task<void> {
    std::size_t at = trust::this_worker().index();
    for (long i = 0; i < times; ++i) {
      co_await all[at].apply([](long& x) { ++x; });
      if (++at == n) at = 0;
    }
  });
  long sum = 0;
  for (auto& r : all) sum += r.extract().get();
  bench::check("remotes", sum, each * clients);
  return {.operations = static_cast<double>(sum), .ns = ns};
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "scale"};
  std::vector<std::unique_ptr<trust::runtime>> runtimes;
  const std::size_t most = bench::cpus().size();
  std::vector<std::size_t> sizes;
  for (std::size_t n = 1; n < most; n *= 2) sizes.push_back(n);
  sizes.push_back(most);
  for (std::size_t n : sizes) {
    const std::string at = "/cores:" + std::to_string(n);
    runtimes.push_back(std::make_unique<trust::runtime>(bench::pinned(n)));
    trust::runtime& rt = *runtimes.back();
    s.add("scale/atomic" + at, [n](long k) { return by_atomics(n, k); });
    s.add("scale/mutex" + at, [n](long k) { return by_mutexes(n, k); });
    s.add("scale/remote_apply" + at, [&rt](long k) { return by_remotes(rt, k); });
  }
  s.note("nanoseconds are of the whole: time divided by the operations of all cores together");
  return s.run();
}
