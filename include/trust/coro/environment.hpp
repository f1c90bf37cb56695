// SPDX-License-Identifier: MIT
#pragma once
// environment: what a root task and all that it awaits have in common: stop request, deadline, context word, place of the current await.
//
// A promise has one pointer to it. It lies in the root (see root.hpp) and dies with it. One thread.

#include <trust/coro/stop.hpp>
#include <trust/coro/timers.hpp>

#include <source_location>

namespace trust::coro {

struct environment {
  stop_state stop;
  time_point deadline = time_point::max();
  void* context = nullptr;
  const char* name = "";
  std::source_location place;  ///< where the innermost await stands, for dump
  bool abroad = false;         ///< at a worker's end: a call of this task is still with another core
};

}  // namespace trust::coro
