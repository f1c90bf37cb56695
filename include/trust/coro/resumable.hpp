// SPDX-License-Identifier: MIT
#pragma once
// resumable: something that can be gone on with: a suspended coroutine, or a step of the library's own.
//
// It is a member or a base of what waits (an awaiter, an op, a root), lies where that lies, and is linked through `next`, so queues need
// no memory. Who completes it either resumes the frame or, if there is none, calls `act`, which may name a coroutine to go on with.
// The frame of a background task stands here with its lowest bit set (coro/promise.hpp: turn_of), and so may what
// `act` names, where it leaves this in place: claimed, it is set aside once.
// Rejected: one indirect call for both kinds; the frame's own resume is the hot one and stays direct. What nobody reads before it is
// written is not initialised: every op has one of these, also those that are run in place and never wait.

#include <coroutine>
#include <cstdint>

namespace trust::coro {

struct resumable {
  using action = std::coroutine_handle<> (*)(resumable&) noexcept;
  static constexpr std::uintptr_t background_bit = 1;

  resumable() noexcept {}
  explicit resumable(std::coroutine_handle<> f) noexcept : frame{f} {}
  explicit resumable(action a) noexcept : frame{nullptr}, act{a} {}

  resumable* next;  ///< in whatever queue it stands; written by the queue
  union {
    std::coroutine_handle<> frame;  ///< resumed, if set; in a union since a handle's own constructor writes null
  };
  action act;  ///< else called; what it returns (or null) is resumed next

  /// From now on `a` is called when it is gone on with.
  void calls(action a) noexcept {
    frame = nullptr;
    act = a;
  }

  /// The coroutine to resume now, or null when the step is done, or its turn comes later.
  [[nodiscard]] std::coroutine_handle<> claim() noexcept {
    const std::coroutine_handle<> h = frame ? frame : act(*this);
    if ((reinterpret_cast<std::uintptr_t>(h.address()) & background_bit) != 0) [[unlikely]]
      return set_aside(h);
    return h;
  }
  /// Goes on with it, from a loop (never from inside another coroutine).
  void go() noexcept {
    if (const std::coroutine_handle<> h = claim()) h.resume();
  }

 private:
  [[gnu::noinline]] std::coroutine_handle<> set_aside(std::coroutine_handle<> h) noexcept;
};

}  // namespace trust::coro
