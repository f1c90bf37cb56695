// SPDX-License-Identifier: MIT
// Objects that move, and requests that come to who is not their object's owner any more: see worker/relay.hpp.

#include <trust/worker/core.hpp>
#include <trust/worker/relay.hpp>

#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace trust::worker {

using link::record;
using link::status;
using link::verb;
namespace bits = link::record_bits;

/// Where a request for `c` goes on, if not here.
port* loop::elsewhere(const cell& c) const noexcept {
  port* const owner = c.owner.get();
  if (owner != &port_) return owner;
  return c.state.get() == cell_state::moving && &c.moves->to != &port_ ? &c.moves->to : nullptr;
}

// Relaying.

relayed::relayed(port& h, port& t, way_back* f, std::uint32_t n, const record& r) noexcept
    : way_back{false, f != nullptr ? f->client : nullptr},
      stoppable{[](stoppable& s) noexcept { here()->stop_relayed(static_cast<relayed&>(s)); }},
      home{h},
      there{t},
      from{f},
      granules{n},
      head{r} {
  stops.of = this;
  letter::open = [](letter& l, loop& w) noexcept { w.run_relayed(static_cast<relayed&>(l)); };
}

namespace {

void end(relayed& x) noexcept {
  x.~relayed();
  ::operator delete(&x);
}

void post_surely(port& to, letter& l) noexcept {
  const bool taken = core::post(to, l);
  TRUST_ASSERT(taken, "a worker left while an object moved, or a request was relayed");
}

}  // namespace

status loop::relay(record& r, void* out, way_back* from, port& to) noexcept {
  const std::uint32_t granules = r.bits & bits::granules;
  void* const block = ::operator new(relayed::bytes(granules), std::nothrow);
  if (block == nullptr) return refuse(r, out, errc::overloaded);
  auto* const x = new (block) relayed{port_, to, from, granules, r};
  r.thunk(verb::relocate, r, &x->head);
  if ((r.bits & bits::answered) != 0) waits(*static_cast<call*>(r.who), from, x);
  if (core::post(to, *x)) return status::later;
  const status s = refuse(x->head, out, errc::runtime_stopped);
  end(*x);
  return s;
}

/// On the other worker.
void loop::run_relayed(relayed& x) noexcept {
  cell& c = *static_cast<cell*>(x.head.target);
  const bool answered = (x.head.bits & bits::answered) != 0;
  std::uint64_t nobody = 0;
  void* const out = answered ? static_cast<void*>(&static_cast<call*>(x.head.who)->small) : &nobody;
  const bool arrived = c.owner.get() == &port_ && c.state.get() == cell_state::moving && &c.moves->to == &port_;
  const status s = arrived ? run_now(c, x.head, out, &x) : run_or_hold(c, x.head, out, &x);
  if (!answered) return end(x);
  if (s != status::later) come_back(x, s);
}

void loop::come_back(relayed& x, status s) noexcept {
  x.inner = nullptr;
  x.ended = s;
  x.letter::open = [](letter& l, loop& w) noexcept {
    auto& mine = static_cast<relayed&>(l);
    if (mine.talk.completed()) w.relayed_is_over(mine);
  };
  post_surely(x.home, x);
}

/// At home again.
void loop::relayed_is_over(relayed& x) noexcept {
  call& who = *static_cast<call*>(x.head.who);
  way_back* const back = x.from;
  const status s = x.ended;
  end(x);
  complete(who, back, s);
}

void loop::stop_relayed(relayed& x) noexcept {
  x.talk.ask();
  x.stops.open = [](letter& l, loop&) noexcept {
    auto& s = static_cast<relayed::stop_letter&>(l);
    relayed& there = *s.of;
    if (stoppable* inner = std::exchange(there.inner, nullptr)) inner->stop(*inner);
    s.open = [](letter& back, loop& w) noexcept {
      relayed& mine = *static_cast<relayed::stop_letter&>(back).of;
      if (mine.talk.answered()) w.relayed_is_over(mine);
    };
    post_surely(there.home, s);
  };
  if (core::post(x.there, x.stops)) x.talk.send();
}

// Moving.

