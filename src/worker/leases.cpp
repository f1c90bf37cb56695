// SPDX-License-Identifier: MIT
// An object's FIFO, and the leases in it: see worker/lease.hpp and worker/entry.hpp.

#include <trust/worker/core.hpp>
#include <trust/worker/lease.hpp>
#include <trust/worker/relay.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace trust::worker {

using link::record;
using link::status;
using link::verb;
namespace bits = link::record_bits;
using stage = lease::stage;

namespace {

const void* client_of(const way_back* w) noexcept { return w != nullptr ? w->client : nullptr; }

/// The environment of who waits for the request's answer, or null.
const coro::environment* waiting_for(const record& r) noexcept {
  return (r.bits & bits::answered) != 0 ? static_cast<const call*>(r.who)->env : nullptr;
}

}  // namespace

bool is_pinned_by(const coro::environment* e, const std::vector<cell*>& objects) noexcept {
  while (e != nullptr && e->pinning != nullptr) {
    const auto& p = *static_cast<const pinning*>(e->pinning);
    if (std::find(objects.begin(), objects.end(), p.object) != objects.end()) return true;
    e = p.caller->env;
  }
  return false;
}

lease::lease(const std::vector<cell*>& mine)
    : stoppable{[](stoppable& s) noexcept { here()->stop_lease(static_cast<lease&>(s), errc::cancelled); }} {
  places.reserve(mine.size());
  for (cell* c : mine) places.emplace_back(*this, *c);
  open = [](letter& l, loop& w) noexcept {
    auto& self = static_cast<lease&>(l);
    if (self.at != stage::described) w.give_back(self);
    delete &self;
  };
  abandon = [](parked_request& p) noexcept { here()->stop_lease(static_cast<lease&>(p), errc::runtime_stopped); };
}

lease::~lease() = default;

/// The object's FIFO is to be looked at, from the outermost of those who ask for that.
void loop::settle(cell& c) noexcept {
  if (!c.settling) {
    c.settling = true;
    c.next_settling = std::exchange(first_settling_, &c);
  }
  if (std::exchange(settles_, true)) return;
  while (cell* x = first_settling_) {
    first_settling_ = x->next_settling;
    x->settling = false;
    look_at_fifo(*x);
  }
  settles_ = false;
}

void loop::look_at_fifo(cell& c) noexcept {
  while (entry* e = c.first_held) {
    const cell_state s = c.state.get();
    if (s == cell_state::building || s == cell_state::lent || s == cell_state::moving) return;
    if (!e->is_claim) {
      if (s == cell_state::claimed) c.becomes(cell_state::live);
      c.let_go(*e);
      run_held(c, static_cast<held&>(*e));
      continue;
    }
    lease& l = *static_cast<lease::place*>(e)->of;
    if (s == cell_state::failed || s == cell_state::gone) {
      stop_lease(l, errc::empty);
      continue;
    }
    if (s == cell_state::live) c.becomes(cell_state::claimed);
    const bool leaves = l.wish == lease_wish::move;
    if (!goes_on(l)) return let_pass(c);
    if (leaves) return;  // it may be another worker's by now; if it could not leave, it stands in the list again
  }
  if (c.state.get() == cell_state::claimed) c.becomes(cell_state::live);
  if (c.condemned) condemn(c);
}

/// What waits behind the first lease and may pass it.
void loop::let_pass(cell& c) noexcept {
  for (entry** at = &c.first_held->next; *at != nullptr;) {
    entry& e = **at;
    if (e.is_claim || !passes(c, static_cast<held&>(e).head, e.from, &e)) {
      at = &e.next;
      continue;
    }
    c.let_go(at);
    run_held(c, static_cast<held&>(e), true);
    if (c.first_held == nullptr || c.state.get() != cell_state::claimed)
      return;  // what ran has changed more than itself
    at = &c.first_held->next;
  }
}

/// Whether a request to a claimed object may run now: what a launched task waits for always may, wherever that task runs. Of the rest, what does
/// not last may, if it overtakes nothing of its own client's before `end`; a message passes calls that somebody waits for.
bool loop::passes(const cell& c, const record& r, const way_back* from, const entry* end) const noexcept {
  const coro::environment* const e = waiting_for(r);
  if (e != nullptr && e->pinning != nullptr) return true;
  if ((r.bits & bits::lasts) != 0) return false;
  for (const entry* x = c.first_held; x != end; x = x->next) {
    if (x->is_claim || client_of(x->from) != client_of(from)) continue;
    if (e != nullptr || waiting_for(static_cast<const held*>(x)->head) == nullptr) return false;
  }
  return true;
}

/// Something that was held goes on; `passes_a_claim`: that has been looked at.
void loop::run_held(cell& c, held& h, bool passes_a_claim) noexcept {
  const bool answered = (h.head.bits & bits::answered) != 0;
  auto* who = answered ? static_cast<call*>(h.head.who) : nullptr;
  if (answered) waits(*who, h.from, nullptr);
  std::uint64_t nobody = 0;
  void* const out = answered ? static_cast<void*>(&who->small) : &nobody;
  const bool now = passes_a_claim && too_late(h.head) == errc{};
  const status s = now ? run_now(c, h.head, out, h.from) : run_or_hold(c, h.head, out, h.from);
  if (answered && s != status::later) complete(*who, h.from, s);
  coro::frame_pool::release(&h, held::bytes(h.granules));
}

// Leases.

bool loop::is_free(const lease& l) const noexcept {
  return std::all_of(l.places.begin(), l.places.end(), [](const lease::place& p) {
    return p.object->state.get() == cell_state::live && p.object->first_held == nullptr;
  });
}

