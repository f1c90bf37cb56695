// SPDX-License-Identifier: MIT
#pragma once
// ticks: a clock for single operations: the processor's counter, whose rate is measured once against steady_clock. A
// reading costs some nanoseconds, which every latency row contains; the row `harness/clock` shows them.
#include "machine.hpp"

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace bench {

[[nodiscard]] inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(clock::now().time_since_epoch().count());
#endif
}

/// Nanoseconds of one tick.
[[nodiscard]] double ns_of_tick();

}  // namespace bench
