// SPDX-License-Identifier: MIT
#pragma once
// begin: how an operation is begun and ended without a coroutine: get, future, start. Base of every op.
//
// An `Op` has: begin(resumable& done, environment*) -> bool (false: it has ended already), take() -> R, take_result() -> result<R>,
// home() -> the core that it needs, or null, own(): holds its object by a handle of its own. `done` goes on when the op has ended: on the
// caller's worker, or for a foreign thread on the trustee's, from its ready queue.
// Tests: tests/unit/delegate/foreign.cpp

#include <trust/base/result.hpp>
#include <trust/coro/task.hpp>
#include <trust/delegate/borrow.hpp>
#include <trust/worker/core.hpp>

#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace trust::delegate {

template <class C, class R>
concept takes_value = (std::is_void_v<R> && std::invocable<C&>) || std::invocable<C&, R>;

/// The parameter type of a callable that is not generic, or void.
template <class C> struct only_parameter {
  using type = void;
};
template <class X, class Rt, class P> struct only_parameter<Rt (X::*)(P)> {
  using type = std::remove_cvref_t<P>;
};
template <class X, class Rt, class P> struct only_parameter<Rt (X::*)(P) const> : only_parameter<Rt (X::*)(P)> {};
template <class X, class Rt, class P> struct only_parameter<Rt (X::*)(P) noexcept> : only_parameter<Rt (X::*)(P)> {};
template <class X, class Rt, class P>
struct only_parameter<Rt (X::*)(P) const noexcept> : only_parameter<Rt (X::*)(P)> {};
template <class Rt, class P> struct only_parameter<Rt (*)(P)> {
  using type = std::remove_cvref_t<P>;
};

/// Whether a callback asks for result<R> rather than for R.
template <class C, class R> consteval bool wants_result() {
  if constexpr (requires { &C::operator(); }) {
    return std::is_same_v<typename only_parameter<decltype(&C::operator())>::type, result<R>>;
  } else {
    return std::is_same_v<typename only_parameter<C>::type, result<R>>;
  }
}

/// What a callback returns, which nobody takes.
template <class C, class R>
struct returned_by
    : std::conditional_t<wants_result<C, R>(), std::invoke_result<C&, result<R>>, std::invoke_result<C&, R>> {};
template <class C>
struct returned_by<C, void>
    : std::conditional_t<wants_result<C, void>(), std::invoke_result<C&, result<void>>, std::invoke_result<C&>> {};

/// Refuses callbacks that cannot be called, and those whose task or op would be dropped before it began.
template <class R, class C> consteval void check_callback() {
  static_assert(takes_value<C, R> || std::invocable<C&, result<R>>,
                "trust-tee: this callback can be called neither with the result R of the call nor with a result<R>");
  if constexpr (takes_value<C, R> || std::invocable<C&, result<R>>) {
    using X = typename returned_by<C, R>::type;
    static_assert(
        !is_task<X> && !requires(X& x, coro::resumable& done) { x.begin(done, nullptr); },
        "trust-tee: this callback returns a task or an op, which nobody would begin; spawn the task, or start or post "
        "the call");
  }
}

/// Calls `callback` with what `op` has come to. What nobody takes goes to options.on_error.
template <class R, class C> void hand_over(C& callback, result<R> r, worker::core* home) noexcept {
  base::attempt(
      [&] {
        if constexpr (wants_result<C, R>()) {
          std::invoke(callback, std::move(r));
        } else if (!r.has_value()) {
          if (home != nullptr) home->report_unheard(r.error().exception(), "a call whose callback takes no result<R>");
        } else if constexpr (std::is_void_v<R>) {
          std::invoke(callback);
        } else {
          std::invoke(callback, std::move(r).take());
        }
      },
      [&](std::exception_ptr e) {
        if (home != nullptr) home->report_unheard(std::move(e), "a callback");
      });
}

/// Keeps a core, or none, for a report. A worker's own needs no keeping on its thread (`leaves`: it will be used on another).
class core_holder {
 public:
  explicit core_holder(worker::core* c, bool leaves = false) noexcept
      : core_{c}, holds_{c != nullptr && (leaves || worker::here() == nullptr || &worker::here()->home() != c)} {
    if (holds_) core_->hold();
  }
  core_holder(core_holder&& o) noexcept : core_{o.core_}, holds_{std::exchange(o.holds_, false)} {}
  core_holder& operator=(core_holder&&) = delete;
  ~core_holder() {
    if (holds_) core_->drop();
  }
  [[nodiscard]] worker::core* get() const noexcept { return core_; }

 private:
  worker::core* core_;
  bool holds_;
};

