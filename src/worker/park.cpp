// SPDX-License-Identifier: MIT
// Idling: spin a little, raise the flag, look once more at everything, sleep. See link/parker.hpp for why no wake-up is lost.
//
// The second look only looks: what it finds is run after the flag is down again, or producers would ring for nothing meanwhile.
// Adaptive spinning: a sleep that ended soon would have been cheaper as a spin, so the limit grows, up to a quarter of a millisecond; one
// that lasted long makes it shrink, down to 2 us. Waking a sleeper costs 11-12 us where its CPU is awake, most of it charged to the waker; 50
// and more where that is a virtual one that the host has to wake, too. (Seastar polls for 200 us before it sleeps, always.)

#include <trust/io/driver.hpp>
#include <trust/link/machine.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/loop.hpp>

#include <algorithm>
#include <optional>
#include <thread>

namespace trust::worker {
namespace {

using namespace std::chrono_literals;
constexpr auto most_spin = 250us;
constexpr auto least_spin = 2us;
constexpr auto short_sleep = 300us;
constexpr auto phase_tick = 1ms;  // worker 0 looks after the end that often
constexpr unsigned clock_every = 32;

}  // namespace

void loop::run() {
  base::here = this;
  while (!left_) {
    if (!step(false)) idle();
  }
  base::here = nullptr;
}

void loop::idle() {
  const spinning how = core_.opts().spin;
  if (how == spinning::never_park && phase_ == running) {
    machine::pause();
    return;
  }
  if (how == spinning::adaptive && may_spin_) {
    const time_point until = clock::now() + spin_;
    for (unsigned n = 1;; ++n) {
      if (step(false)) return;
      machine::pause();
      if (n % clock_every == 0 && clock::now() >= until) break;
    }
  }
  if (step(true) || left_) return;
  park();
}

/// Everything that may have been published for this worker, without running any of it.
bool loop::anything_shows() noexcept {
  if (core_.phase.see() != phase_ || (phase_ != running && core_.round.see() != round_)) return true;
  if (!ready_.empty() || own_.first != nullptr || first_dying_ != nullptr || !port_.mail.empty()) return true;
  if (next_fencing_ != nullptr && fencing_ == nullptr) return true;
  bool shows = false;
  const auto look = [&](inbound& in) { shows = shows || in.l->in().look() != nullptr; };
  in_active_.each(look);
  in_asleep_.each(look);
  if (shows) return true;
  for (const inbound* in = telling_; in != nullptr; in = in->next_telling) {
    if (in->l->completions_out().can_tell()) return true;
  }
  for (outbound* o : out_active_) {
    if (o->l == nullptr) continue;
    if (o->l->shows() || o->chain != nullptr || o->l->closed()) return true;
    if (o->wants_room() && drain_waiting(*o) != 0) return true;
  }
  return false;
}

/// One thread of the process makes a barrier at a time; where workers share CPUs that one may wait for this one's.
void loop::let_another_make_its_barrier() const noexcept {
  if (core_.shares_cpus()) {
    std::this_thread::yield();
  } else {
    machine::pause();
  }
}

void loop::park() {
  if (!port_.parker.prepare(port_.membarrier)) {
    let_another_make_its_barrier();
    return;
  }
  if (machine::step(link::step::second_look) && anything_shows()) {
    port_.parker.cancel();
    return;
  }
  std::optional<time_point> until;
  if (!timers.empty()) until = timers.next_due();
  if (phase_ != running && port_.index == 0)
    until = std::min(until.value_or(time_point::max()), clock::now() + phase_tick);
  port_.count.parks.set(++parks_);
  const time_point asleep = clock::now();
  port_.driver->park(until);
  port_.parker.cancel();
  if (core_.watch_sleeps.get() != 0) core_.wake_watch();
  const auto slept = clock::now() - asleep;
  spin_ = slept < short_sleep ? std::min<std::chrono::nanoseconds>(spin_ * 2, most_spin)
                              : std::max<std::chrono::nanoseconds>(spin_ / 2, least_spin);
  if (!step(true) && !until) port_.count.spurious.set(++spurious_);
}

}  // namespace trust::worker
