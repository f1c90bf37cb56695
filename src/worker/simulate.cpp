// SPDX-License-Identifier: MIT
// The simulation's turns: all workers live on the calling thread. Seed 0: they take turns in a fixed order, and the clock stands still while
// anybody has anything to do. With a seed: one of them makes a drawn part of a pass. When nobody can do anything the clock jumps to what is
// due next.

#include "worker/simulation.hpp"
#include <trust/base/here.hpp>
#include <trust/worker/core.hpp>

#include <algorithm>
#include <utility>

namespace trust::worker {
namespace {

constexpr std::size_t most_busy_rounds = 5'000;  // of the grace
constexpr unsigned most_idle_turns = 1000;       // of the end, until it is taken for stuck
constexpr unsigned rounds_of_the_end = 8;        // that may find it quiet (see ending.cpp) before time passes

}  // namespace

void core::start_simulated() {
  why_ = "simulated: " + std::to_string(options_.workers) + " workers on the calling thread, a virtual clock\n";
  prepare_ports(options_.workers);
  for (std::size_t i = 0; i < workers_; ++i) loops_[i] = std::make_unique<loop>(*this, ports_.first[i]);
}

time_point core::virtual_now() const noexcept { return simulation_->now(); }

std::uint64_t core::trace_hash() const noexcept { return is_simulated() ? simulation_->hash() : 0; }

std::chrono::nanoseconds core::draw_duration() noexcept {
  return std::chrono::nanoseconds{simulation_->draws() ? simulation_->chance().below(1'000'000) : 0};
}

base::chance* core::chance_of_simulation() noexcept {
  return is_simulated() && simulation_->draws() ? &simulation_->chance() : nullptr;
}

void core::ask_to_stop(std::size_t i, coro::root& task) noexcept {
  base::seat* const outer = std::exchange(base::here, loops_[i].get());
  task.request_stop();
  base::here = outer;
  simulation_->nobody_is_idle();
}

bool core::simulate_once() {
  if (simulation_->exhausted() && phase.get() == running) return false;
  if (simulation_->stop_at() <= simulation_->now()) {
    simulation_->stops();
    request_stop();
  }
  return simulation_->draws() ? turn_as_drawn() : turn_in_order();
}

bool core::turn_in_order() {
  bool worked = false;
  base::seat* const outer = base::here;
  for (const auto& l : loops_) {
    if (l->has_left()) continue;
    base::here = l.get();
    const std::uint64_t before = l->work_done();
    worked |= l->step(true);
    if (const std::uint64_t n = l->work_done() - before; n != 0)
      simulation_->happened(happening::passed, l->face().index, n);
    simulation_->counts_a_pass();
  }
  base::here = outer;
  if (!worked) return let_time_pass();
  end_endless_grace(1);
  return true;
}

bool core::turn_as_drawn() {
  const std::size_t i = simulation_->choose([&](std::size_t k, bool idle, bool knows_of_letters) {
    const bool new_letters = !knows_of_letters && !ports_.first[k].mail.empty();  // from foreign threads too
    return !loops_[k]->has_left() && (!idle || new_letters);
  });
  if (i == workers_) return let_time_pass();
  if (phase.get() >= ending_tasks) simulation_->calm_down();
  base::seat* const outer = std::exchange(base::here, loops_[i].get());
  const bool worked = loops_[i]->pass_as_drawn(*simulation_);
  base::here = outer;
  simulation_->counts_a_pass();
  if (worked) {
    simulation_->worked(i);
    end_endless_grace(4 * workers_);
  } else {
    simulation_->idles(i, loops_[i]->next_due(simulation_->now()), !ports_.first[i].mail.empty());
  }
  return true;
}

/// A task that is deaf to its stop token and never waits would hold the clock, and with it the end, for ever.
void core::end_endless_grace(std::size_t turns_a_round) {
  if (phase.get() == stopping && ++simulation_->busy_turns == most_busy_rounds * turns_a_round)
    simulation_->jump(grace_over_);
}

/// Nobody has anything to do now.
bool core::let_time_pass() {
  const bool ending = phase.get() != running;
  time_point next = std::min(simulation_->next_to_go_on(), simulation_->stop_at());
  simulation_->nobody_is_idle();
  if (ending && simulation_->draws() && ++simulation_->quiet_turns % rounds_of_the_end != 0) return true;
  if (!simulation_->draws()) {
    for (const auto& l : loops_) next = std::min(next, l->next_due(simulation_->now()));
  }
  if (phase.get() == stopping && grace_over_ > simulation_->now()) next = std::min(next, grace_over_);
  if (next == time_point::max()) return ending && !all_left() && ++simulation_->idle_turns < most_idle_turns;
  simulation_->idle_turns = 0;
  simulation_->jump(next);
  return true;
}

}  // namespace trust::worker
