// SPDX-License-Identifier: MIT
// What becomes of an awaited call when its task is asked to stop (promise 8): by where it is.
//
//     waits for room      is taken back, with its closure: it ends with errc::cancelled
//     in the own queue    the same
//     published           goes on; its trustee refuses it if it has not begun and its environment is bounded
//     answered `later`    its trustee is told by a message; the caller goes on when both the result and the answer to that have come
//     later, on this very worker      is stopped directly
// The message is a record of the same call with another thunk, so it needs no memory and cannot fail; its answer is a second `later`. Where
// the lane has no room for it, it leaves with the next answer that is collected.
// Model: tests/model/halt.cpp   Tests: tests/unit/delegate/stopped_calls.cpp, tests/stress/cancel.cpp

#include <trust/worker/core.hpp>

#include <utility>

namespace trust::worker {

using link::record;
using link::status;
using link::verb;
namespace bits = link::record_bits;

void loop::listen(call& c, call_ear::place at, outbound* o) noexcept {
  if (!c.is_awaited()) return;
  c.listen(&loop::heard, at, o);
  if (c.env->stop.cancels()) return stop_call(c);
  c.env->stop.add(c.ear());
}

void loop::heard(coro::stop_node& n) noexcept {
  call& c = static_cast<call_ear&>(n).of;
  if (!c.env->stop.cancels()) return c.env->stop.add(n);  // the runtime ends: delegation goes on
  here()->stop_call(c);
}

void loop::stop_call(call& c) noexcept {
  call_ear& e = c.ear();
  switch (e.at) {
    case call_ear::place::no_room: {
      outbound& o = *e.lane;
      o.waiting.remove(c);
      take_back(c);
      c.target->drop_handle();
      return note_left(o);
    }
    case call_ear::place::own_queue: {
      cell& target = *c.target;
      own_.remove(c);
      take_back(c);
      if (target.dequeued() && target.condemned) condemn(target);
      return;
    }
    case call_ear::place::later:
      e.talk.ask();
      if (!tell_to_stop(c)) ++e.lane->unsaid;
      return;
    case call_ear::place::later_here:
      if (stoppable* s = std::exchange(c.waits_at, nullptr)) s->stop(*s);
      return;
  }
}

void loop::take_back(call& c) noexcept {
  c.stop_listening();
  c.head_in_call();
  c.type->in_call(verb::drop, c.head, nullptr);
  c.status = status::refused;
  c.small = static_cast<std::uint64_t>(errc::cancelled);
  ready(c);
}

/// False: no room.
bool loop::tell_to_stop(call& c) noexcept {
  outbound& o = *c.ear().lane;
  record* const r = o.l->claim(1, true);
  if (r == nullptr) return false;
  r->bits = bits::answered | 1;
  r->target = o.trustee->hall;
  r->thunk = &loop::stop_there;
  r->who = &c;
  o.l->publish(*r, 1, c);
  c.ear().talk.send();
  return published(o);
}

unsigned loop::tell_unsaid(outbound& o) noexcept {
  const std::size_t before = o.unsaid;
  o.later.each([&](call& c) {
    if (o.unsaid == 0 || !c.listens() || !c.ear().talk.to_be_sent()) return;
    if (tell_to_stop(c)) --o.unsaid;
  });
  return static_cast<unsigned>(before - o.unsaid);
}

/// On the trustee. The caller's frame is there until this has been answered.
status loop::stop_there(verb v, record& r, void* out) {
  call& c = *static_cast<call*>(r.who);
  switch (v) {
    case verb::run:
      if (stoppable* s = std::exchange(c.waits_at, nullptr)) s->stop(*s);
      --static_cast<inbound*>(here()->origin())->later;  // no completion is owed for this `later`
      return status::later;
    case verb::describe:
      *static_cast<const char**>(out) = "a stop request";
      break;
    case verb::relocate:
    case verb::drop:
      break;
  }
  return status::later;
}

/// The first time it is the call's own answer, the second time that to the message which stops it.
void loop::answered_later(call& c, outbound& o) noexcept {
  if (!c.listens()) {
    c.begin_unlinked();
    o.later.push_back(c);
    return listen(c, call_ear::place::later, &o);
  }
  if (!c.ear().talk.answered()) return;
  static_cast<base::links&>(c).unlink();
  c.stop_listening();
  ready(c);
}

/// It has its result: true when it has to wait for the answer to the message too.
bool loop::is_told_to_stop(call& c, outbound& o) noexcept {
  call_ear& e = c.ear();
  if (!e.talk.completed()) return true;
  if (e.talk.to_be_sent()) --o.unsaid;
  c.stop_listening();
  return false;
}

}  // namespace trust::worker
