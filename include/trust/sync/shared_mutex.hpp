// SPDX-License-Identifier: MIT
#pragma once
// shared_mutex: exclusive or shared use across suspension points, among the coroutines of one trustee. The core of shared_latch<T>.
//
//     free       nobody holds it, nobody waits
//     shared     readers hold it; behind the first writer that waits, readers wait too
//     exclusive  a writer holds it; others wait in order
// First in, first out, so neither side starves the other: readers go on together up to the next writer in the row. No atomics; how one waits,
// is cancelled and is destroyed stands in sync/row.hpp.   Tests: tests/unit/sync/shared_latch.cpp, tests/stress/cancel_sync.cpp

#include <trust/sync/row.hpp>

#include <cstddef>

namespace trust::sync {

class shared_mutex {
 public:
  struct waiter : sync::waiter {
    using sync::waiter::waiter;
    bool shares = false;
  };

  shared_mutex() noexcept = default;
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;
  ~shared_mutex() {
    TRUST_ASSERT(!held() || waiters_.hands_over(), "a shared_latch was destroyed while a guard held it");
  }

  [[nodiscard]] bool try_lock() noexcept { return may_enter(false); }
  [[nodiscard]] bool try_lock_shared() noexcept { return may_enter(true); }
  [[nodiscard]] bool held() const noexcept { return exclusive_ || readers_ != 0; }
  [[nodiscard]] bool held_exclusively() const noexcept { return exclusive_; }
  /// Who waits in it goes on as a holder, of the kind that `shares` says.
  [[nodiscard]] sync::row<waiter>& row() noexcept { return waiters_; }
  void unlock() noexcept {
    TRUST_ASSERT(exclusive_, "a shared_latch was released that nobody held");
    exclusive_ = false;
    serve();
  }
  void unlock_shared() noexcept {
    TRUST_ASSERT(readers_ != 0, "a shared_latch was released that nobody held");
    if (--readers_ == 0) serve();
  }
  /// One has left the row: if it was a writer, readers behind it may go on.
  void left() noexcept { serve(); }

 private:
  [[nodiscard]] bool take(bool shares) noexcept {
    if (exclusive_ || (!shares && readers_ != 0)) return false;
    shares ? void(++readers_) : void(exclusive_ = true);
    return true;
  }
  [[nodiscard]] bool may_enter(bool shares) noexcept { return waiters_.empty() && take(shares); }
  void serve() noexcept {
    while (waiter* first = waiters_.front()) {
      if (!take(first->shares)) return;
      waiters_.go_on();
    }
  }
  bool exclusive_ = false;
  std::size_t readers_ = 0;
  sync::row<waiter> waiters_;
};

/// Takes the shared_mutex of `Owner`, shared or not, and makes a Guard of it.
template <class Guard, class Owner, bool Shares>
class shared_locking : public in_one_row<shared_locking<Guard, Owner, Shares>> {
 public:
  using waiter = shared_mutex::waiter;
  using value_type = Guard;
  shared_locking(shared_mutex& m, Owner& o) noexcept : mutex_{m}, owner_{o} {}

  [[nodiscard]] bool try_now(waiter&) noexcept { return Shares ? mutex_.try_lock_shared() : mutex_.try_lock(); }
  [[nodiscard]] auto& row() noexcept { return mutex_.row(); }
  void enter(waiter& w) noexcept {
    w.shares = Shares;
    mutex_.row().enter(w);
  }
  void left() noexcept { mutex_.left(); }
  void pass_on(waiter&) noexcept { Shares ? mutex_.unlock_shared() : mutex_.unlock(); }
  [[nodiscard]] Guard value(waiter&) noexcept { return Guard{owner_}; }

 private:
  shared_mutex& mutex_;
  Owner& owner_;
};

}  // namespace trust::sync
