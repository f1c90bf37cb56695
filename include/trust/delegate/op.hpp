// SPDX-License-Identifier: MIT
#pragma once
// op: a call, described: what apply, with, apply_each, launch and the others return. Nothing happens until it is begun.
//
// It is begun when it is awaited, by get(), future() or start(); till then it can be moved. It refers to the handle that it was made from, unless that
// was a temporary, which it then owns. While the call is under way it stays where it is: its place takes what does not fit a record.
// On the trustee's own thread an awaited call runs inline (promise 5), unless an earlier call of this thread to the object is queued, the
// object is not live, the step budget is spent or a closure is running.
// A `Kind` (see thunk.hpp) has besides: Result, T, and `inline_run(Closure&, T&)` where a shortcut is possible.

#include <trust/coro/promise.hpp>
#include <trust/delegate/begin.hpp>
#include <trust/delegate/closure.hpp>
#include <trust/delegate/outcome.hpp>
#include <trust/delegate/thunk.hpp>

#include <coroutine>
#include <utility>

namespace trust {

template <class Kind> class op;

namespace delegate {

/// Keeps the closure of an op alive until it is handed over.
template <class C> class closure_place {
 public:
  explicit closure_place(C&& c) { ::new (static_cast<void*>(bytes_)) C(std::move(c)); }
  [[nodiscard]] C& get() noexcept { return *std::launder(reinterpret_cast<C*>(bytes_)); }

 private:
  alignas(C) std::byte bytes_[sizeof(C)];
};

/// What an op and a message have in common: a call with its closure.
template <class Kind> struct call_with_closure : worker::call {
  using Closure = typename Kind::Closure;
  call_with_closure(worker::cell* c, std::uint32_t how, Closure&& f)
      : call{c, how, type_of<Kind>}, closure{std::move(f)} {}
  closure_place<Closure> closure;
};

}  // namespace delegate

template <class Kind>
class [[nodiscard]] op : public coro::ours,
                         public delegate::call_with_closure<Kind>,
                         public delegate::startable<op<Kind>, typename Kind::Result> {
  using base_call = delegate::call_with_closure<Kind>;
  using closure_type = typename Kind::Closure;

 public:
  using value_type = typename Kind::Result;
  static constexpr bool hazardous = Kind::hazardous;
  static constexpr bool borrowed = delegate::is_borrowed<closure_type>();

  /// `owned`: a handle of the op's own.
  op(worker::cell* c, std::uint32_t how, bool owned, closure_type&& f)
      : base_call{c, how, std::move(f)}, holds_{owned ? hold::handle : hold::nothing} {}
  op(op&& other)
      : base_call{other.target, other.bits, std::move(other.closure.get())},
        holds_{std::exchange(other.holds_, hold::nothing)} {
    TRUST_ASSERT(other.stage_ == stage::described, "an op was moved after it had begun");
  }
  op& operator=(op&&) = delete;
  ~op() {
    if (stage_ == stage::described) this->closure.get().~closure_type();
    if (holds_ == hold::handle) this->target->drop_handle();
    if (holds_ == hold::weak) this->target->drop_weak();
  }

  class awaiter {
   public:
    explicit awaiter(op& o) noexcept : op_{o} {}
    [[nodiscard]] bool await_ready() { return op_.shortcut(); }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      coro::require_our_coroutine<P>();
      op_.frame = h;
      op_.env = h.promise().env;
      return op_.send() || coro::here()->gives_way(op_);  // refused at once: a step, as any await that is ready
    }
    value_type await_resume() { return op_.take(); }
    [[nodiscard]] result<value_type> await_result() { return op_.take_result(); }

   private:
    op& op_;
  };

