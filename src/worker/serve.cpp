// SPDX-License-Identifier: MIT
// Serving: records of a lane, calls that came by inbox or by the worker's own queue, and requests that were held.

#include <trust/worker/core.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/loop.hpp>
#include <trust/worker/relay.hpp>

#include <cstring>
#include <new>
#include <utility>

namespace trust::worker {

using link::record;
using link::status;
using link::verb;
namespace bits = link::record_bits;

unsigned loop::serve(inbound& in, unsigned most) noexcept {
  lane& l = *in.l;
  auto& requests = l.in();
  record* r = requests.look();
  if (r == nullptr) return 0;
  auto& replies = l.replies_out();
  way_back* const outer = std::exchange(origin_, &in);
  const std::uint32_t left = std::exchange(steps, 0);
  unsigned n = 0;
  do {
    requests.pass(*r);
    ++n;
    cell& c = *static_cast<cell*>(r->target);
    const std::uint32_t how = r->bits;
    status s;
    if (c.state.get() == cell_state::live && c.owner.get() == &port_ && (how & bits::bounded) == 0) [[likely]] {
      s = r->thunk(verb::run, *r, replies.place());
      if (port_.stalled.get() != 0) [[unlikely]]
        name_stall(&c, r);
    } else {
      s = run_or_hold(c, *r, replies.place(), &in);
    }
    if ((how & bits::answered) != 0) {
      if (s == status::later) [[unlikely]]
        ++in.later;
      replies.answer(s);
    }
  } while (n < most && (r = requests.look()) != nullptr);
  steps = left;
  origin_ = outer;
  replies.tell();
  requests.tell();
  served_ += n;
  port_.count.served.set(served_);
  ring(*in.client);
  return n;
}

/// The watch has seen this worker stand still: what it came out of just now is named.
void loop::name_stall(const cell* c, record* r) noexcept {
  port_.stalled.set(0);
  base::attempt(
      [&] {
        std::string what = "trust/" + std::to_string(port_.index) + ": ";
        if (c == nullptr) {
          what += "a coroutine's slice was";
        } else {
          const char* type = "";
          r->thunk(verb::describe, *r, &type);
          what += std::string{"the closure "} + type + " on the object " +
                  (c->name.empty() ? "(unnamed) of type " : c->name + " of type ") + c->type->name() + " was";
        }
        core_.log(severity::warning, what + " longer than options.stall_report");
      },
      [](std::exception_ptr) {});
}

/// A request for an object that is not live, or not here.
status loop::except(cell& c, record& r, void* out, way_back* from) noexcept {
  switch (c.state.get()) {
    case cell_state::building:
    case cell_state::claimed:
    case cell_state::lent:
    case cell_state::moving:
      return hold(c, r, out, from);
    case cell_state::failed:
      if ((r.bits & bits::answered) != 0) {
        r.thunk(verb::drop, r, nullptr);
        return static_cast<call*>(r.who)->fails(std::exception_ptr{c.why_failed});
      }
      r.thunk(verb::drop, r, nullptr);
      unheard(c.why_failed, "a message to an object whose constructor threw");
      return status::value;
    case cell_state::gone:
      return refuse(r, out, core_.phase.get() == running ? errc::empty : errc::runtime_stopped);
    case cell_state::live:
      break;
  }
  return run_now(c, r, out, from);
}

status loop::refuse(record& r, void* out, errc e) noexcept {
  r.thunk(verb::drop, r, nullptr);
  if ((r.bits & bits::answered) == 0) {
    unheard(std::make_exception_ptr(error{e}), "a message that came too late");
    return status::value;
  }
  return refuse_now(out, e);
}

status loop::refuse_now(void* out, errc e) noexcept {
  const auto code = static_cast<std::uint64_t>(e);
  std::memcpy(out, &code, sizeof code);
  return status::refused;
}

status loop::hold(cell& c, record& r, void* out, way_back* from) noexcept {
  const std::uint32_t granules = r.bits & bits::granules;
  void* block = base::attempt([&] { return coro::frame_pool::allocate(held::bytes(granules)); },
                              [](std::exception_ptr) -> void* { return nullptr; });
  if (block == nullptr) {
    if ((r.bits & bits::answered) == 0) return refuse(r, out, errc::overloaded);
    r.thunk(verb::drop, r, nullptr);
    return static_cast<call*>(r.who)->fails(std::make_exception_ptr(std::bad_alloc{}));
  }
  auto* h = new (block) held{from, granules, r};
  r.thunk(verb::relocate, r, &h->head);
  c.hold(*h);
  if ((r.bits & bits::answered) != 0) waits(*static_cast<call*>(r.who), from, h);
  return status::later;
}

held::held(way_back* f, std::uint32_t n, const record& r) noexcept
    : entry{f, false},
      stoppable{[](stoppable& s) noexcept { here()->stop_held(static_cast<held&>(s)); }},
      granules{n},
      head{r} {}

/// Its caller does not want it any more.
void loop::stop_held(held& h) noexcept {
  cell& c = *static_cast<cell*>(h.head.target);
  c.let_go(h);
  h.head.thunk(verb::drop, h.head, nullptr);
  call& who = *static_cast<call*>(h.head.who);
  way_back* const from = h.from;
  coro::frame_pool::release(&h, held::bytes(h.granules));
  who.small = static_cast<std::uint64_t>(errc::cancelled);
  complete(who, from, status::refused);
  settle(c);
}

/// Why a request must not be begun any more; none: it may.
errc loop::too_late(const record& r) const noexcept {
  if ((r.bits & bits::bounded) == 0) return {};
  const auto* bound = static_cast<const bound_environment*>(static_cast<const call*>(r.who)->env->bound);
  return bound != nullptr ? bound->verdict([this] { return now(); }) : errc{};
}

status loop::run_or_hold(cell& c, record& r, void* out, way_back* from) noexcept {
  if (const errc e = too_late(r); e != errc{}) return refuse(r, out, e);
  if (port* const to = elsewhere(c)) return relay(r, out, from, *to);
  const cell_state state = c.state.get();
  const bool runs = state == cell_state::live || (state == cell_state::claimed && passes(c, r, from, nullptr));
  return runs ? run_now(c, r, out, from) : except(c, r, out, from);
}

status loop::run_now(cell& c, record& r, void* out, way_back* from) noexcept {
  way_back* const outer = std::exchange(origin_, from);
  const std::uint32_t left = std::exchange(steps, 0);
  const status s = r.thunk(verb::run, r, out);
  if (port_.stalled.get() != 0) [[unlikely]]
    name_stall(&c, &r);
  steps = left;
  origin_ = outer;
  return s;
}

void loop::built(cell& c) noexcept {
  owned.push_back(c);
  settle(c);
}

void loop::gone(cell& c) noexcept {
  c.becomes(cell_state::gone);
  static_cast<base::hook&>(c).unlink();
}

void loop::unpin(cell& c) noexcept {
  if (--c.pins != 0) return;
  if (c.first_held != nullptr) return settle(c);  // after which it may be another worker's
  if (c.condemned) condemn(c);
}

void loop::deliver(call& c) noexcept {
  c.head_in_call();
  const bool answered = (c.bits & bits::answered) != 0;
  TRUST_ASSERT(answered, "a call outside of lanes is always told how it ended");
  const status s = run_or_hold(*c.target, c.head, &c.small, nullptr);
  if (!answered) return;
  if (s != status::later) return finish_here(c, s);
  waiting_here.push_back(c);
  listen(c, call_ear::place::later_here, nullptr);
}

unsigned loop::serve_own(unsigned most) noexcept {
  unsigned n = 0;
  for (; n < most; ++n) {
    call* c = own_.pop();
    if (c == nullptr) break;
    cell& target = *c->target;
    own_unawaited_ -= !c->is_awaited();
    c->stop_listening();
    deliver(*c);  // c may be gone now
    if (target.dequeued() && target.condemned) condemn(target);
  }
  return n;
}

/// The call waits on this worker, or on a foreign thread whose callback runs here: from the ready queue.
void loop::finish_here(call& c, status s) noexcept {
  static_cast<base::links&>(c).unlink();
  c.stop_listening();
  c.status = s;
  ready(c);
}

void loop::complete(call& c, way_back* from, status s) noexcept {
  if (from != nullptr && !from->by_lane) return come_back(static_cast<relayed&>(*from), s);
  c.waits_at = nullptr;
  if (from == nullptr) return finish_here(c, s);
  auto& in = static_cast<inbound&>(*from);
  c.status = s;
  in.l->completions_out().add(c);
  --in.later;
  if (std::exchange(in.telling, true)) return;
  in.next_telling = std::exchange(telling_, &in);
}

void loop::waits(call& c, way_back* from, stoppable* s) noexcept {
  (from != nullptr && !from->by_lane ? static_cast<relayed&>(*from).inner : c.waits_at) = s;
}

unsigned loop::tell_completions() noexcept {
  unsigned n = 0;
  for (inbound** at = &telling_; *at != nullptr;) {
    inbound& in = **at;
    if (!in.l->completions_out().tell()) {
      at = &in.next_telling;
      continue;
    }
    in.telling = false;
    *at = in.next_telling;
    ring(*in.client);
    ++n;
  }
  return n;
}

void loop::send_home(homeward& h) noexcept {
  if (h.home_port == nullptr || h.home_port == &port_) return ready(h);
  h.come_home();
}

}  // namespace trust::worker
