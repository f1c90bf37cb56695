// SPDX-License-Identifier: MIT
#pragma once
// event: something that happens for all tasks of one worker that wait for it, and stays happened until it is reset.
//
//     reset    who waits is suspended
//     set      who waits goes on at once; those who had waited are in the ready queue
// It belongs to one worker, and must outlive those who wait for it (both asserted in debug builds). First in, first out; no atomics: to let
// tasks of other workers wait, entrust it and launch. See sync/row.hpp for stop requests and deadlines.
// Tests: tests/unit/sync/event.cpp, tests/stress/cancel_sync.cpp

#include <trust/sync/row.hpp>

namespace trust {

class event {
  struct waiting : sync::in_one_row<waiting> {
    using waiter = sync::waiter;
    using value_type = void;
    explicit waiting(event& e) noexcept : of{e} {}
    [[nodiscard]] bool try_now(waiter&) const noexcept { return of.set_; }
    [[nodiscard]] auto& row() const noexcept { return of.row_; }
    void left() const noexcept {}
    void pass_on(waiter&) const noexcept {}
    void value(waiter&) const noexcept {}
    event& of;
  };

 public:
  event() noexcept = default;
  explicit event(bool is_set) noexcept : set_{is_set} {}
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  /// Lets all who wait now go on, also if it is reset before they do. They are queued, none is run here.
  void set() noexcept {
    set_ = true;
    while (row_.go_on() != nullptr) {}
  }
  /// Who comes from now on waits for the next set().
  void reset() noexcept { set_ = false; }
  [[nodiscard]] bool is_set() const noexcept { return set_; }
  /// `co_await e.wait()` goes on when the event is set. A stop request while waiting: errc::cancelled.
  [[nodiscard]] auto wait() noexcept { return sync::awaitable{waiting{*this}}; }

 private:
  bool set_ = false;
  sync::row<> row_;
};

}  // namespace trust
