// SPDX-License-Identifier: MIT
// The way of a call from its maker to the worker's loop, or to the inbox of a trustee from a thread that has none.

#include "worker/publish.hpp"
#include <trust/base/exceptions.hpp>
#include <trust/delegate/outgoing.hpp>
#include <trust/worker/core.hpp>

namespace trust::delegate {

inline bool outgoing::send() {
  TRUST_ASSERT(at == stage::described, "an op can be begun once");
  if (target == nullptr) [[unlikely]]
    return refuse(errc::empty);
  at = stage::begun;
  worker::loop* const w = worker::here();
  const bool went = base::undoing([&] { return w != nullptr ? w->send(*this) : worker::send_as_stranger(*this); },
                                  [&] { at = stage::described; });
  return went || refuse(static_cast<errc>(small));
}

bool outgoing::begin(const worker::call_type& t, coro::resumable& then, coro::environment* waiting) {
  begins(t, waiting);
  calls(
      [](coro::resumable& r) noexcept { return static_cast<outgoing&>(static_cast<worker::call&>(r)).done->claim(); });
  done = &then;
  return send();
}

bool outgoing::suspend(const worker::call_type& t, std::coroutine_handle<> h, coro::environment* waiting) {
  begins(t, waiting);
  frame = h;
  return send() || coro::here()->gives_way(*this);  // refused at once: a step, as any await that is ready
}

bool outgoing::refuse(errc e) noexcept {
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

void outgoing::check_room() const {
  if (target == nullptr) return;
  worker::port& p = *target->owner.get();
  worker::loop* const w = worker::here();
  if (w != nullptr ? !w->has_room(&p) : p.strangers.read() >= target->home->opts().backlog)
    base::raise(trust::error{errc::overloaded});
}

}  // namespace trust::delegate
