// SPDX-License-Identifier: MIT
// The end as the runtime sees it: who asks for it, how worker 0 moves it on, who waits for it. The workers' part is in ending.cpp.

#include <trust/io/driver.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/pool.hpp>
#include <trust/worker/watch.hpp>

namespace trust::worker {

void core::ring_all() noexcept {
  for (std::size_t i = 0; i < workers_; ++i) {
    port& p = ports_.first[i];
    if (p.parker.after_publishing(p.membarrier) == link::duty::ring && p.driver != nullptr) p.driver->ring(nullptr);
  }
}

void core::request_stop() noexcept {
  if (forked() || !phase.move_on(running, stopping)) return;
  ring_all();
}

bool core::all_reached(std::uint32_t p) const noexcept {
  for (std::size_t i = 0; i < workers_; ++i) {
    if (ports_.first[i].reached.see() < p) return false;
  }
  return true;
}

/// True after two quiet rounds in a row; starts the next round when all have reported.
bool core::quiet() {
  bool busy = false;
  const std::uint64_t r = round.get();
  for (std::size_t i = 0; i < workers_; ++i) {
    const std::uint64_t report = ports_.first[i].report.see();
    if (report / 2 != r) return false;
    busy |= report % 2 != 0 || ports_.first[i].tasks.see() != 0;
  }
  quiet_rounds_ = busy || r == 0 ? 0 : quiet_rounds_ + 1;
  if (quiet_rounds_ == 2) return true;
  if (busy && !is_simulated()) {  // no faster than the workers' own progress needs
    const time_point t = clock::now();
    if (t < next_round_) return false;
    next_round_ = t + std::chrono::microseconds{200};
  }
  round.publish(r + 1);
  ring_all();
  return false;
}

void core::advance() {
  const std::uint32_t p = phase.get();
  if (!all_reached(p)) return;
  const time_point now_here = here()->now();
  if (p == stopping && grace_over_ == time_point{}) grace_over_ = now_here + options_.grace;
  const bool out_of_grace = p == stopping && now_here >= grace_over_;
  if (p == leaving || !(out_of_grace || quiet())) return;
  quiet_rounds_ = 0;
  phase.publish(p + 1);
  ring_all();
}

bool core::stop(time_point deadline) {
  request_stop();
  if (forked()) return true;
  if (is_simulated()) {
    while (!all_left()) {
      if (!simulate_once() && !all_left()) return false;
    }
    return true;
  }
  std::unique_lock lock{mutex_};
  const auto all_down = [&] { return down_ == workers_; };
  if (deadline == time_point::max()) {
    changed_.wait(lock, all_down);
  } else if (!changed_.wait_until(lock, deadline, all_down)) {
    lock.unlock();
    for (std::size_t i = 0; i < workers_; ++i) {
      if (ports_.first[i].reached.see() < leaving) {
        log(severity::warning,
            "trust/" + std::to_string(i) + " has not stopped: " + std::to_string(ports_.first[i].tasks.see()) +
                " tasks, phase " + std::to_string(ports_.first[i].reached.see()) + "; see runtime::dump");
      }
    }
    return false;
  }
  lock.unlock();
  watch_.reset();
  pool_->stop();
  return true;
}

void core::wake_watch() noexcept {
  if (watch_) watch_->wake();
}

bool core::all_left() const noexcept {
  for (const auto& l : loops_) {
    if (!l->has_left()) return false;
  }
  return true;
}

}  // namespace trust::worker
