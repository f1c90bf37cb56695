// SPDX-License-Identifier: MIT
#pragma once
// mutex: exclusive use across suspension points, among the coroutines of one trustee. First in, first out, no atomics. The core of latch<T>.
//
//     free       nobody holds it, nobody waits
//     held       somebody holds it; others wait in order
// Releasing hands it to the first waiter; how one waits, is cancelled and is destroyed stands in sync/row.hpp.
// Tests: tests/unit/sync/mutex.cpp, tests/stress/cancel_sync.cpp

#include <trust/sync/row.hpp>

namespace trust::sync {

class mutex {
 public:
  using waiter = sync::waiter;

  mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() { TRUST_ASSERT(!held_ || waiters_.hands_over(), "a latch was destroyed while a guard held it"); }

  [[nodiscard]] bool try_lock() noexcept { return held_ ? false : (held_ = true); }
  [[nodiscard]] bool held() const noexcept { return held_; }
  /// Who waits in it goes on as the holder.
  [[nodiscard]] sync::row<waiter>& row() noexcept { return waiters_; }
  void unlock() noexcept {
    TRUST_ASSERT(held_, "a latch was released that nobody held");
    if (waiters_.go_on() == nullptr) held_ = false;
  }
  /// One has left the row: nobody can go on for that.
  void left() noexcept {}

 private:
  bool held_ = false;
  sync::row<waiter> waiters_;
};

/// Takes the mutex of `Owner`, and makes a Guard of it.
template <class Guard, class Owner> class locking : public in_one_row<locking<Guard, Owner>> {
 public:
  using waiter = mutex::waiter;
  using value_type = Guard;
  locking(mutex& m, Owner& o) noexcept : mutex_{m}, owner_{o} {}

  [[nodiscard]] bool try_now(waiter&) noexcept { return mutex_.try_lock(); }
  [[nodiscard]] auto& row() noexcept { return mutex_.row(); }
  void left() noexcept {}
  void pass_on(waiter&) noexcept { mutex_.unlock(); }
  [[nodiscard]] Guard value(waiter&) noexcept { return Guard{owner_}; }

 private:
  mutex& mutex_;
  Owner& owner_;
};

}  // namespace trust::sync
