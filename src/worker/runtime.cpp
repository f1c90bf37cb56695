// SPDX-License-Identifier: MIT
// The runtime's face: it holds the core, and ends it.

#include "worker/simulation.hpp"
#include <trust/worker/runtime.hpp>

namespace trust {
namespace {

options options_of(const simulated& s) {
  if (s.workers == 0) base::raise(error{errc::bad_option, "simulated.workers must be at least 1"});
  if (s.delay.count() < 0 || s.slow.count() < 0 || s.stop_within.count() < 0)
    base::raise(
        error{errc::bad_option, "simulated.delay, slow and stop_within are spans of time, which are not negative"});
  options o;
  o.workers = s.workers;
  o.lane_capacity = s.lane_capacity != 0 ? s.lane_capacity : worker::simulation::lane_capacity_of(s.seed);
  o.dedicated = s.dedicated;
  o.shortcut = s.shortcut;
  o.blocking_threads = s.blocking_threads;
  o.blocking_queue = s.blocking_queue;
  o.lane_weights = s.lane_weights;
  o.backlog = s.backlog;
  o.grace = s.grace;
  o.on_error = s.on_error;
  o.log = s.log;
  o.stall_report = std::chrono::nanoseconds{0};
  return o;
}

}  // namespace

runtime::runtime() : runtime{options{}} {}
runtime::runtime(const options& o) : core_{new worker::core{o, nullptr, *this}} {}
runtime::runtime(const simulated& s) : core_{new worker::core{options_of(s), &s, *this}} {}

runtime::~runtime() {
  if (!core_->forked()) {
    if (worker::here() != nullptr) {
      base::fatal(
          "a runtime was destroyed on a worker, which would wait for itself; destroy it on a thread that is no worker");
    }
    static_cast<void>(core_->stop(time_point::max()));
  }
  core_->drop();
}

void runtime::request_stop() noexcept { core_->request_stop(); }

bool runtime::stop(time_point deadline) {
  if (worker::here() != nullptr) {
    core_->request_stop();
    return false;
  }
  return core_->stop(deadline);
}

std::size_t runtime::workers() const noexcept { return core_->workers(); }

worker_metrics runtime::metrics(std::size_t worker) const noexcept {
  const worker::counters& c = core_->at(worker).count;
  return {c.parks.read(),        c.spurious.read(), c.rung.read(),   c.served.read(),
          c.lanes_polled.read(), c.passes.read(),   c.unheard.read()};
}

trust::blocking_metrics runtime::blocking_metrics() const { return core_->blocking_pool().metrics(); }

std::uint64_t runtime::trace_hash() const noexcept { return core_->trace_hash(); }

std::string runtime::describe() const { return core_->describe(); }

void runtime::dump(int fd) const { core_->dump(fd); }

runtime& this_runtime() {
  if (worker::here() == nullptr) base::raise(error{errc::no_worker, "this_runtime() on a thread that is no worker"});
  return worker::here()->home().owner();
}

}  // namespace trust
