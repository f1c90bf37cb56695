// SPDX-License-Identifier: MIT
#pragma once
// environment: what a task and all that it awaits have in common: stop request, deadline, context word, place of the current await.
//
// A promise has one pointer to it. A root task has one (root.hpp); a scope and a timeout make an inner one for what runs in them, which follows
// the one around it and dies before it. One thread.   Tests: tests/unit/coro/scope.cpp, tests/unit/delegate/within.cpp

#include <trust/coro/stop.hpp>
#include <trust/coro/timers.hpp>

#include <algorithm>
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
  environment* outer = nullptr;  ///< the one around it
  const char* name = "";
  source_pointer place = nullptr;  ///< where the innermost await stands, for dump
  bool abroad = false;             ///< at a worker's end: a call of this task is still with another core

  environment() = default;
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

  /// Lies within `around` from now on, and ends no later than `due`.
  void lies_in(environment& around, time_point due = time_point::max()) noexcept {
    outer = &around;
    deadline = std::min(around.deadline, due);
    context = around.context;
    name = around.name;
    stop.follow(&around.stop);
  }
  /// A call of it is still with another core: that keeps the whole task.
  void is_abroad() noexcept {
    for (environment* e = this; e != nullptr; e = e->outer) e->abroad = true;
  }
};

}  // namespace trust::coro
