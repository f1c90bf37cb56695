// SPDX-License-Identifier: MIT
#pragma once
// condition: waits, without the latch that one holds, until somebody says that what it protects has changed. For latch and shared_latch.
//
//     waiting    in the condition's row; the latch is released, the guard is empty
//     returning  notified, or asked to stop: queued, then in the latch's row like all others; a stop request comes too late
//     back       has the latch again, in its guard; with a predicate that does not hold it waits once more
// A waiter that was asked to stop while it was waiting holds its guard again before it ends with errc::cancelled. First in, first out. A
// notification whose task is destroyed before it went on (the end of a worker) is for the next one. One worker, no atomics; it
// must outlive those who wait for it (asserted in debug builds).   Tests: tests/unit/sync/condition.cpp, tests/stress/cancel_sync.cpp

#include <trust/base/exceptions.hpp>
#include <trust/coro/travel.hpp>
#include <trust/sync/guard.hpp>
#include <trust/sync/row.hpp>

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

namespace trust {
namespace sync {

/// One notification is enough.
struct any_notification {
  [[nodiscard]] bool operator()() const noexcept { return true; }
};

inline constexpr any_notification once{};

/// Waits in the row of a condition, and then in that of the latch of a Guard, until `Until` holds.
template <class Condition, class Guard, class Until> class notified {
  using Owner = std::remove_reference_t<decltype(std::declval<Guard&>().give_up())>;
  using Core = std::remove_reference_t<decltype(std::declval<Owner&>().core())>;

 public:
  using value_type = void;
  struct waiter : Core::waiter {
    std::coroutine_handle<> awaiting;
    const notified* operation = nullptr;
    Owner* owner = nullptr;
    bool returning = false;  ///< out of the condition's row, to the latch
    bool asked_to_stop = false;
    std::exception_ptr thrown;  // by the predicate
  };

  notified(Condition& c, Guard& g, Until& u) noexcept : condition_{c}, guard_{g}, until_{u} {}

  [[nodiscard]] bool try_now(waiter& w) noexcept { return !std::is_same_v<Until, const any_notification> && holds(w); }
  void had_at_once(waiter&) const noexcept {}  // it never gave its guard up
  void enter(waiter& w) noexcept {
    w.awaiting = w.frame;
    w.operation = this;
    w.calls(&notified::queued);
    wait(w);
  }
  [[nodiscard]] bool leave(waiter& w) noexcept {
    w.asked_to_stop = true;
    if (w.returning || !w.waits()) return false;
    w.stand_out();
    coro::here()->ready(w);
    return true;
  }
  void drop(waiter& w) noexcept {
    const bool waited = w.waits();
    const bool has = w.handed;
    w.stand_out();
    coro::here()->forget(w);
    if (!w.returning) {
      if (has) condition_.notify_one();
    } else if (waited) {
      w.owner->core().left();
    } else if (has) {
      w.owner->core().unlock();
    }
  }
  void value(waiter& w) const {
    if (w.thrown) base::rethrow(w.thrown);
  }

 private:
  /// What was thrown ends the waiting too.
  [[nodiscard]] bool holds(waiter& w) const noexcept {
    return base::attempt([&]() -> bool { return until_(); },
                         [&](std::exception_ptr e) {
                           w.thrown = std::move(e);
                           return true;
                         });
  }
  void wait(waiter& w) const noexcept {
    w.returning = false;
    w.owner = &guard_.give_up();
    condition_.row().enter(w);
    w.owner->core().unlock();
  }

  /// From the ready queue: first to take the latch, then with it.
  static std::coroutine_handle<> queued(coro::resumable& r) noexcept {
    auto& w = static_cast<waiter&>(static_cast<sync::waiter&>(r));
    const notified& self = *w.operation;
    w.stand_out();
    if (!w.returning) {
      w.returning = true;
      if (!w.owner->core().try_lock()) {
        w.owner->core().row().enter(w);
        return {};
      }
    }
    self.guard_ = Guard{*w.owner};
    if (w.why != errc{} || self.holds(w)) return w.awaiting;
    if (!w.asked_to_stop) {
      self.wait(w);
      return {};
    }
    w.why = errc::cancelled;
    return w.awaiting;
  }

  Condition& condition_;
  Guard& guard_;
  Until& until_;
};

}  // namespace sync

class condition {
  template <class Guard, class Until> using operation = sync::notified<condition, Guard, Until>;

  /// `Until` is an lvalue reference where the predicate was named.
  template <class Guard, class Until> class [[nodiscard]] waiting_until : public coro::ours {
    using Op = operation<Guard, std::remove_reference_t<Until>>;

   public:
    static constexpr bool hazardous = coro::hazardous<Until>();
    waiting_until(condition& c, Guard& g, Until&& until)
        : condition_{c}, guard_{g}, until_(static_cast<Until&&>(until)) {}

    [[nodiscard]] auto operator co_await() & noexcept { return sync::awaiter<Op>{Op{condition_, guard_, until_}}; }
    template <bool H = hazardous> [[nodiscard]] auto operator co_await() && noexcept {
      coro::check_temporary<H>();
      return sync::awaiter<Op>{Op{condition_, guard_, until_}};
    }

   private:
    condition& condition_;
    Guard& guard_;
    Until until_;
  };

 public:
  condition() noexcept = default;
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;

  /// `co_await c.wait(g)` releases the latch that g holds, waits to be notified, and goes on when g holds it again. A stop request
  /// while waiting: errc::cancelled, also not before g holds it again; one that came before: at once, and the latch was never released.
  template <class Owner, class T, bool Shares> [[nodiscard]] auto wait(sync::guard<Owner, T, Shares>& g) noexcept {
    check<Shares>();
    using Op = operation<sync::guard<Owner, T, Shares>, const sync::any_notification>;
    return sync::awaitable{Op{*this, g, sync::once}};
  }
  /// Waits until `until()` is true, which is asked first and after each notification, on this worker, while g holds the latch.
  /// What it throws is thrown here. A stop request while it is false: errc::cancelled, as above.
  template <class Owner, class T, bool Shares, class Until>
  [[nodiscard]] auto wait(sync::guard<Owner, T, Shares>& g, Until&& until) {
    check<Shares>();
    static_assert(std::predicate<std::remove_reference_t<Until>&>,
                  "trust-tee: what a condition waits for is a function without arguments that returns a bool, at once");
    return waiting_until<sync::guard<Owner, T, Shares>, Until>{*this, g, std::forward<Until>(until)};
  }
  /// Lets the first who waits go on, in its turn for the latch. With or without holding the latch; if nobody waits nothing happens.
  void notify_one() noexcept { row_.go_on(); }
  /// Lets all who wait now go on, one after the other.
  void notify_all() noexcept {
    while (row_.go_on() != nullptr) {}
  }

  /// For who waits.
  [[nodiscard]] sync::row<>& row() noexcept { return row_; }

 private:
  template <bool Shares> static consteval void check() {
    static_assert(!Shares,
                  "trust-tee: a condition waits with the guard of lock(), alone; a shared guard protects nothing that "
                  "its holder could wait to see changed by others");
  }
  sync::row<> row_;
};

}  // namespace trust
