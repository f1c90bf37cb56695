// SPDX-License-Identifier: MIT
// One pass over everything that a worker can go on with. Budgets: 64 records a lane or what its weight makes of them, 64 of the own queue,
// 256 answers a lane, 64 timers, and of ready coroutines 32 while their slices are short and one while they are long: a call waits for one slice of somebody's
// computation and a bounded burst, not for a queue of them.

#include <trust/io/driver.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/loop.hpp>

#include <utility>

namespace trust::worker {
namespace {

constexpr unsigned most_ready = 32;
constexpr std::uint64_t long_slices = 8'000;  // ticks: about 3 us at 2.6 GHz
constexpr std::uint64_t short_slices = 2'000;
constexpr unsigned own_budget = 64;
constexpr unsigned answer_budget = 256;
constexpr unsigned timer_budget = 64;
constexpr unsigned slow_every = 16;      // passes between two looks at clock and driver, while there is work
constexpr unsigned sleepers_a_pass = 8;  // sleeping lanes that are looked at in turn
constexpr unsigned idle_limit = 64;      // passes after which a lane sleeps

}  // namespace

bool loop::step(bool all) {
  const std::uint64_t before = work_;
  const bool slow = all || passes_ % slow_every == 0;
  if (core_.phase.get() != running) [[unlikely]]
    follow_phase();
  work_ += run_ready_briefly();
  if (port_.stalled.get() != 0) [[unlikely]]
    name_stall(nullptr, nullptr);
  work_ += open_mail();
  if (next_fencing_ != nullptr && fencing_ == nullptr) [[unlikely]]
    work_ += ask_for_fences();
  work_ += serve_lanes(all);
  if (own_.first != nullptr) work_ += serve_own(own_budget);
  work_ += collect_lanes(all);
  if (slow) {
    if (port_.driver != nullptr) port_.driver->poll();
    if (!timers.empty()) work_ += timers.fire(now(), timer_budget);
  }
  if (telling_ != nullptr) work_ += tell_completions();
  if (first_dying_ != nullptr) work_ += sweep_dying();
  ++passes_;
  port_.count.passes.set(passes_);
  return work_ != before;
}

unsigned loop::run_ready_briefly() noexcept {
  if (ready_.empty()) return 0;
  if (ready_budget_ > 1) {  // two looks at the clock are dearer than a short slice: one that is alone is not timed
    const unsigned n = run_ready(1);
    return ready_.empty() ? n : n + run_ready_timed(ready_budget_ - 1);
  }
  return run_ready_timed(1);
}

unsigned loop::run_ready_timed(unsigned most) noexcept {
  const std::uint64_t begin = machine::ticks();
  const unsigned n = run_ready(most);
  const std::uint64_t took = machine::ticks() - begin;
  if (took > long_slices && !core_.is_simulated()) {  // where nothing depends on how long anything takes
    ready_budget_ = ready_budget_ > 2 ? ready_budget_ / 2 : 1;
  } else if (took < short_slices && ready_budget_ < most_ready) {
    ready_budget_ *= 2;
  }
  return n;
}

unsigned loop::open_mail() noexcept {
  unsigned n = 0;
  for (letter* l = port_.mail.take(); l != nullptr; ++n) {
    letter* next = l->next;
    l->open(*l, *this);
    l = next;
  }
  return n;
}

unsigned loop::serve_lanes(bool all) noexcept {
  unsigned n = 0;
  std::size_t polled = 0;
  in_active_.each([&](inbound& in) {
    const unsigned served = serve(in, in.burst);
    n += served;
    ++polled;
    if (served != 0) {
      in.idle_passes = 0;
    } else if (++in.idle_passes > idle_limit && in_count_ > sleepers_a_pass) {
      static_cast<base::hook&>(in).unlink();
      in_asleep_.push_back(in);
    }
  });
  for (std::size_t left = all ? in_count_ - polled : sleepers_a_pass; left > 0; --left) {
    inbound* in = in_asleep_.pop_front();
    if (in == nullptr) break;
    const unsigned served = serve(*in, in->burst);
    n += served;
    ++polled;
    if (served != 0) in->idle_passes = 0;
    (served != 0 ? in_active_ : in_asleep_).push_back(*in);
  }
  lanes_polled_ += polled;
  port_.count.lanes_polled.set(lanes_polled_);
  return n;
}

unsigned loop::collect_lanes(bool all) noexcept {
  unsigned n = 0;
  for (std::size_t i = 0; i < out_active_.size();) {
    outbound& o = *out_active_[i];
    const unsigned got = collect(o, answer_budget, all);
    n += got;
    if (got != 0) {
      o.idle_passes = 0;
    } else if (++o.idle_passes > idle_limit && (o.l == nullptr || (!o.closing && quiet(o)))) {
      o.active = false;
      out_active_[i] = out_active_.back();
      out_active_.pop_back();
      continue;
    }
    ++i;
  }
  return n;
}

bool loop::quiet(const outbound& o) noexcept {
  return o.l->outstanding() == 0 && !o.wants_room() && o.later.empty() && o.chain == nullptr;
}

// The last handle of each is gone. Whoever dropped a handle before that had published his calls: they show in the lanes, in the inbox
// (new lanes among it) or in the own queue by now. All of them are looked at once, up to what shows, before anything is destroyed.
unsigned loop::sweep_dying() noexcept {
  letter* dying = std::exchange(first_dying_, nullptr);
  if constexpr (machine::step(link::step::sweep)) {
    open_mail();
    const auto up_to_what_shows = [&](inbound& in) { serve(in, static_cast<unsigned>(core_.opts().lane_capacity)); };
    in_active_.each(up_to_what_shows);
    in_asleep_.each(up_to_what_shows);
  }
  unsigned n = 0;
  while (dying != nullptr) {
    cell& c = static_cast<cell&>(*dying);
    dying = c.letter::next;
    c.dying = false;
    try_destroy(c);
    ++n;
  }
  return n;
}

bool loop::try_destroy(cell& c) noexcept {
  if (c.pins != 0 || c.queued != 0 || c.first_held != nullptr) return false;
  if (const cell_state s = c.state.get();
      s == cell_state::building || s == cell_state::claimed || s == cell_state::lent || s == cell_state::moving)
    return false;
  if (!c.attendants.empty()) {
    // They are told once; the last of them to end condemns the object again.
    c.attendants.each([](attendant& a) { a.task->request_stop(); });
    return false;
  }
  destroy(c);
  c.drop_weak();
  return true;
}

void loop::destroy(cell& c) noexcept {
  const cell_state s = c.state.get();
  if (s == cell_state::gone) return;
  c.becomes(cell_state::gone);
  static_cast<base::hook&>(c).unlink();
  if (s == cell_state::live) {
    const std::uint32_t left = std::exchange(steps, 0);
    c.type->destroy(c);
    steps = left;
  }
  if (homeward* k = c.closer.see(); k != nullptr && c.closer.move_on(k, nullptr)) send_home(*k);
}

void loop::condemn(cell& c) noexcept {
  if (port* const to = elsewhere(c); to != nullptr && core::post(*to, c)) return;
  c.condemned = true;
  if (std::exchange(c.dying, true)) return;
  c.letter::next = std::exchange(first_dying_, &c);
}

}  // namespace trust::worker
