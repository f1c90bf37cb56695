// SPDX-License-Identifier: MIT
// The way of a call from its maker to the worker's loop, or to the inbox of a trustee from a thread that has none.

#include "worker/publish.hpp"
#include <trust/base/exceptions.hpp>
#include <trust/coro/promise.hpp>
#include <trust/delegate/outgoing.hpp>
#include <trust/worker/core.hpp>

namespace trust::delegate {

inline bool outgoing::send(const worker::call_type& t) {
  TRUST_ASSERT(at == stage::described, "an op can be begun once");
  if (target == nullptr) [[unlikely]]
    return refuse(t, errc::empty);
  if (env != nullptr && env->in_the_way) [[unlikely]] {
    if (env->awaited && env->stop.cancels()) return refuse(t, errc::cancelled);
    bits |= link::record_bits::bounded;
  }
  at = stage::begun;
  worker::loop* const w = worker::here();
  const bool went = base::undoing([&] { return w != nullptr ? w->send(*this, t) : worker::send_as_stranger(*this, t); },
                                  [&] { at = stage::described; });
  return went || refuse(t, static_cast<errc>(small));
}

bool outgoing::begin(const worker::call_type& t, coro::resumable& then, coro::environment* waiting) {
  env = waiting;
  calls(
      [](coro::resumable& r) noexcept { return static_cast<outgoing&>(static_cast<worker::call&>(r)).done->claim(); });
  done = &then;
  return send(t);
}

bool outgoing::suspend(const worker::call_type& t, std::coroutine_handle<> h, coro::environment* waiting) {
  TRUST_ASSERT(at == stage::described, "an op can be begun once");
  frame = h;
  env = waiting;
  if (target != nullptr && !waiting->in_the_way) [[likely]] {
    auto& w = static_cast<worker::loop&>(*base::here);
    const worker::loop::vacancy v = w.find_vacancy(target->owner.get(), 1);
    if (v.place != nullptr) [[likely]] {
      at = stage::begun;
      return w.publish_at(v, *this, t.granules != 0 ? t.in_record : t.in_call, 1);
    }
  }
  return suspend_slowly(t);
}

worker::loop::vacancy outgoing::reserve(std::uint32_t granules) const noexcept {
  if (target == nullptr) [[unlikely]]
    return {nullptr, nullptr};
  return static_cast<worker::loop&>(*base::here).find_vacancy(target->owner.get(), granules);
}

bool outgoing::depart(worker::loop::vacancy v, worker::call_type::thunk thunk, std::uint32_t granules) noexcept {
  TRUST_ASSERT(at == stage::described, "an op can be begun once");
  at = stage::begun;
  return static_cast<worker::loop&>(*base::here).publish_at(v, *this, thunk, granules);
}

bool outgoing::suspend_slowly(const worker::call_type& t) {
  frame = coro::turn_of(frame, *env);
  return send(t) || coro::here()->gives_way(*this);  // refused at once: a step, as any await that is ready
}

bool outgoing::refuse(const worker::call_type& t, errc e) noexcept {
  type = &t;
  head_in_call();
  type->in_call(link::verb::drop, head, nullptr);
  at = stage::begun;
  status = link::status::refused;
  small = static_cast<std::uint64_t>(e);
  return false;
}

void outgoing::hold_object(hold h) noexcept {
  if (target == nullptr || holds != hold::nothing) return;
  (h == hold::weak ? target->weaks : target->handles).add();
  holds = h;
}

void outgoing::let_go() noexcept {
  if (holds == hold::weak) return target->drop_weak();
  target->drop_handle();
}

void check_room_at(worker::cell* c) {
  if (c == nullptr) return;
  worker::port& p = *c->owner.get();
  worker::loop* const w = worker::here();
  if (w != nullptr ? !w->has_room(&p) : p.strangers.read() >= c->home->opts().backlog)
    base::raise(trust::error{errc::overloaded});
}

}  // namespace trust::delegate
