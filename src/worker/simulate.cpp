// SPDX-License-Identifier: MIT
// The simulation: all workers take turns on the calling thread, in a fixed order or, with a seed, in one drawn from it. The clock stands
// still while anybody has anything to do, and then jumps to what is due next.

#include <trust/base/here.hpp>
#include <trust/worker/core.hpp>

#include <algorithm>
#include <utility>

namespace trust::worker {
namespace {

constexpr unsigned most_busy_turns = 20'000;  // of the grace

}  // namespace

void core::start_simulated() {
  virtual_now_ =
      time_point{std::chrono::hours{24}};  // any begin will do, but not one at which subtracting hours underflows
  why_ = "simulated: " + std::to_string(options_.workers) + " workers on the calling thread, a virtual clock\n";
  prepare_ports(options_.workers);
  for (std::size_t i = 0; i < workers_; ++i) loops_[i] = std::make_unique<loop>(*this, ports_.first[i]);
}

std::uint64_t core::draw() noexcept {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_;
}

std::chrono::nanoseconds core::draw_duration() noexcept { return std::chrono::nanoseconds{draw() % 1'000'000}; }

bool core::simulate_once() {
  const std::size_t n = loops_.size();
  const std::size_t first = draw() % n;
  bool worked = false;
  base::seat* const outer = base::here;
  for (std::size_t k = 0; k < n; ++k) {
    loop& l = *loops_[(first + k) % n];
    if (l.has_left()) continue;
    base::here = &l;
    worked |= l.step(true);
  }
  base::here = outer;
  if (worked) {
    // A task that is deaf to its stop token and never waits would hold the clock, and with it the end, for ever.
    if (phase.get() == stopping && ++busy_turns_ == most_busy_turns) virtual_now_ = std::max(virtual_now_, grace_over_);
    return true;
  }
  time_point next = time_point::max();
  for (const auto& l : loops_) {
    if (!l->timers.empty()) next = std::min(next, l->timers.next_due());
  }
  if (phase.get() == stopping && grace_over_ != time_point{}) next = std::min(next, grace_over_);
  if (next == time_point::max()) return phase.get() != running && !all_left() && ++idle_turns_ < 1000;
  idle_turns_ = 0;
  virtual_now_ = std::max(virtual_now_, next);
  return true;
}

}  // namespace trust::worker
