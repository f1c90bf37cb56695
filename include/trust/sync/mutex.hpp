// SPDX-License-Identifier: MIT
#pragma once
// mutex: exclusive use across suspension points, among the coroutines of one trustee. First in, first out, no atomics. The core of latch<T>.
//
//     free       nobody holds it, nobody waits
//     held       somebody holds it; others wait in order
// Releasing hands it to the first waiter, which goes to the ready queue: it is never run from within a release. A waiter that is destroyed leaves
// the row by itself; one that was handed the mutex and is destroyed before it ran cannot be seen, so only the end of a worker does that.
// Tests: tests/unit/sync/mutex.cpp

#include <trust/base/assert.hpp>
#include <trust/base/error.hpp>
#include <trust/base/list.hpp>
#include <trust/coro/promise.hpp>

#include <utility>

namespace trust::sync {

class mutex {
 public:
  struct waiter : base::hook, coro::resumable {
    using coro::resumable::resumable;
  };

  mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() {
    TRUST_ASSERT(!held_ && waiters_.empty(), "a latch was destroyed while a guard held it or a task waited for it");
  }

  [[nodiscard]] bool try_lock() noexcept { return held_ ? false : (held_ = true); }
  [[nodiscard]] bool held() const noexcept { return held_; }
  /// Waits behind all others; goes on as the holder.
  void enqueue(waiter& w) noexcept { waiters_.push_back(w); }
  void unlock() noexcept {
    TRUST_ASSERT(held_, "a latch was released that nobody held");
    if (waiter* next = waiters_.pop_front()) {
      coro::here()->ready(*next);
    } else {
      held_ = false;
    }
  }

 private:
  bool held_ = false;
  base::list<waiter> waiters_;
};

/// `co_await` gives what `Make` makes of the held mutex. A stop request ends the waiting with errc::cancelled.
template <class Guard, class Owner> class lock_awaiter : private mutex::waiter, private coro::stop_node {
 public:
  lock_awaiter(mutex& m, Owner& o) noexcept : stop_node{&lock_awaiter::stopped}, mutex_{m}, owner_{o} {}

  /// Destroyed before it went on (the end of a worker): what it was handed goes to the next.
  ~lock_awaiter() {
    auto& w = static_cast<mutex::waiter&>(*this);
    if (suspended_ && !cancelled_ && !w.linked()) mutex_.unlock();
  }

  [[nodiscard]] bool await_ready() const noexcept { return base::take_step(*base::here) && mutex_.try_lock(); }
  template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
    coro::require_our_coroutine<P>();
    if (mutex_.try_lock()) {  // free, but the step budget is spent: goes on in its turn, as the holder
      waiter::frame = h;
      suspended_ = true;
      coro::here()->give_way(static_cast<coro::resumable&>(*this));
      return true;
    }
    coro::stop_state& stop = h.promise().env->stop;
    waiter::frame = h;
    if (stop.requested()) {
      cancelled_ = true;
      return coro::here()->gives_way(static_cast<coro::resumable&>(*this));
    }
    suspended_ = true;
    stop.add(*this);
    mutex_.enqueue(*this);
    return true;
  }
  Guard await_resume() {
    if (cancelled_) base::raise(error{errc::cancelled});
    coro::stop_node::unlink();
    suspended_ = false;
    return Guard{owner_};
  }

 private:
  static void stopped(coro::stop_node& n) noexcept {
    auto& self = static_cast<lock_awaiter&>(n);
    auto& w = static_cast<mutex::waiter&>(self);
    if (!w.linked()) return;  // it has been handed the mutex already: it completes
    w.base::hook::unlink();
    self.cancelled_ = true;
    coro::here()->ready(w);
  }
  mutex& mutex_;
  Owner& owner_;
  bool suspended_ = false;
  bool cancelled_ = false;
};

}  // namespace trust::sync