/// An op that was started, with its callback: one block, from the worker's pool, or the allocator's on a foreign thread.
template <class Op, class C> class started final : public coro::resumable {
 public:
  using R = typename Op::value_type;

  static void go(Op&& op, C&& callback) {
    void* block = coro::frame_pool::allocate(sizeof(started));
    auto* self = base::undoing([&] { return new (block) started{std::move(op), std::move(callback)}; },
                               [&] { coro::frame_pool::release(block, sizeof(started)); });
    self->op_.own();  // the handle that it was described with may go before it has ended
    if (base::undoing([&] { return self->op_.begin(*self, nullptr); }, [&] { self->give_back(); })) return;
    if (worker::loop* w = worker::here(); w != nullptr) {
      w->ready(*self);  // never from inside start
    } else {
      ended(*self);
    }
  }

 private:
  started(Op&& op, C&& callback) : resumable{&started::ended}, op_{std::move(op)}, callback_{std::move(callback)} {}

  static std::coroutine_handle<> ended(resumable& r) noexcept {
    auto& self = static_cast<started&>(r);
    const core_holder home{self.op_.home()};
    result<R> outcome = self.op_.take_result();
    C callback = std::move(self.callback_);
    self.give_back();
    hand_over<R>(callback, std::move(outcome), home.get());
    return {};
  }

  void give_back() noexcept {
    this->~started();
    coro::frame_pool::release(this, sizeof(started));
  }

  Op op_;
  C callback_;
};

/// What a thread that stands still waits with.
class stander final : public coro::resumable {
 public:
  explicit stander(link::gate& g) noexcept : resumable{&stander::ended}, gate_{g} {}

 private:
  static std::coroutine_handle<> ended(resumable& r) noexcept {
    link::gate& g = static_cast<stander&>(r).gate_;
    g.open();  // the waiter, and `r` with it, may be gone from here on
    g.drop();
    return {};
  }
  link::gate& gate_;
};

template <class Op, class Value> class startable {
 public:
  /// Waits for the result, standing still: for threads that are no workers. Throws what the closure threw, or a trust::error
  /// (would_block on a worker, runtime_stopped, empty, forked).
  Value get() {
    if (worker::here() != nullptr) {
      if constexpr (is_result<Value>) return Value{errc::would_block};
      base::raise(error{errc::would_block});
    }
    worker::core* const home = self().home();
    if (home != nullptr && home->is_simulated()) return get_simulated(*home);
    link::gate* const gate = link::gate::make();
    stander done{*gate};
    if (self().begin(done, nullptr)) {
      gate->wait();
    } else {
      gate->drop();
    }
    gate->drop();
    return self().take();
  }

  /// The result as a std::future; begins now. On a worker: errc::would_block, since its future could only be waited for by standing still.
  [[nodiscard]] std::future<Value> future() {
    if (worker::here() != nullptr) base::raise(error{errc::would_block});
    std::promise<Value> promise;
    std::future<Value> f = promise.get_future();
    begin_with([p = std::move(promise)](result<Value> r) mutable {
      if (!r.has_value()) {
        p.set_exception(r.error().exception());
      } else if constexpr (std::is_void_v<Value>) {
        p.set_value();
      } else {
        p.set_value(std::move(r).take());
      }
    });
    return f;
  }

  /// Begins now; `callback(R)` or `callback(result<R>)` is called later: on this worker, or for a foreign thread on the trustee's.
  /// Both the op and the callback must not borrow: by-reference captures are refused.
  template <class C> void start(C&& callback) {
    check_startable<Op>();
    check_callback<Value, std::decay_t<C>>();
    check_unawaited<C>();
    begin_with(std::forward<C>(callback));
  }

  /// The same; the callback is given to `executor.post(f)`, with f() -> void. The executor must outlive the call.
  template <class E, class C>
    requires requires(E& e, void (*f)()) { e.post(f); }
  void start(E& executor, C&& callback) {
    check_startable<Op>();
    check_callback<Value, std::decay_t<C>>();
    check_unawaited<C>();
    auto* const home = self().home();
    begin_with([e = std::addressof(executor), c = std::forward<C>(callback), home](result<Value> r) mutable {
      auto kept = std::make_shared<std::pair<result<Value>, core_holder>>(std::move(r), core_holder{home, true});
      auto later = [c = std::move(c), kept = std::move(kept)]() mutable {
        hand_over<Value>(c, std::move(kept->first), kept->second.get());
      };
      e->post(std::move(later));
    });
  }

 private:
  [[nodiscard]] Op& self() noexcept { return static_cast<Op&>(*this); }

  template <class C> void begin_with(C&& callback) {
    if constexpr (requires { self().check_room(); }) self().check_room();
    started<Op, std::decay_t<C>>::go(std::move(self()), std::decay_t<C>(std::forward<C>(callback)));
  }

  // In a simulation the caller runs the workers; what can never happen must not leave an op on a stack that goes.
  Value get_simulated(worker::core& home) {
    const auto r = std::make_shared<result<Value>>();
    const core_holder kept{&home, true};
    auto keep = [r](result<Value> outcome) { *r = std::move(outcome); };
    started<Op, decltype(keep)>::go(std::move(self()), std::move(keep));
    while (r->nothing_yet() && home.simulate_once()) {}
    if (r->nothing_yet()) base::raise(error{errc::would_deadlock, home.who_waits()});
    return std::move(*r).value();
  }
};

}  // namespace trust::delegate
