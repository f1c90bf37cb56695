// SPDX-License-Identifier: MIT
#pragma once
// message: a call that nobody waits for (post, attend), and `sent`, what it returns.
//
// The fast way writes the closure straight into a record. Otherwise the closure lies in a block of the caller's pool, which waits for room, or goes
// by pointer where it is too large for a record, and is given back when it has been copied or run. Back-pressure: await the `sent`.
// Where nothing can wait, options.backlog bounds what queues up; beyond it the post throws errc::overloaded and has sent nothing.

#include <trust/coro/promise.hpp>
#include <trust/delegate/closure.hpp>
#include <trust/delegate/op.hpp>

namespace trust {

/// Awaited, suspends until the message has left for its trustee's lane. Need not be awaited. Only on the worker that posted. A task that
/// is asked to stop ends the waiting with errc::cancelled; the message goes on.
class sent : public coro::ours {
 public:
  sent() noexcept = default;
  sent(worker::outbound* lane, std::uint64_t ticket) noexcept : lane_{lane}, ticket_{ticket} {}

  class awaiter : private coro::stop_node {
   public:
    awaiter(worker::outbound* lane, std::uint64_t ticket) noexcept : stop_node{&awaiter::stopped}, lane_{lane} {
      waiter_.ticket = ticket;
    }
    [[nodiscard]] bool await_ready() const noexcept { return has_left() && base::take_step(*base::here); }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      waiter_.frame = coro::turn_of(h);
      if (has_left()) {
        coro::here()->give_way(waiter_);
        return true;
      }
      env_ = h.promise().env;
      cancelled_ = env_->stop.cancels();
      if (cancelled_) return coro::here()->gives_way(waiter_);
      env_->stop.add(*this);
      lane_->waiters.push_back(waiter_);
      return true;
    }
    void await_resume() { await_result().value(); }
    [[nodiscard]] result<void> await_result() noexcept {
      stop_node::unlink();
      if (cancelled_) return failure{errc::cancelled};
      return result<void>::done();
    }

   private:
    [[nodiscard]] bool has_left() const noexcept { return lane_ == nullptr || lane_->dequeued >= waiter_.ticket; }
    static void stopped(coro::stop_node& n) noexcept {
      auto& self = static_cast<awaiter&>(n);
      if (!self.env_->stop.cancels()) return self.env_->stop.add(n);  // the runtime ends: messages leave all the same
      if (!self.waiter_.linked()) return;                             // it has left already
      self.waiter_.unlink();
      self.cancelled_ = true;
      coro::here()->ready(self.waiter_);
    }
    worker::outbound* lane_;
    worker::leaving_waiter waiter_;
    coro::environment* env_ = nullptr;
    bool cancelled_ = false;
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{lane_, ticket_}; }

  /// Whether the message has left already.
  [[nodiscard]] bool left() const noexcept { return lane_ == nullptr || lane_->dequeued >= ticket_; }

 private:
  worker::outbound* lane_ = nullptr;
  std::uint64_t ticket_ = 0;
};

namespace delegate {

/// What a temporary that g++ before 13 would destroy twice gives: a `sent` that must have a name to be awaited.
class named_sent : public sent {
 public:
  static constexpr bool hazardous = true;
  explicit named_sent(const sent& s) noexcept : sent{s} {}
  [[nodiscard]] awaiter operator co_await() const& noexcept { return sent::operator co_await(); }
  template <bool Hazardous = true> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<Hazardous>();
    return sent::operator co_await();
  }
};
template <class... X> using sent_of = std::conditional_t<any_hazardous<X...>, named_sent, sent>;

/// A message in a block of its own.
template <class Kind> class boxed final : public call_with_closure<Kind> {
 public:
  using Closure = typename Kind::Closure;

  /// True if it was sent; else `refusal` says why and nothing has happened.
  [[nodiscard]] static bool send(worker::cell& c, std::uint32_t how, Closure&& f, errc& refusal) {
    void* block = coro::frame_pool::allocate(sizeof(boxed));
    auto* self = base::undoing([&] { return ::new (block) boxed{&c, how, std::move(f)}; },
                               [&] { coro::frame_pool::release(block, sizeof(boxed)); });
    worker::loop* const w = worker::here();
    const bool went = base::undoing(
        [&] { return w != nullptr ? w->send_unawaited(*self) : worker::send_as_stranger_unawaited(*self); },
        [&] { self->give_back(true); });
    if (went) return true;
    refusal = static_cast<errc>(self->small);
    self->give_back(true);
    return false;
  }

 private:
  boxed(worker::cell* c, std::uint32_t how, Closure&& f) : call_with_closure<Kind>{c, how, std::move(f)} {
    this->type = &type_of<Kind>;
    this->env = nullptr;
    this->status = status::value;
    this->calls(&boxed::over);
  }

  void give_back(bool closure_alive) noexcept {
    if (closure_alive) this->closure.get().~Closure();
    this->~boxed();
    coro::frame_pool::release(this, sizeof(boxed));
  }

  /// The closure has been moved into a record, or has been run or dropped.
  static std::coroutine_handle<> over(coro::resumable& r) noexcept {
    auto& self = static_cast<boxed&>(static_cast<worker::call&>(r));
    if (self.status != status::value) {
      worker::here()->unheard(failure_of(self).exception(), base::type_name<Closure>());
    }
    self.give_back(false);
    return {};
  }
};

/// Sends it, or says why not; `out` gets what may be awaited.
template <class Kind>
[[nodiscard]] bool send_message(worker::cell* c, std::uint32_t bits, typename Kind::Closure&& f, sent& out,
                                errc& refusal) {
  bits |= flags_of<Kind>();
  if (c == nullptr) {
    refusal = errc::empty;
    return false;
  }
  worker::loop* const w = worker::here();
  constexpr std::uint32_t granules = in_record_layout<Kind>::granules;
  if constexpr (granules != 0) {
    worker::outbound* const o = w != nullptr ? w->open_lane(c->owner.get()) : nullptr;
    if (o != nullptr && granules <= o->l->longest()) {
      if (record* r = o->l->claim(granules, false)) {
        using Closure = typename Kind::Closure;
        r->bits = bits | granules;
        r->thunk = &in_record<Kind>;
        r->target = c;
        if constexpr (!in_record_layout<Kind>::empty) ::new (in_record_layout<Kind>::place(*r)) Closure(std::move(f));
        o->l->publish(*r, granules);
        w->published(*o);
        return true;
      }
    }
  }
  if (!boxed<Kind>::send(*c, bits, std::move(f), refusal)) return false;
  if (w != nullptr) {
    if (worker::outbound* o = w->lane_to(c->owner.get()); o != nullptr) out = sent{o, o->queued};
  }
  return true;
}

}  // namespace delegate
}  // namespace trust
