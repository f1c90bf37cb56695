// SPDX-License-Identifier: MIT
#pragma once
// environment: what a root task and all that it awaits have in common: stop request, deadline, context word, place of the current await.
//
// A promise has one pointer to it. It lies in the root (see root.hpp) and dies with it. One thread.

#include <trust/coro/stop.hpp>
#include <trust/coro/timers.hpp>

#include <bit>
#include <source_location>

namespace trust::coro {

/// A std::source_location that is a scalar: a parameter of class type would be copied into the frame at each await.
using source_pointer = decltype(__builtin_source_location());
[[nodiscard]] inline std::source_location location_of(source_pointer p) noexcept {
  static_assert(sizeof(std::source_location) == sizeof p);
  return std::bit_cast<std::source_location>(p);
}

struct environment {
  stop_state stop;
  time_point deadline = time_point::max();
  void* context = nullptr;
  const char* name = "";
  source_pointer place = nullptr;  ///< where the innermost await stands, for dump
  bool abroad = false;             ///< at a worker's end: a call of this task is still with another core
};

}  // namespace trust::coro
