// SPDX-License-Identifier: MIT
// A worker's pass in a simulation with a seed: each part of it is left out or done as the seed says, in a drawn order of lanes and with drawn
// budgets. What one worker does between two looks of another is any of this in a real runtime too, which is what may be reordered. What may not:
//
//     a lane is served and collected in its order, an inbox is opened as a whole, queues are first in, first out
//     an object is destroyed after all that had been published before its last handle went, also what is still under way (sweep_dying)
//     the rounds of the end (ending.cpp) are answered by passes that leave nothing out

#include "worker/simulation.hpp"
#include <trust/worker/homeward.hpp>
#include <trust/worker/loop.hpp>

#include <algorithm>

namespace trust::worker {
namespace {

constexpr unsigned most_resumed = 32;
constexpr unsigned most_served = 64;
constexpr unsigned most_collected = 256;
constexpr unsigned most_fired = 64;
constexpr std::string_view wrapping = "trust::delegate::bound<";  // what every closure travels in

/// The members of `lanes` in a drawn order.
template <class Lane, class F> void each_as_drawn(std::vector<Lane*>& lanes, base::chance& by, F&& f) {
  for (std::size_t left = lanes.size(); left > 0; --left) {
    if (left > 1) std::swap(lanes[by.below(left)], lanes[left - 1]);
    f(*lanes[left - 1]);
  }
}

/// What a request asks for, for the trace.
std::string named(link::record& r) {
  const char* closure = "";
  r.thunk(link::verb::describe, r, &closure);
  std::string_view text{closure};
  if (text.starts_with(wrapping) && text.ends_with('>')) {
    text.remove_prefix(wrapping.size());
    text.remove_suffix(1);
  }
  const cell& c = *static_cast<cell*>(r.target);
  return std::string{text} + " on " + (c.name.empty() ? c.type->name() : c.name.c_str());
}

}  // namespace

bool loop::pass_as_drawn(simulation& by) {
  const std::uint64_t before = work_;
  if (phase_ < ending_tasks && core_.opts().shortcut) port_.shortcut = by.coin() ? &port_ : nullptr;
  if (by.coin()) go_through(by, false);
  if (work_ == before) go_through(by, true);
  return work_ != before;
}

void loop::go_through(simulation& by, bool all) {
  const std::size_t me = port_.index;
  const auto did = [&](happening h, unsigned n) {
    if (n == 0) return;
    work_ += n;
    by.happened(h, me, n);
  };
  const auto takes_part = [&](bool there_is_something) { return there_is_something && (all || by.coin()); };
  if (all && core_.phase.get() != running) {
    const std::uint64_t before = work_;
    follow_phase();
    if (work_ != before) by.happened(happening::ended, me, work_ - before);
    if (left_) return;
  }
  if (takes_part(!ready_.empty())) did(happening::resumed, run_ready(by.budget(most_resumed)));
  if (takes_part(!port_.mail.empty()) && !by.held_up(letters_due_, me, simulation::nobody, happening::delayed)) {
    simulation::next(letters_due_);
    did(happening::opened, open_mail());
  }
  if (next_fencing_ != nullptr && fencing_ == nullptr) did(happening::fenced, ask_for_fences());
  work_ += serve_as_drawn(by, all);
  if (takes_part(own_.first != nullptr)) did(happening::ran_own, serve_own(by.budget(most_served)));
  work_ += collect_as_drawn(by, all);
  if (takes_part(!timers.empty()))
    did(happening::fired, timers.fire_as_drawn(by.now(), by.budget(most_fired), by.chance()));
  if (takes_part(telling_ != nullptr)) did(happening::told, tell_completions());
  if (takes_part(first_dying_ != nullptr)) did(happening::destroyed, sweep_dying());
  ++passes_;
  port_.count.passes.set(passes_);
}

unsigned loop::serve_as_drawn(simulation& by, bool all) noexcept {
  std::vector<inbound*>& lanes = by.lanes_in;
  lanes.clear();
  const auto add = [&](inbound& in) {
    if (in.l->in().look() != nullptr) lanes.push_back(&in);
  };
  in_active_.each(add);
  in_asleep_.each(add);
  lanes_polled_ += in_count_;
  port_.count.lanes_polled.set(lanes_polled_);
  unsigned n = 0;
  each_as_drawn(lanes, by.chance(), [&](inbound& in) {
    const std::size_t client = in.client->index;
    if (!(all || by.coin()) || by.held_up(in.due, port_.index, client, happening::delayed)) return;
    simulation::next(in.due);
    const std::string what = by.traces() ? named(*in.l->in().look()) : std::string{};
    const unsigned served = serve(in, by.budget(in.burst));
    n += served;
    by.happened(happening::served, port_.index, served, client, what);
  });
  return n;
}

unsigned loop::collect_as_drawn(simulation& by, bool all) noexcept {
  std::vector<outbound*>& lanes = by.lanes_out;
  lanes.clear();
  std::erase_if(out_active_, [](outbound* o) { return o->l == nullptr && !(o->active = false); });
  for (outbound* o : out_active_) {
    const bool ends = o->closing || (all && o->l->closed());
    if (o->l->shows() || o->wants_room() || o->chain != nullptr || ends) lanes.push_back(o);
  }
  unsigned n = 0;
  each_as_drawn(lanes, by.chance(), [&](outbound& o) {
    if (o.l == nullptr || !(all || by.coin())) return;
    unsigned got = 0;
    const std::size_t trustee = o.trustee->index;
    if (o.l->shows() && by.held_up(o.due, port_.index, trustee, happening::unanswered)) {
      if (o.wants_room()) got = drain_waiting(o);
    } else {
      simulation::next(o.due);
      got = collect(o, by.budget(most_collected), all);
    }
    n += got;
    if (got != 0) by.happened(happening::collected, port_.index, got, trustee);
  });
  return n;
}

time_point loop::next_due(time_point now) noexcept {
  time_point next = time_point::max();
  const auto is_due = [&](time_point t) {
    if (t > now) next = std::min(next, t);
  };
  if (!timers.empty()) next = timers.next_due();
  is_due(letters_due_);
  in_active_.each([&](inbound& in) { is_due(in.due); });
  for (const outbound* o : out_active_) is_due(o->due);
  return next;
}

}  // namespace trust::worker
