// SPDX-License-Identifier: MIT
#pragma once
// population: counts everything that a stress test makes, so that nothing can be lost or destroyed twice without being seen.
//
// A `citizen` is a member of whatever is to be counted: objects, captures, results, frames. It knows whether it is alive, so that a second
// destruction, or one of memory that was never built, is counted as such. An `inhabitant` besides checks that it is used and destroyed
// on the worker where it was built. Counts are of one test at a time; any thread.

#include <trust/trust.hpp>

#include <atomic>
#include <cstdint>

namespace tests {

struct population {
  std::atomic<std::int64_t> alive{0};
  std::atomic<std::int64_t> made{0};
  std::atomic<std::int64_t> twice{0};    ///< destroyed, used or copied when it was not alive
  std::atomic<std::int64_t> strayed{0};  ///< an inhabitant was touched on another worker than its own
  void reset() noexcept { alive = made = twice = strayed = 0; }
};

inline population all;

class citizen {
 public:
  citizen() noexcept { born(); }
  citizen(const citizen& o) noexcept {
    o.check();
    born();
  }
  citizen(citizen&& o) noexcept {
    o.check();
    born();
  }
  citizen& operator=(const citizen& o) noexcept {
    o.check();
    check();
    return *this;
  }
  ~citizen() {
    check();
    mark_ = dead;
    all.alive.fetch_sub(1, std::memory_order_relaxed);
  }
  void check() const noexcept {
    if (mark_ != living) all.twice.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint64_t living = 0x11fe11fe11fe11feu;
  static constexpr std::uint64_t dead = 0xdeaddeaddeaddeadu;
  void born() noexcept {
    mark_ = living;
    all.alive.fetch_add(1, std::memory_order_relaxed);
    all.made.fetch_add(1, std::memory_order_relaxed);
  }
  volatile std::uint64_t mark_;
};

/// From its first use on it objects to being used or destroyed on any other worker. What it is moved into is a new one.
class inhabitant : public citizen {
 public:
  inhabitant() noexcept = default;
  inhabitant(inhabitant&& o) noexcept : citizen{static_cast<citizen&&>(o)} {}
  inhabitant& operator=(const inhabitant&) = delete;
  ~inhabitant() {
    if (home_) at_home();
  }
  void at_home() const noexcept {
    check();
    if (!home_) home_ = trust::this_worker();
    if (!home_ || home_ != trust::this_worker()) all.strayed.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  mutable trust::worker_id home_;
};

}  // namespace tests
