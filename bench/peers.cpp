// SPDX-License-Identifier: MIT
// peers: what do clients that are known but silent cost the one that is active?
//
// `peers:N` are N clients of one worker, each with a lane to it: one is active, on a core of its own; the others have
// called once and are silent since. They are workers of another runtime, unpinned and parked. `first_call` is a lone call
// of a client that was silent for a while, to a worker that was busy meanwhile and has looked at its lane less and less
// often since (eight sleeping lanes a pass, in turn); its distribution is what says something.
#include "support/crowd.hpp"
#include "support/session.hpp"
#include "support/ticks.hpp"

#include <memory>

namespace {

using bench::measured;

class party {
 public:
  explicit party(std::size_t peers) : host_{bench::pinned()}, hits_{host_.entrust(trust::on(1), 0L)} {
    trust::options o;
    o.workers = std::max<std::size_t>(peers, 2) - 1;
    o.pin = trust::pinning::none;
    o.spin = trust::spinning::park_at_once;
    guests_ = std::make_unique<trust::runtime>(o);
    if (peers < 2) return;
    std::vector<trust::task_handle<void>> calls;
    for (std::size_t w = 0; w < peers - 1; ++w) calls.push_back(guests_->spawn(trust::on(w), one_call, hits_));
    for (auto& c : calls) c.get();
  }

  measured active(std::size_t in_flight, long operations) {
    auto counter = host_.entrust(trust::on(1), 0L);
    const long each = std::max(operations / static_cast<long>(in_flight), 1L);
    const double ns = bench::crowd::run(host_, 0, 1, in_flight, each, [&](long times) -> trust::task<void> {
      for (long i = 0; i < times; ++i) co_await counter.apply([](long& n) { ++n; });
    });
    const long done = each * static_cast<long>(in_flight);
    bench::check("peers", counter.extract().get(), done);
    return {.operations = static_cast<double>(done), .ns = ns};
  }

  measured first_call(long operations) {
    using namespace std::chrono_literals;
    constexpr auto silence = 60us;  // a lane sleeps after 64 passes, which take a few microseconds
    std::vector<float> samples;
    samples.reserve(static_cast<std::size_t>(operations));
    auto counter = host_.entrust(trust::on(1), 0L);
    bool over = false;
    const auto rate = static_cast<float>(bench::ns_of_tick());
    const auto begin = bench::clock::now();
    host_.block_on([&]() -> trust::task<void> {
      auto busy = host_.spawn(trust::on(1), keep_passing, trust::unchecked(&over));
      for (long i = 0; i < operations; ++i) {
        co_await trust::sleep_for(silence);
        const std::uint64_t then = bench::ticks();
        co_await counter.apply([](long& n) { ++n; });
        samples.push_back(static_cast<float>(bench::ticks() - then) * rate);
      }
      co_await counter.apply([&over](long&) { over = true; });  // on the worker whose task looks at it
      co_await busy;
    });
    const double ns = bench::ns_between(begin, bench::clock::now());
    bench::check("first call", counter.extract().get(), operations);
    return {.operations = static_cast<double>(operations), .ns = ns, .samples = std::move(samples)};
  }

 private:
  static trust::task<void> keep_passing(const bool* over) {
    while (!*over) co_await trust::yield();
  }
  static trust::task<void> one_call(trust::remote<long> hits) {
    co_await hits.apply([](long& n) { ++n; });
  }

  trust::runtime host_;
  trust::remote<long> hits_;
  std::unique_ptr<trust::runtime> guests_;
};

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "peers"};
  std::vector<std::unique_ptr<party>> parties;
  for (std::size_t peers : {1u, 8u, 64u, 512u}) {
    parties.push_back(std::make_unique<party>(peers));
    party& p = *parties.back();
    for (std::size_t k : {1u, 64u})
      s.add("peers/remote_apply/peers:" + std::to_string(peers) + "/inflight:" + std::to_string(k),
            [&p, k](long n) { return p.active(k, n); });
    s.add("peers/first_call/peers:" + std::to_string(peers), [&p](long n) { return p.first_call(n); });
  }
  for (const char* k : {"1", "64"})
    s.demand_of({std::string{"512 clients known, one active, "} + k + " in flight, against one known",
                 std::string{"peers/remote_apply/peers:512/inflight:"} + k,
                 std::string{"peers/remote_apply/peers:1/inflight:"} + k, bench::demand::within, 1.2, 1.2});
  return s.run();
}