/// `l` was granted for one object, of which no launched task is left.
void loop::begin_move(lease& l, call& who, way_back* from) noexcept {
  cell& c = *l.places.front().object;
  migration* const m = l.moves.release();
  m->old = &port_;
  m->who = &who;
  m->from = from;
  m->next.of = m;
  c.let_go(l.places.front());
  --leases_;
  l.at = lease::stage::described;
  ++moves_;
  c.moves = m;
  c.becomes(cell_state::moving);
  static_cast<base::hook&>(c).unlink();
  // All that waits here comes out before the other worker may touch the object's FIFO.
  fifo own_calls;
  fifo others;
  while (call* x = own_.pop()) (x->target == &c ? own_calls : others).push(*x);
  own_ = others;
  for (call* x = own_calls.first; x != nullptr; x = static_cast<call*>(x->resumable::next))
    static_cast<void>(c.dequeued());
  entry* requests = nullptr;
  entry** last = &requests;
  while (entry* e = c.first_held) {
    if (e->is_claim) {
      stop_lease(*static_cast<lease::place*>(e)->of, moved);
      continue;
    }
    c.let_go(*e);
    *last = e;
    last = &e->next;
  }
  for (cell** at = &first_settling_; *at != nullptr; at = &(*at)->next_settling) {
    if (*at != &c) continue;
    *at = c.next_settling;
    c.settling = false;
    break;
  }
  waits(who, from, nullptr);
  port& to = m->to;
  m->next.open = [](letter& x, loop& w) noexcept { w.arrives(*static_cast<migration::step&>(x).of); };
  post_surely(to, m->next);
  while (entry* e = requests) {
    requests = e->next;
    run_held(c, static_cast<held&>(*e));  // which relays it
  }
  while (call* x = own_calls.pop()) {
    own_unawaited_ -= !x->is_awaited();
    x->stop_listening();
    deliver(*x);
  }
}

/// On the new owner: clients find their way to it from now on.
void loop::arrives(migration& m) noexcept {
  cell& c = m.object;
  owned.push_back(c);
  c.owner.set(&port_);
  m.next.open = [](letter& x, loop& w) noexcept { w.switched(*static_cast<migration::step&>(x).of); };
  post_surely(*m.old, m.next);
}

/// On the old one: nobody who looks for the owner finds this worker any more. The lanes that were registered before this letter was looked for
/// are known when the mail has been opened; whoever registers a later one looks for the owner again.
void loop::switched(migration& m) noexcept { m.next_fencing = std::exchange(next_fencing_, &m); }

unsigned loop::ask_for_fences() noexcept {
  fencing_ = std::exchange(next_fencing_, nullptr);
  fences_ = 1;
  const auto ask_one = [&](inbound& in) {
    in.asks.of = &in;
    in.asks.open = [](letter& x, loop& w) noexcept { w.send_fence(*static_cast<inbound::fence&>(x).of->l); };
    in.asked = core::post(*in.client, in.asks);
    fences_ += in.asked;
  };
  in_active_.each(ask_one);
  in_asleep_.each(ask_one);
  fence_came();
  return 1;
}

/// On the client.
void loop::send_fence(lane& l) noexcept {
  for (const auto& o : out_) {
    if (o->l != &l) continue;
    o->fence_due = true;
    o->fence_behind = o->queued;
    if (!o->active) activate(*o);
    publish_fence(*o);
    return;
  }
}

unsigned loop::publish_fence(outbound& o) noexcept {
  if (o.dequeued < o.fence_behind) return 0;
  record* const r = o.l->claim(1, false);
  if (r == nullptr) return 0;
  o.fence_due = false;
  r->bits = 1;
  r->target = o.trustee->hall;
  r->thunk = &loop::fence_there;
  o.l->publish(*r, 1);
  published(o);
  return 1;
}

/// On the old owner.
status loop::fence_there(verb v, record&, void* out) {
  if (v == verb::run) {
    loop& w = *here();
    static_cast<inbound*>(w.origin_)->asked = false;
    w.fence_came();
  } else if (v == verb::describe) {
    *static_cast<const char**>(out) = "a fence";
  }
  return status::value;
}

void loop::fence_came() noexcept {
  if (--fences_ != 0) return;
  while (migration* m = fencing_) {
    fencing_ = m->next_fencing;
    m->next.open = [](letter& x, loop& w) noexcept { w.has_moved(*static_cast<migration::step&>(x).of); };
    post_surely(m->to, m->next);
  }
}

/// On the new owner: all that was sent to the old one has run.
void loop::has_moved(migration& m) noexcept {
  cell& c = m.object;
  c.moves = nullptr;
  c.becomes(cell_state::live);
  m.next.open = [](letter& x, loop& w) noexcept {
    const std::unique_ptr<migration> done{static_cast<migration::step&>(x).of};
    --w.moves_;
    done->who->small = 1;  // true: it was got
    w.complete(*done->who, done->from, status::value);
  };
  post_surely(*m.old, m.next);
  settle(c);
}

}  // namespace trust::worker
