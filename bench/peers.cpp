// SPDX-License-Identifier: MIT
// peers: what do clients that are known but silent cost the one that is active?
//
// `peers:N` are N clients of one worker, each with a lane to it: one is active, on a core of its own; the others have
// called once and are silent since. They are workers of another runtime, unpinned and parked.
#include "support/crowd.hpp"
#include "support/session.hpp"

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

 private:
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
  }
  for (const char* k : {"1", "64"})
    s.demand_of({std::string{"512 clients known, one active, "} + k + " in flight, against one known",
                 std::string{"peers/remote_apply/peers:512/inflight:"} + k,
                 std::string{"peers/remote_apply/peers:1/inflight:"} + k, bench::demand::within, 1.2, 1.2});
  s.note("the first call of a sleeping lane is not measured");
  return s.run();
}
