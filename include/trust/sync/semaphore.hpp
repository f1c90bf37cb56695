// SPDX-License-Identifier: MIT
#pragma once
// semaphore: a number of units that the tasks of one worker take and give back; who finds too few waits.
//
// First in, first out, also for large requests: while somebody waits, whoever comes later waits behind him, even if there are enough for the
// later one, so that a large request is not starved by small ones. `acquire` takes units that somebody will `release`; `units` gives a guard
// that does so itself. It belongs to one worker, and must outlive those who wait for it and its guards (asserted in debug builds).
// No atomics. See sync/row.hpp for stop requests and deadlines.   Tests: tests/unit/sync/semaphore.cpp, tests/stress/cancel_sync.cpp

#include <trust/sync/row.hpp>

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace trust {

class semaphore {
  struct waiter : sync::waiter {
    std::size_t wanted = 0;
  };
  template <class Result> struct taking : sync::in_one_row<taking<Result>> {
    using waiter = semaphore::waiter;
    using value_type = Result;
    taking(semaphore& s, std::size_t k) noexcept : of{s}, wanted{k} {}
    [[nodiscard]] bool try_now(waiter&) const noexcept { return of.try_acquire(wanted); }
    [[nodiscard]] auto& row() const noexcept { return of.row_; }
    void enter(waiter& w) const noexcept {
      w.wanted = wanted;
      of.row_.enter(w);
    }
    void left() const noexcept { of.serve(); }
    void pass_on(waiter&) const noexcept { of.release(wanted); }
    [[nodiscard]] Result value(waiter&) const noexcept {
      if constexpr (!std::is_void_v<Result>) return Result{of, wanted};
    }
    semaphore& of;
    std::size_t wanted;
  };

 public:
  /// Units that are given back at its end. Move-only. Must not outlive the semaphore.
  class guard {
   public:
    /// Owns `k` units that were acquired.
    guard(semaphore& s, std::size_t k) noexcept : from_{&s}, count_{k} { s.guarded_ += k; }
    guard(guard&& o) noexcept : from_{o.from_}, count_{std::exchange(o.count_, 0)} {}
    guard& operator=(guard&& o) noexcept {
      if (this != &o) {
        release();
        from_ = o.from_;
        count_ = std::exchange(o.count_, 0);
      }
      return *this;
    }
    ~guard() { release(); }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// Gives all units back before the guard's end.
    void release() noexcept {
      if (const std::size_t k = std::exchange(count_, 0); k != 0) {
        from_->guarded_ -= k;
        from_->release(k);
      }
    }

   private:
    semaphore* from_;
    std::size_t count_;
  };

  explicit semaphore(std::size_t units) noexcept : available_{units} {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  ~semaphore() { TRUST_ASSERT(guarded_ == 0, "a semaphore was destroyed while a guard held units of it"); }

  /// `co_await s.acquire(k)` goes on when it has taken k units. More than there ever are waits for ever. A stop request while
  /// waiting: errc::cancelled, and nothing was taken.
  [[nodiscard]] auto acquire(std::size_t k = 1) noexcept { return sync::awaitable{taking<void>{*this, k}}; }
  /// `auto g = co_await s.units(k);` the same, with a guard that gives them back.
  [[nodiscard]] auto units(std::size_t k = 1) noexcept { return sync::awaitable{taking<guard>{*this, k}}; }
  /// Takes k units if there are so many and nobody waits.
  [[nodiscard]] bool try_acquire(std::size_t k = 1) noexcept {
    if (!row_.empty() || available_ < k) return false;
    available_ -= k;
    return true;
  }
  [[nodiscard]] std::optional<guard> try_units(std::size_t k = 1) noexcept {
    if (!try_acquire(k)) return std::nullopt;
    return std::optional<guard>{std::in_place, *this, k};
  }
  /// Gives k units back, or brings new ones. Who goes on for it is queued, not run here.
  void release(std::size_t k = 1) noexcept {
    TRUST_ASSERT(available_ + k >= available_, "a semaphore was given more units than it can count");
    available_ += k;
    serve();
  }
  /// Units that nobody has; those for which somebody waits too.
  [[nodiscard]] std::size_t available() const noexcept { return available_; }

 private:
  void serve() noexcept {
    while (waiter* first = row_.front()) {
      if (available_ < first->wanted) return;
      available_ -= first->wanted;
      row_.go_on();
    }
  }
  std::size_t available_;
  std::size_t guarded_ = 0;  // of those taken, what guards give back
  sync::row<waiter> row_;
};

}  // namespace trust
