// SPDX-License-Identifier: MIT
#pragma once
// row: coroutines of one worker that wait for something, first in, first out, and the one awaiter with which all of them wait. No atomics.
//
//     waiting    in the row
//     handed     out of it with what it waited for, not resumed yet: in the ready queue, for nobody is run from within a release
//     failed     out of it without that, `why` says why (cancelled, closed); in the ready queue too
// A stop request finds a waiter in the first state and fails it, or comes too late: the waiter completes. So each ends in exactly one way.
// What can be had at once is had at once, also by a task that was asked to stop, and takes a step of the budget.
// The end of a worker destroys waiters in any state: one leaves its row, one that was handed something passes it on, none stays in the ready
// queue. Within one task it may also end what they wait for before them; then they have nothing to leave and nothing to give back.
// A row belongs to the worker of those who stand in it; only that one may let them go on (asserted in debug builds).
// Who owns what    a waiter lies in its awaiter, in a coroutine's frame; the row is a member of what they wait for, and outlives them.
// Tests: tests/unit/sync/row.cpp, tests/stress/cancel_sync.cpp

#include <trust/base/assert.hpp>
#include <trust/base/error.hpp>
#include <trust/base/list.hpp>
#include <trust/base/result.hpp>
#include <trust/coro/promise.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

namespace trust::sync {

/// Who stands in a row: an awaiter, or a step of the library's own.
struct waiter : base::hook, coro::resumable {
  using coro::resumable::resumable;
  errc why = {};        ///< why it goes on without what it waited for; none: it has it
  bool handed = false;  ///< and stands in the list of those who have, until it goes on

  [[nodiscard]] bool waits() const noexcept { return linked() && !handed; }
  /// In no row any more, with what it has.
  void stand_out() noexcept {
    base::hook::unlink();
    handed = false;
  }
};

/// `W` derives from waiter.
template <class W = waiter> class row {
 public:
  row() noexcept = default;
  row(const row&) = delete;
  row& operator=(const row&) = delete;
  ~row() {
    TRUST_ASSERT(empty() || (coro::here() != nullptr && coro::here()->ending()),
                 "something was destroyed while a task waited for it");
    while (W* w = handed_.front()) w->stand_out();
  }

  [[nodiscard]] bool empty() const noexcept { return waiters_.empty(); }
  [[nodiscard]] W* front() noexcept { return waiters_.front(); }
  /// Whether somebody has been handed something and has not gone on.
  [[nodiscard]] bool hands_over() const noexcept { return !handed_.empty(); }
  /// Waits behind all others.
  void enter(W& w) noexcept {
    TRUST_ASSERT(coro::here() != nullptr && (empty() || home_ == coro::here()),
                 "tasks of two workers, or a thread that is no worker, wait in one place");
    home_ = coro::here();
    waiters_.push_back(w);
  }
  /// The first one goes on, in its turn, with what it waited for or without it; null if nobody waits.
  W* go_on(errc why = {}) noexcept {
    W* w = waiters_.pop_front();
    if (w == nullptr) return nullptr;
    TRUST_ASSERT(home_ == coro::here(), "a task was let go on by another thread than its worker's");
    why == errc{} ? hand(*w) : void(w->why = why);
    coro::here()->ready(*w);
    return w;
  }
  /// `w` has what it came for, and goes on later.
  void hand(W& w) noexcept {
    w.handed = true;
    handed_.push_back(w);
  }

 private:
  base::list<W> waiters_;
  base::list<W> handed_;
  coro::scheduler* home_ = nullptr;  // of those who wait; written when one comes
};

/// What an operation that waits in one row has in common with all others. `Op` has besides, with `w` of its type Op::waiter (made by default)
///     bool try_now(w)      has it at once, if that may be; a failure at once counts too, and sets w.why
///     auto& row()          where it waits
///     void left()          one has left the row without being granted: others may go on now
///     void pass_on(w)      gives back what w was handed
///     value_type value(w)  what co_await gives
template <class Op> class in_one_row {
 public:
  template <class W> void enter(W& w) noexcept { self().row().enter(w); }
  /// Has it, but gives way.
  template <class W> void had_at_once(W& w) noexcept {
    if (w.why == errc{}) self().row().hand(w);
  }
  /// Asked to stop: goes on without; false: too late, it is granted.
  template <class W> [[nodiscard]] bool leave(W& w) noexcept {
    if (!w.waits()) return false;
    w.stand_out();
    coro::here()->ready(w);
    self().left();
    return true;
  }
  /// Destroyed after it was suspended and before it went on.
  template <class W> void drop(W& w) noexcept {
    const bool waited = w.waits();
    const bool has = w.handed;
    w.stand_out();
    coro::here()->forget(w);
    if (waited) self().left();
    if (has) self().pass_on(w);
  }

 private:
  [[nodiscard]] Op& self() noexcept { return static_cast<Op&>(*this); }
};

/// Waits for what `Op` stands for. Read the environment while being suspended, and never after.
template <class Op> class awaiter : private Op::waiter, private coro::stop_node {
  using W = typename Op::waiter;
  using R = typename Op::value_type;

 public:
  explicit awaiter(const Op& op) noexcept : stop_node{&awaiter::stopped}, op_{op} {}
  ~awaiter() {
    if (suspended_) op_.drop(mine());
  }

  [[nodiscard]] bool await_ready() noexcept {
    tried_ = base::take_step(*base::here);
    return tried_ && op_.try_now(mine());
  }
  template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
    coro::require_our_coroutine<P>();
    mine().frame = coro::turn_of(h);
    if (!tried_ && op_.try_now(mine())) {  // the step budget is spent: goes on in its turn, with what it has
      suspended_ = true;
      op_.had_at_once(mine());
      coro::here()->give_way(mine());
      return true;
    }
    coro::stop_state& stop = h.promise().env->stop;
    if (stop.requested()) {
      mine().why = errc::cancelled;
      return coro::here()->gives_way(mine());
    }
    suspended_ = true;
    stop.add(*this);
    op_.enter(mine());
    return true;
  }
  R await_resume() {
    go_on();
    if (mine().why != errc{}) base::raise(error{mine().why});
    return op_.value(mine());
  }
  /// The same without a throw: for as_result.
  [[nodiscard]] result<R> await_result() {
    go_on();
    if (mine().why != errc{}) return failure{mine().why};
    if constexpr (!noexcept(op_.value(mine()))) {
      return result_of([this] { return op_.value(mine()); });
    } else if constexpr (std::is_void_v<R>) {
      op_.value(mine());
      return result<void>::done();
    } else {
      return result<R>{op_.value(mine())};
    }
  }

 private:
  static void stopped(coro::stop_node& n) noexcept {
    auto& self = static_cast<awaiter&>(n);
    if (self.op_.leave(self.mine())) self.mine().why = errc::cancelled;
  }
  void go_on() noexcept {
    if (!suspended_) return;
    coro::stop_node::unlink();
    mine().stand_out();
    suspended_ = false;
  }
  [[nodiscard]] W& mine() noexcept { return *this; }

  Op op_;
  bool tried_ = false;
  bool suspended_ = false;
};

/// What is awaited: each await begins the operation anew.
template <class Op> class [[nodiscard]] awaitable : public coro::ours {
 public:
  explicit awaitable(Op op) noexcept : op_{std::move(op)} {}
  [[nodiscard]] awaiter<Op> operator co_await() const noexcept { return awaiter<Op>{op_}; }

 private:
  Op op_;
};

}  // namespace trust::sync
