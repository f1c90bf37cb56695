// SPDX-License-Identifier: MIT
#pragma once
// auto_event: something that happens for one of the tasks of one worker that wait for it: each set() lets one of them go on.
//
//     reset    who waits is suspended
//     set      nobody was waiting: the next who comes goes on at once, and resets it. Kept once, however often it was set
// It belongs to one worker, and must outlive those who wait for it (both asserted in debug builds). First in, first out; no atomics. A
// set() whose task is destroyed before it went on (the end of a worker) is for the next one. See sync/row.hpp for stop requests.
// Tests: tests/unit/sync/event.cpp, tests/stress/cancel_sync.cpp

#include <trust/sync/row.hpp>

#include <utility>

namespace trust {

class auto_event {
  struct waiting : sync::in_one_row<waiting> {
    using waiter = sync::waiter;
    using value_type = void;
    explicit waiting(auto_event& e) noexcept : of{e} {}
    [[nodiscard]] bool try_now(waiter&) const noexcept { return std::exchange(of.set_, false); }
    [[nodiscard]] auto& row() const noexcept { return of.row_; }
    void left() const noexcept {}
    void pass_on(waiter&) const noexcept { of.set(); }
    void value(waiter&) const noexcept {}
    auto_event& of;
  };

 public:
  auto_event() noexcept = default;
  explicit auto_event(bool is_set) noexcept : set_{is_set} {}
  auto_event(const auto_event&) = delete;
  auto_event& operator=(const auto_event&) = delete;

  /// Lets the first who waits go on; it is queued, not run here. If nobody waits, the next who comes.
  void set() noexcept { set_ = row_.go_on() == nullptr; }
  /// Forgets a set() that nobody has waited for.
  void reset() noexcept { set_ = false; }
  /// Whether the next who comes goes on at once.
  [[nodiscard]] bool is_set() const noexcept { return set_; }
  /// `co_await e.wait()` goes on for one set(). A stop request while waiting: errc::cancelled, and the next set() is another's.
  [[nodiscard]] auto wait() noexcept { return sync::awaitable{waiting{*this}}; }

 private:
  bool set_ = false;
  sync::row<> row_;
};

}  // namespace trust