bool loop::is_first(const lease& l) const noexcept {
  return std::all_of(l.places.begin(), l.places.end(), [](const lease::place& p) {
    const cell_state s = p.object->state.get();
    return p.object->first_held == &p && (s == cell_state::live || s == cell_state::claimed);
  });
}

/// Whether no launched task is left of its objects.
bool loop::is_calm(const lease& l) const noexcept {
  return std::all_of(l.places.begin(), l.places.end(), [](const lease::place& p) { return p.object->pins == 0; });
}

/// Why it cannot be had, ever; none: it can.
errc loop::obstacle(const lease& l) const noexcept {
  for (const lease::place& p : l.places) {
    const cell& c = *p.object;
    if (elsewhere(c) != nullptr) return moved;
    const cell_state s = c.state.get();
    if (s == cell_state::gone || s == cell_state::failed) return errc::empty;
    if (c.stays || !c.attendants.empty()) return errc::shared;
  }
  return {};
}

status loop::ask(lease& l, lease_wish w, record& r, void* out) noexcept {
  const auto answer = [&](bool yes) {
    std::memcpy(out, &yes, sizeof yes);
    return status::value;
  };
  const auto later = [&] {
    l.wish = w;
    l.who = static_cast<call*>(r.who);
    l.from = origin_;
    waits(*l.who, l.from, &l);
    parked.push_back(l);
    return status::later;
  };
  if (l.at == stage::described) {
    for (const lease::place& p : l.places) {
      if (elsewhere(*p.object) == nullptr && p.object->state.get() == cell_state::failed)
        return static_cast<call*>(r.who)->fails(std::exception_ptr{p.object->why_failed});
    }
    if (const errc e = obstacle(l); e != errc{}) return refuse_now(out, e);
    const bool at_once = is_free(l) && (w == lease_wish::queue || is_calm(l));  // else nothing of it may happen in here
    const bool never_waits = w == lease_wish::have || w == lease_wish::run;
    if (never_waits && !at_once) return answer(false);
    for (lease::place& p : l.places) {
      p.from = origin_;
      p.object->hold(p);
    }
    if (!at_once) {
      l.at = stage::queued;
      const status s = later();
      for (lease::place& p : l.places) settle(*p.object);
      return s;
    }
    becomes_granted(l);
  }
  switch (w) {
    case lease_wish::queue:
      return answer(true);
    case lease_wish::have:
    case lease_wish::keep:
      if (!is_calm(l)) return answer(false);
      for (lease::place& p : l.places) p.object->becomes(cell_state::lent);
      l.at = stage::lent;
      return answer(true);
    case lease_wish::let:
      for (lease::place& p : l.places) p.object->becomes(cell_state::claimed);
      l.at = stage::granted;
      for (lease::place& p : l.places) settle(*p.object);
      return answer(true);
    case lease_wish::calm:
      return is_calm(l) ? answer(true) : later();
    case lease_wish::run:
    case lease_wish::wait:
      if (!is_calm(l)) return answer(false);
      work_on(l);
      return answer(true);
    case lease_wish::move:
      begin_move(l, *static_cast<call*>(r.who), origin_);
      return status::later;
  }
  return answer(false);
}

void loop::becomes_granted(lease& l) noexcept {
  l.at = stage::granted;
  ++leases_;
  for (lease::place& p : l.places) p.object->becomes(cell_state::claimed);
}

/// The first in the object's FIFO: whether what it waits for is there; then it goes on.
bool loop::goes_on(lease& l) noexcept {
  const bool calmly = l.wish != lease_wish::queue;
  if (l.who == nullptr || (calmly && !is_calm(l))) return false;
  if (l.at == stage::queued) {
    if (!is_first(l)) return false;
    if (const errc e = obstacle(l); e != errc{}) {  // an attendant has come meanwhile
      stop_lease(l, e);
      return true;
    }
    becomes_granted(l);
  }
  call& who = *std::exchange(l.who, nullptr);
  static_cast<parked_request&>(l).unlink();
  waits(who, l.from, nullptr);
  if (l.wish == lease_wish::move) {
    begin_move(l, who, l.from);
    return true;
  }
  way_back* const from = l.from;
  if (l.wish == lease_wish::wait) work_on(l);
  const bool yes = true;
  std::memcpy(&who.small, &yes, sizeof yes);
  complete(who, from, status::value);
  return true;
}

/// Does its work, and is over.
void loop::work_on(lease& l) noexcept {
  const std::uint32_t left = std::exchange(steps, 0);
  l.work(l);
  steps = left;
  give_back(l);
}

void loop::give_back(lease& l) noexcept {
  if (l.at == stage::granted || l.at == stage::lent) --leases_;
  l.at = stage::described;
  for (lease::place& p : l.places) {
    cell& c = *p.object;
    c.let_go(p);
    if (c.state.get() == cell_state::lent) c.becomes(cell_state::live);
  }
  for (lease::place& p : l.places) settle(*p.object);
}

/// What it waits for is not wanted, or cannot be had any more.
void loop::stop_lease(lease& l, errc why) noexcept {
  call& who = *std::exchange(l.who, nullptr);
  way_back* const from = l.from;
  static_cast<parked_request&>(l).unlink();
  waits(who, from, nullptr);
  if (l.at == stage::queued) give_back(l);
  who.small = static_cast<std::uint64_t>(why);
  complete(who, from, status::refused);
}

}  // namespace trust::worker
