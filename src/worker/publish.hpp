// SPDX-License-Identifier: MIT
#pragma once
// publish: the straight way of a call: to a worker whose lane is open and has room.
//
// It is the middle of the hot path, so it is one function with whoever begins the call (src/delegate/outgoing.cpp), which
// calls nothing but its own end and so saves no register: every store of the client, a saved register too, waits in one
// queue behind the line that the trustee has had last (bench/README.md). `publish` is for all other ways into a lane.

#include <trust/worker/loop.hpp>

namespace trust::worker {

inline loop::vacancy loop::find_vacancy(const port* trustee, std::uint32_t granules) const noexcept {
  outbound* const o = open_lane(trustee);
  return {o, o != nullptr ? o->l->claim_known(granules) : nullptr};
}

inline bool loop::publish_at(vacancy v, call& c, call_type::thunk thunk, std::uint32_t granules) noexcept {
  v.place->bits = c.bits | granules;
  v.place->target = c.target;
  v.place->thunk = thunk;
  v.place->who = &c;
  v.lane->l->publish(*v.place, granules, c);
  return published(*v.lane);
}

inline bool loop::publish(outbound& o, call& c, const call_type& type) noexcept {
  lane& l = *o.l;
  const bool in_record = type.granules != 0 && type.granules <= l.longest();
  if (!in_record) c.bits |= link::record_bits::answered;  // the call must outlive its request: somebody is told
  const std::uint32_t granules = in_record ? type.granules : 1;
  const bool answered = (c.bits & link::record_bits::answered) != 0;
  link::record* const r = l.claim(granules, answered);
  if (r == nullptr) return false;
  if (in_record && type.move_to_record != nullptr) type.move_to_record(c, *r);
  if (answered) return publish_at({&o, r}, c, in_record ? type.in_record : type.in_call, granules);
  r->bits = c.bits | granules;
  r->target = c.target;
  r->thunk = type.in_record;
  l.publish(*r, granules);
  return published(o);
}

inline bool loop::send(call& c, const call_type& t) {
  port* const p = c.target->owner.get();
  outbound* const o = open_lane(p);
  if (o != nullptr && publish(*o, c, t)) [[likely]]
    return true;
  c.type = &t;
  return send_slowly(c, *p);
}

}  // namespace trust::worker
