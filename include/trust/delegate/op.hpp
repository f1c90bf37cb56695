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
#include <trust/delegate/outgoing.hpp>
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
template <class Kind, class Call = worker::call> struct call_with_closure : Call {
  using Closure = typename Kind::Closure;
  template <class... More>
  call_with_closure(worker::cell* c, std::uint32_t how, Closure&& f, More... more)
      : Call{c, how, more...}, closure{std::move(f)} {}
  closure_place<Closure> closure;
};

}  // namespace delegate

template <class Kind>
class [[nodiscard]] op : public coro::ours,
                         public delegate::call_with_closure<Kind, delegate::outgoing>,
                         public delegate::startable<op<Kind>, typename Kind::Result> {
  using base_call = delegate::call_with_closure<Kind, delegate::outgoing>;
  using closure_type = typename Kind::Closure;
  using stage = delegate::outgoing::stage;
  using hold = delegate::outgoing::hold;

 public:
  using value_type = typename Kind::Result;
  static constexpr bool hazardous = Kind::hazardous;
  static constexpr bool borrowed = delegate::is_borrowed<closure_type>();

  /// `owned`: a handle of the op's own.
  op(worker::cell* c, std::uint32_t how, bool owned, closure_type&& f)
      : base_call{c, how | delegate::flags_of<Kind>(), std::move(f), owned ? hold::handle : hold::nothing} {}
  op(op&& other)
      : base_call{other.target, other.bits, std::move(other.closure.get()), std::exchange(other.holds, hold::nothing)} {
    TRUST_ASSERT(other.at == stage::described, "an op was moved after it had begun");
  }
  op& operator=(op&&) = delete;
  ~op() {
    if (this->at == stage::ran_here) [[likely]]
      return;
    if (this->at == stage::described) {
      this->closure.get().~closure_type();
    } else if (this->status == link::status::error) {
      static_cast<void>(this->give_up_error());
    }
  }

  class awaiter {
   public:
    explicit awaiter(op& o) noexcept : op_{o} {}
    [[nodiscard]] bool await_ready() { return op_.shortcut(); }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      coro::require_our_coroutine<P>();
      return op_.suspend(h, h.promise().env);
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
  [[nodiscard]] bool begin(coro::resumable& then, coro::environment* waiting) {
    return delegate::outgoing::begin(delegate::type_of<Kind>, then, waiting);
  }
  /// Holds the object by a handle of the op's own from now on: whoever described it may drop his before it has ended.
  void own() noexcept {  // another handle would be in the way of who wants to be alone
    this->hold_object(Kind::wants_to_be_alone ? hold::weak : hold::handle);
  }
  value_type take() {
    if (!this->ended_well()) [[unlikely]]
      delegate::raise_failure(*this);
    return delegate::take_value<value_type>(*this, place);
  }
  [[nodiscard]] result<value_type> take_result() {
    if (!this->ended_well()) return delegate::failure_of(*this);
    return result_of([&]() -> value_type { return delegate::take_value<value_type>(*this, place); });
  }

  [[no_unique_address]] delegate::result_place<value_type> place;

 private:
  [[nodiscard]] bool suspend(std::coroutine_handle<> h, coro::environment* waiting) {
    using layout = delegate::in_record_layout<Kind>;
    if constexpr (layout::fits && !layout::empty) {
      this->frame = h;
      this->env = waiting;
      if (waiting->in_the_way) [[unlikely]]
        return this->suspend_slowly(delegate::type_of<Kind>);
      const worker::loop::vacancy v = this->reserve(layout::granules);
      if (v.place == nullptr) [[unlikely]]
        return this->suspend_slowly(delegate::type_of<Kind>);
      delegate::move_to_record<Kind>(*this, *v.place);
      return this->depart(v, &delegate::in_record<Kind>, layout::granules);
    } else {
      return delegate::outgoing::suspend(delegate::type_of<Kind>, h, waiting);
    }
  }

  /// True when the call has been run inline.
  [[nodiscard]] bool shortcut() {
    if constexpr (Kind::has_shortcut) {
      worker::cell* const c = this->target;
      if (c == nullptr) [[unlikely]]  // send says so
        return false;
      auto& w = static_cast<worker::loop&>(*base::here);  // a task awaits, so there is one
      if (c->owner.get() != w.face().shortcut) [[likely]]
        return false;
      if (!c->runs_in_place || w.steps == 0) return false;
      link::record r;
      r.bits = this->bits;
      r.target = c;
      r.who = static_cast<worker::call*>(this);
      const std::uint32_t left = std::exchange(w.steps, 0);
      const link::status s = delegate::run_guarded<Kind>(this->closure.get(), r, &this->small);
      w.steps = left - 1;
      if (s == link::status::value) [[likely]] {
        this->at = stage::ran_here;
      } else {
        this->status = s;
        this->at = stage::begun;
      }
      return true;
    } else {
      return false;
    }
  }
};

}  // namespace trust
