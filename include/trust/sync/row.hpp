// SPDX-License-Identifier: MIT
#pragma once
// row: coroutines of one worker that wait for something, first in, first out, and the one awaiter with which all of them wait. No atomics.
//
//     waiting    in the row
//     granted    out of it, with what it waited for; in the ready queue: nobody is run from within a release
//     failed     out of it without that, `why` says why (cancelled, closed); in the ready queue too
// A stop request finds a waiter in the first state and fails it, or comes too late: the waiter completes. So each ends in exactly one way.
// A waiter that is destroyed leaves its row; a granted one that is destroyed before it went on (the end of a worker) passes on what it was
// handed. What can be had at once is had at once, also by a task that was asked to stop, and takes a step of the budget.
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
  errc why = {};  ///< why it goes on without what it waited for; none: it has it
};

/// `W` derives from waiter.
template <class W = waiter> class row {
 public:
  row() noexcept = default;
  row(const row&) = delete;
  row& operator=(const row&) = delete;
  ~row() { TRUST_ASSERT(empty(), "something was destroyed while a task waited for it"); }

  [[nodiscard]] bool empty() const noexcept { return waiters_.empty(); }
  [[nodiscard]] W* front() noexcept { return waiters_.front(); }
  /// Waits behind all others.
  void enter(W& w) noexcept {
    TRUST_ASSERT(coro::here() != nullptr && (empty() || home_ == coro::here()),
                 "tasks of two workers, or a thread that is no worker, wait in one place");
    home_ = coro::here();
    waiters_.push_back(w);
  }
  /// The first one goes on, in its turn; null if nobody waits.
  W* go_on() noexcept {
    W* w = waiters_.pop_front();
    if (w == nullptr) return nullptr;
    TRUST_ASSERT(home_ == coro::here(), "a task was let go on by another thread than its worker's");
    coro::here()->ready(*w);
    return w;
  }

 private:
  base::list<W> waiters_;
  coro::scheduler* home_ = nullptr;  // of those who wait; written when one comes
};

/// What an operation that waits in one row has in common with all others. `Op` has besides, with `w` of its type Op::waiter (made by default)
///     bool try_now(w)      has it at once, if that may be; a failure at once counts too, and sets w.why
///     void enter(w)        waits in the row
///     void left()          one has left the row without being granted: others may go on now
///     void pass_on(w)      gives back what w was handed
///     value_type value(w)  what co_await gives
template <class Op> class in_one_row {
 public:
  /// Asked to stop: goes on without; false: too late, it is granted.
  template <class W> [[nodiscard]] bool leave(W& w) noexcept {
    if (!w.linked()) return false;
    w.base::hook::unlink();
    coro::here()->ready(w);
    self().left();
    return true;
  }
  /// Destroyed after it was suspended and before it went on.
  template <class W> void drop(W& w) noexcept {
    if (w.linked()) {
      w.base::hook::unlink();
      self().left();
    } else if (w.why == errc{}) {
      self().pass_on(w);
    }
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

  [[nodiscard]] bool await_ready() noexcept { return base::take_step(*base::here) && op_.try_now(mine()); }
  template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
    coro::require_our_coroutine<P>();
    mine().frame = h;
    if (op_.try_now(mine())) {  // the step budget is spent: goes on in its turn, with what it has
      suspended_ = true;
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
    if constexpr (std::is_void_v<R>) {
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
    coro::stop_node::unlink();
    suspended_ = false;
  }
  [[nodiscard]] W& mine() noexcept { return *this; }

  Op op_;
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
