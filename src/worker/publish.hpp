// SPDX-License-Identifier: MIT
#pragma once
// publish: the straight way of a call: to a worker whose lane is open and has room.
//
// It is the middle of the hot path, so it is one function with whoever begins the call (src/delegate/outgoing.cpp): a
// prologue each for four functions made 154 instructions of a publication, and every store of the client waits in one
// queue behind the line that the trustee has had last (bench/README.md).

#include <trust/worker/loop.hpp>

namespace trust::worker {

inline bool loop::publish(outbound& o, call& c) noexcept {
  lane& l = *o.l;
  const call_type& type = *c.type;
  const bool in_record = type.granules != 0 && type.granules <= l.longest();
  if (!in_record) c.bits |= link::record_bits::answered;  // the call must outlive its request: somebody is told
  const std::uint32_t granules = in_record ? type.granules : 1;
  const bool answered = (c.bits & link::record_bits::answered) != 0;
  link::record* const r = l.claim(granules, answered);
  if (r == nullptr) return false;
  r->bits = c.bits | granules;
  r->target = c.target;
  r->thunk = in_record ? type.in_record : type.in_call;
  if (answered) r->who = &c;
  if (in_record && type.move_to_record != nullptr) type.move_to_record(c, *r);
  if (answered) {
    l.publish(*r, c);
  } else {
    l.publish(*r);
  }
  published(o);
  return true;
}

inline bool loop::send(call& c) {
  port* const p = c.target->owner.get();
  outbound* const o = open_lane(p);
  if (o != nullptr && publish(*o, c)) [[likely]]
    return true;
  return send_slowly(c, *p);
}

}  // namespace trust::worker