  [[nodiscard]] awaiter operator co_await() & noexcept { return awaiter{*this}; }
  template <bool H = hazardous> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<H>();
    return awaiter{*this};
  }

  // For startable and the combinators.

  /// Begins without a coroutine; false: it has ended already (refused).
  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* waiting) {
    this->act = &op::ended;
    this->env = waiting;
    done_ = &done;
    return send();
  }
  [[nodiscard]] worker::core* home() const noexcept { return this->target != nullptr ? this->target->home : nullptr; }
  /// Holds the object by a handle of the op's own from now on: whoever described it may drop his before it has ended.
  void own() noexcept {
    if (this->target == nullptr || holds_ != hold::nothing) return;
    if constexpr (Kind::wants_to_be_alone) {
      this->target->weaks.add();  // another handle would be in its way
      holds_ = hold::weak;
    } else {
      this->target->handles.add();
      holds_ = hold::handle;
    }
  }
  /// For a call that begins at once and waits nowhere: errc::overloaded where options.backlog is reached.
  void check_room() const {
    worker::cell* const c = this->target;
    if (c == nullptr) return;
    worker::port& p = *c->owner.get();
    worker::loop* const w = worker::here();
    if (w != nullptr ? !w->has_room(&p) : p.strangers.read() >= c->home->opts().backlog)
      base::raise(error{errc::overloaded});
  }
  value_type take() {
    TRUST_ASSERT(stage_ == stage::begun || stage_ == stage::ran_here,
                 "the result of an op was taken twice, or before it had begun");
    stage_ = stage::taken;
    if (this->status != link::status::value) [[unlikely]]
      delegate::raise_failure(*this);
    return delegate::take_value<value_type>(*this, place);
  }
  [[nodiscard]] result<value_type> take_result() {
    stage_ = stage::taken;
    if (this->status != link::status::value) return delegate::failure_of(*this);
    return result_of([&]() -> value_type { return delegate::take_value<value_type>(*this, place); });
  }

  [[no_unique_address]] delegate::result_place<value_type> place;

 private:
  enum class stage : std::uint8_t { described, begun, ran_here, taken };
  enum class hold : std::uint8_t { nothing, handle, weak };

  /// True when the call has been run inline, or has failed at once.
  [[nodiscard]] bool shortcut() {
    worker::cell* const c = this->target;
    if (c == nullptr) [[unlikely]]
      return false;  // send says so
    worker::loop& w = *worker::here();
    if (c->owner.get() != &w.face()) [[likely]]
      return false;
    if constexpr (Kind::has_shortcut) {
      if (!w.shortcut || w.in_closure || c->queued != 0 || c->state.get() != worker::cell_state::live ||
          w.face().parker.peek() == link::forgotten || !base::take_step(w)) {
        return false;
      }
      stage_ = stage::ran_here;
      link::record r;
      r.bits = this->bits;
      r.target = c;
      r.who = static_cast<worker::call*>(this);
      w.in_closure = true;
      this->status = delegate::run_guarded<Kind>(this->closure.get(), r, &this->small);
      w.in_closure = false;
      return true;
    } else {
      return false;
    }
  }

  [[nodiscard]] bool send() {
    TRUST_ASSERT(stage_ == stage::described, "an op can be begun once");
    worker::cell* const c = this->target;
    if (c == nullptr) [[unlikely]]
      return fail(errc::empty);
    stage_ = stage::begun;
    worker::loop* const w = worker::here();
    if (w == nullptr) [[unlikely]]
      return send_as_stranger(*c);
    constexpr std::uint32_t granules = delegate::in_record_layout<Kind>::granules;
    if constexpr (granules != 0) {
      worker::outbound* const o = w->open_lane(c->owner.get());
      if (o != nullptr && (granules == 1 || granules <= o->l->longest())) [[likely]] {
        if (link::record* r = o->l->claim(granules, true)) [[likely]] {
          r->bits = this->bits | granules;
          r->thunk = &delegate::in_record<Kind>;
          r->target = c;
          r->who = static_cast<worker::call*>(this);
          delegate::move_to_record<Kind>(*this, *r);
          o->l->publish(*r, *this);
          w->published(*o);
          return true;
        }
      }
    }
    if (base::undoing([&] { return w->send(*this); }, [&] { stage_ = stage::described; })) return true;
    this->closure.get().~closure_type();
    return false;
  }

  [[nodiscard]] bool send_as_stranger(worker::cell& c) {
    worker::port& p = *c.owner.get();
    this->letter::open = [](worker::letter& l, worker::loop& w) noexcept {
      w.face().strangers.lower();
      w.deliver(static_cast<worker::call&>(l));
    };
    p.strangers.raise();
    if (c.home->phase.see() < worker::ending_tasks && worker::core::post(p, *this)) return true;
    p.strangers.lower();
    this->closure.get().~closure_type();
    this->status = link::status::refused;
    this->small = static_cast<std::uint64_t>(c.home->forked() ? errc::forked : errc::runtime_stopped);
    return false;
  }

  [[nodiscard]] bool fail(errc e) noexcept {
    this->closure.get().~closure_type();
    stage_ = stage::begun;
    this->status = link::status::refused;
    this->small = static_cast<std::uint64_t>(e);
    return false;
  }

  static std::coroutine_handle<> ended(coro::resumable& r) noexcept {
    return static_cast<op&>(static_cast<worker::call&>(r)).done_->claim();
  }

  coro::resumable* done_ = nullptr;
  stage stage_ = stage::described;
  hold holds_;
};

}  // namespace trust
