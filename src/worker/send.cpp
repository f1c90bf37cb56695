// SPDX-License-Identifier: MIT
// The way out of a call beyond the straight way in publish.hpp: making lanes, waiting for room, the worker's own queue, and what happens
// to calls whose trustee has left. And the way back: answers and completions.

#include "worker/publish.hpp"
#include <trust/io/driver.hpp>
#include <trust/worker/core.hpp>

#include <algorithm>
#include <utility>

namespace trust::worker {

using link::record;
using link::status;
using link::verb;
namespace bits = link::record_bits;

namespace {

bool refused(call& c, errc e) noexcept {
  c.status = status::refused;
  c.small = static_cast<std::uint64_t>(e);
  return false;
}

/// True for what options.backlog bounds: a message, or a call begun by start.
bool nobody_awaits(const call& c) noexcept { return !c.is_awaited(); }

/// Its task was asked to stop: it does not begin to wait.
bool is_stopped(const call& c) noexcept { return c.is_awaited() && c.env->stop.cancels(); }

}  // namespace

outbound* loop::lane_to(const port* trustee) const noexcept {
  for (const auto& o : out_) {
    if (o->trustee == trustee && o->l != nullptr) return o.get();
  }
  return nullptr;
}

outbound& loop::make_lane(port& trustee) {
  auto o = std::make_unique<outbound>();
  o->l = lane::make(static_cast<std::uint32_t>(core_.opts().lane_capacity), &port_, &trustee);
  lane* const l = o->l;
  inbound* there = nullptr;
  base::undoing(
      [&] {
        o->farewell = new parting{*l};
        there = new inbound{*l};
        out_.reserve(out_.size() + 1);
        out_active_.reserve(out_.size() + 1);
      },
      [&] {
        delete there;
        delete o->farewell;
        l->leave();
        l->leave();
      });
  o->trustee = &trustee;
  o->farewell->open = [](letter& letter_, loop& w) noexcept {
    auto& p = static_cast<parting&>(letter_);
    w.client_left(*p.l);
    delete &p;
  };
  trustee.home->hold();
  port_.home->hold();
  there->open = [](letter& letter_, loop& w) noexcept { w.adopt(static_cast<inbound&>(letter_)); };
  if (!core::post(trustee, *there)) {
    delete there;
    delete o->farewell;
    l->leave();
    l->leave();
    trustee.home->drop();
    port_.home->drop();
    base::raise(error{errc::runtime_stopped});
  }
  outbound& made = *o;
  out_.push_back(std::move(o));
  if (!refuses_) table_[trustee.index & table_mask_] = &made;
  return made;
}

void loop::adopt(inbound& in) noexcept {
  in.burst = core_.burst_of(*in.client);
  in_active_.push_back(in);
  ++in_count_;
}

void loop::activate(outbound& o) noexcept {
  o.active = true;
  o.idle_passes = 0;
  out_active_.push_back(&o);  // reserved when the lane was made
}

void loop::ring(port& p) noexcept {
  if (p.parker.after_publishing(p.membarrier) != link::duty::ring) [[likely]]
    return;
  if (p.driver != nullptr) p.driver->ring(port_.driver);
  port_.count.rung.set(++rung_);
}

void loop::knock(outbound& o, link::duty d) noexcept {
  if (d == link::duty::absent) {
    o.closing = true;
    return;
  }
  if (o.trustee->driver != nullptr) o.trustee->driver->ring(port_.driver);
  port_.count.rung.set(++rung_);
}

/// What `published` does when the lane is not polled yet, or its trustee was seen other than awake.
bool loop::attend(outbound& o, std::uint32_t seen) noexcept {
  if (!o.active) activate(o);
  if (const link::duty d = o.trustee->parker.duty_of(seen); d != link::duty::nothing) knock(o, d);
  return true;
}

bool loop::queue_own(call& c) {
  if (is_stopped(c)) return refused(c, errc::cancelled);
  c.bits |= bits::answered;
  if (elsewhere(*c.target) != nullptr) {  // it moves: relayed at once, before any later call of this worker
    deliver(c);
    return true;
  }
  c.target->enqueued();
  own_unawaited_ += nobody_awaits(c);
  own_.push(c);
  listen(c, call_ear::place::own_queue, nullptr);
  return true;
}

bool loop::send_slowly(call& c, port& p) {
  if (port_.parker.peek() == link::forgotten) return refused(c, errc::forked);
  if (refuses_) return refused(c, errc::runtime_stopped);
  if (&p == &port_) return queue_own(c);
  return send_abroad(c, p);
}

bool loop::send_abroad(call& c, port& p) {
  if (p.mail.is_closed()) return refused(c, errc::runtime_stopped);
  outbound* o = lane_to(&p);
  if (o == nullptr) {
    o = &make_lane(p);
    if (port* const now = c.target->owner.get(); now != &p)  // the object has moved before that lane was registered
      return now == &port_ ? queue_own(c) : send_abroad(c, *now);
  }
  const bool unawaited = (c.bits & bits::answered) == 0;
  if (o->waiting.first == nullptr && publish(*o, c, *c.type)) {
    if (unawaited && (c.bits & bits::answered) == 0) c.go();  // it lies in the record now: the block is free
    return true;
  }
  if (is_stopped(c)) return refused(c, errc::cancelled);
  c.target->handles.add();
  o->waiting.push(c);
  c.small = ++o->queued;
  o->unawaited += nobody_awaits(c);
  if (!o->active) activate(*o);
  listen(c, call_ear::place::no_room, o);
  return true;
}

bool loop::has_room(port* trustee) noexcept {
  if (trustee == &port_) return own_unawaited_ < core_.opts().backlog;
  const outbound* o = lane_to(trustee);
  return o == nullptr || o->unawaited < core_.opts().backlog;
}

bool loop::send_unawaited(call& c) {
  port* const p = c.target->owner.get();
  if (port_.parker.peek() == link::forgotten) return refused(c, errc::forked);
  if (phase_ >= leaving) return refused(c, errc::runtime_stopped);
  if (!has_room(p)) return refused(c, errc::overloaded);
  if (p == &port_) return queue_own(c);
  return send_abroad(c, *p);
}

namespace {

bool mail(call& c, port& p) noexcept {
  c.letter::open = [](letter& l, loop& w) noexcept {
    w.face().strangers.lower();
    w.deliver(static_cast<call&>(l));
  };
  if (core::post(p, c)) return true;
  p.strangers.lower();
  return refused(c, c.target->home->forked() ? errc::forked : errc::runtime_stopped);
}

}  // namespace

bool send_as_stranger(call& c, const call_type& t) {
  c.type = &t;
  core& home = *c.target->home;
  if (home.phase.see() >= ending_tasks) return refused(c, home.forked() ? errc::forked : errc::runtime_stopped);
  port& p = *c.target->owner.get();
  p.strangers.raise();
  return mail(c, p);
}

bool send_as_stranger_unawaited(call& c) {
  core& home = *c.target->home;
  if (home.forked()) return refused(c, errc::forked);
  port& p = *c.target->owner.get();
  if (!p.strangers.raise(home.opts().backlog)) return refused(c, errc::overloaded);
  c.bits |= bits::answered;
  return mail(c, p);
}

// Room has come, or may have: what waits leaves in order.
unsigned loop::drain_waiting(outbound& o) noexcept {
  unsigned n = 0;
  while (call* c = o.waiting.first) {
    cell* const target = c->target;
    const bool unawaited = (c->bits & bits::answered) == 0;
    const bool counted = nobody_awaits(*c);
    call* const after = static_cast<call*>(c->resumable::next);
    if (!publish(o, *c, *c->type)) break;
    o.waiting.first = after;  // `c` is the trustee's now
    o.unawaited -= counted;
    ++n;
    c->stop_listening();
    if (unawaited && (c->bits & bits::answered) == 0) ready(*c);  // it lies in the record: the block is free
    target->drop_handle();
  }
  if (n != 0) note_left(o);
  if (o.unsaid != 0) n += tell_unsaid(o);
  if (o.fence_due) n += publish_fence(o);
  return n;
}

/// Something has gone from those that wait for room.
void loop::note_left(outbound& o) noexcept {
  o.dequeued = o.waiting.first != nullptr ? o.waiting.first->small - 1 : o.queued;
  o.waiters.each([&](leaving_waiter& w) {
    if (w.ticket > o.dequeued) return;
    w.unlink();
    ready(w);
  });
}

void loop::arrive(call& c, status s, std::uint64_t value) noexcept {
  c.status = s;
  c.small = value;
  base::begin_resumption(*this);
  c.go();
}

unsigned loop::collect(outbound& o, unsigned most, bool look_for_end) noexcept {
  if (o.l == nullptr) return 0;
  unsigned n = collect_answers(o, most);
  if (o.wants_room()) n += drain_waiting(o);
  if ((o.closing || look_for_end) && n == 0 && o.l->closed()) n += give_up(o);
  return n;
}

// A completion may show before the answer `later` of its own call has been collected, but never before that was published. So the chain is
// taken first, and resumed when all answers that showed by then have been collected.
unsigned loop::collect_answers(outbound& o, unsigned most) noexcept {
  if (o.chain == nullptr && !o.later.empty()) take_completions(o, o.l->collect_completions());
  unsigned n = 0;
  status s;
  std::uint64_t value;
  for (; n < most; ++n) {
    call* c = o.l->collect(s, value);
    if (c == nullptr) break;
    if (s == status::later) {
      answered_later(*c, o);
    } else {
      arrive(*c, s, value);
    }
  }
  o.unripe = n < most || n >= o.unripe ? 0 : o.unripe - n;
  return o.unripe != 0 ? n : n + resume_completions(o, most);
}

void loop::take_completions(outbound& o, coro::resumable* chain) noexcept {
  if (chain == nullptr) return;
  o.chain = chain;
  o.unripe = o.l->outstanding();
  ring(*o.trustee);  // it may sleep on a chain that found the mailbox full
}

unsigned loop::resume_completions(outbound& o, unsigned most) noexcept {
  unsigned n = 0;
  for (; n < most && o.chain != nullptr; ++n) {
    auto& c = static_cast<call&>(*o.chain);
    o.chain = c.resumable::next;
    if (c.listens() && is_told_to_stop(c, o)) continue;
    static_cast<base::links&>(c).unlink();
    base::begin_resumption(*this);
    c.go();
  }
  return n;
}

// The trustee has left: answers and completions that it gave are taken, what it did not take comes back refused.
unsigned loop::give_up(outbound& o) noexcept {
  unsigned n = collect_answers(o, ~0u);
  if (o.chain == nullptr) o.chain = o.l->take_rest();
  n += resume_completions(o, ~0u);
  if (n != 0) return n;  // what was resumed may have called again: once more
  if (table_[o.trustee->index & table_mask_] == &o) table_[o.trustee->index & table_mask_] = nullptr;
  lane* const l = std::exchange(o.l, nullptr);
  const auto come_back = [&](call& c) {
    c.stop_listening();
    refused(c, errc::runtime_stopped);
    ready(c);
    ++n;
  };
  l->take_back([&](record& r, call* who) {
    ++n;
    if (r.thunk == &loop::stop_there) return answered_later(*who, o);
    if (r.thunk == &loop::fence_there) return;
    r.thunk(verb::drop, r, nullptr);
    if (who != nullptr) return come_back(*who);
    unheard(std::make_exception_ptr(error{errc::runtime_stopped}), "a message to a worker that has left");
  });
  while (call* c = o.waiting.pop()) {
    c->head_in_call();
    c->type->in_call(verb::drop, c->head, nullptr);
    c->target->drop_handle();
    come_back(*c);
  }
  o.unawaited = 0;
  note_left(o);
  delete std::exchange(o.farewell, nullptr);
  l->leave();
  o.trustee->home->drop();
  o.trustee = nullptr;
  return n + 1;
}

}  // namespace trust::worker
