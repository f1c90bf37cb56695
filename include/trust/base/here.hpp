// SPDX-License-Identifier: MIT
#pragma once
// here: who runs on this thread now: the library's only thread_local.
//
// Identity is `here` and never the OS thread: a simulated runtime runs all its workers on one thread, an embedded worker runs on its host's.
// A seat is the part of a worker that everything above may look at; null means a foreign thread. The pointer is constant-initialised,
// initial-exec and trivially destructible, so reading it is one load, also during the exit of a thread.

#include <cstdint>

namespace trust::base {

/// One budget for every resumption (promise 12): shortcuts, ready awaits and symmetric transfers take a step each.
inline constexpr std::uint32_t steps_per_resumption = 64;

struct seat {
  std::uint32_t steps = steps_per_resumption;  ///< left in this resumption; none while a delegated closure runs
  std::uint32_t slice = 0;                     ///< when maybe_yield first looked in this resumption; 0: it has not

 protected:
  seat() = default;
  ~seat() = default;
};

extern constinit thread_local seat* here __attribute__((tls_model("initial-exec")));

inline void begin_resumption(seat& s) noexcept {
  s.steps = steps_per_resumption;
  s.slice = 0;
}

/// Takes a step; false when the budget is spent.
[[nodiscard]] inline bool take_step(seat& s) noexcept {
  if (s.steps == 0) return false;
  --s.steps;
  return true;
}

}  // namespace trust::base
