// SPDX-License-Identifier: MIT
// The end of a runtime, phase by phase (see worker/core.hpp). Each worker does its part when it sees the phase; worker 0 moves it on.
//
// Quiet is found in rounds: worker 0 starts round r, each worker reports once whether it has done anything since its report for r - 1 or has
// anything to do; two quiet rounds in a row mean that nothing is under way between workers. For if X had sent something that Y had not seen
// in the second round, X sent it before its report for the first (it did nothing since), that report came before the second round
// began, and Y looked at all its lanes and its inbox after that: it would have seen it.
// Model: tests/model/shutdown.cpp   Stress: tests/stress/shutdown.cpp

#include <trust/worker/core.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/loop.hpp>

#include <algorithm>
#include <utility>

namespace trust::worker {

using link::status;
using link::verb;

void loop::follow_phase() {
  const std::uint32_t p = core_.phase.see();
  while (phase_ < p && !left_) {
    open_mail();  // what was sent before the phase was asked for is begun
    switch (++phase_) {
      case stopping:
        fire_stop();
        break;
      case ending_tasks:
        ending_ = refuses_ = true;
        port_.shortcut = nullptr;
        std::fill_n(table_, table_mask_ + 1, nullptr);
        break;
      case destroying:
        destroy_objects();
        break;
      case leaving:
        leave();
        break;
      default:
        break;
    }
    port_.reached.publish(phase_);
    ++work_;
    if (port_.index != 0) ring(core_.at(0));
  }
  if (left_) return;
  if (phase_ == ending_tasks && ready_.empty()) end_roots();
  if (const std::uint64_t r = core_.round.see(); r != round_) {
    const bool was_busy = busy();
    round_ = r;
    work_at_round_ = work_;
    port_.report.publish(2 * r + (was_busy ? 1 : 0));
    if (port_.index != 0) ring(core_.at(0));
  }
  if (port_.index == 0) core_.advance();
}

bool loop::busy() const noexcept {
  if (work_ != work_at_round_ || !ready_.empty() || own_.first != nullptr || first_dying_ != nullptr ||
      telling_ != nullptr || leases_ != 0 || moves_ != 0)
    return true;
  if (!port_.mail.empty() || !abroad.empty()) return true;
  for (const outbound* o : out_active_) {
    if (o->l != nullptr && (!quiet(*o) || !o->l->all_taken())) return true;
  }
  return false;
}

void loop::fire_stop() noexcept {
  roots.each([](coro::root& r) { r.env.stop.request(coro::stop_reason::ending); });
}

// Tasks that did not end within the grace: each is destroyed unless a call of it is still with another core; that one is waited for.
void loop::end_roots() noexcept {
  roots.each([](coro::root& r) { r.env.abroad = false; });
  const auto mark = [](auto& c) {
    if (c.env != nullptr) c.env->is_abroad();
  };
  for (const auto& o : out_) {
    if (o->l == nullptr) continue;
    o->l->each_outstanding(mark);
    o->later.each(mark);
    for (call* c = o->waiting.first; c != nullptr; c = static_cast<call*>(c->resumable::next)) mark(*c);
    for (coro::resumable* c = o->chain; c != nullptr; c = c->next) mark(static_cast<call&>(*c));
  }
  for (call* c = own_.first; c != nullptr; c = static_cast<call*>(c->resumable::next)) mark(*c);
  waiting_here.each(mark);
  abroad.each([&](homeward& c) {
    if (c.withdraw != nullptr && c.withdraw(c)) {
      static_cast<base::hook&>(c).unlink();
      ready(c);
      ++work_;
    } else {
      mark(c);
    }
  });
  const auto next = [&] {
    coro::root* found = nullptr;
    roots.each([&](coro::root& r) {
      if (found == nullptr && !r.env.abroad) found = &r;
    });
    return found;
  };
  coro::root* r;
  while (ready_.empty() && (r = next()) != nullptr) {  // what an end completes goes on before the next one
    ++work_;
    r->abandon();
  }
  if (!ready_.empty()) return;
  if (parked_request* p = parked.pop_front(); p != nullptr) {  // nobody is left to let it run
    ++work_;
    p->abandon(*p);
  }
}

void loop::destroy_objects() noexcept {
  while (cell* c = owned.front()) destroy(*c);
}

// The last look: what shows now is run or refused; what comes later finds `left` on the parker, and its sender takes it back.
void loop::leave() {
  port_.parker.leave();
  while (port_.membarrier && !machine::membarrier()) let_another_make_its_barrier();
  in_active_.each([&](inbound& in) { part(in); });
  in_asleep_.each([&](inbound& in) { part(in); });
  for (letter* l = port_.mail.close(); l != nullptr;) {
    letter* next = l->next;
    l->open(*l, *this);
    l = next;
  }
  in_active_.each([&](inbound& in) { part(in); });  // lanes that registered last
  do {
    while (letter* l = std::exchange(first_dying_, nullptr)) {
      while (l != nullptr) {
        letter* next = l->next;
        static_cast<cell*>(l)->dying = false;
        try_destroy(static_cast<cell&>(*l));
        l = next;
      }
    }
  } while (serve_own(~0u) + run_ready(~0u) != 0 || first_dying_ != nullptr);
  for (const auto& o : out_) {
    if (o->l == nullptr) continue;
    if (core::post(*o->trustee, *o->farewell)) {
      o->farewell = nullptr;  // the trustee's now
    } else {
      delete std::exchange(o->farewell, nullptr);
    }
    std::exchange(o->l, nullptr)->leave();
    o->trustee->home->drop();
  }
  left_ = true;
}

/// The trustee's end of a lane is closed, after a last look at it.
void loop::part(inbound& in) noexcept {
  while (serve(in, ~0u) != 0) {}
  in.l->completions_out().tell();
  in.l->close();
  port* const client = in.client;
  ring(*client);
  remove(in);
}

/// The lane has no trustee's end any more.
void loop::remove(inbound& in) noexcept {
  for (inbound** at = &telling_; *at != nullptr; at = &(*at)->next_telling) {
    if (*at != &in) continue;
    *at = in.next_telling;
    break;
  }
  static_cast<base::hook&>(in).unlink();
  if (std::exchange(in.asked, false)) fence_came();
  --in_count_;
  in.l->leave();
  in.client->home->drop();
  delete &in;
}

void loop::client_left(lane& l) noexcept {
  const auto find = [&](inbound& in) {
    if (in.l != &l) return;
    while (serve(in, ~0u) != 0) {}
    remove(in);
  };
  in_active_.each(find);
  in_asleep_.each(find);
}

}  // namespace trust::worker
