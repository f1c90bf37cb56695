// SPDX-License-Identifier: MIT
#pragma once
// pause: how the bare rivals wait: by looking. After some microseconds they take the processor's hint in between, which
// costs up to 50 ns on some, and after very many looks they let others run, since on a machine with neighbours the one
// who is waited for may have lost its CPU to the waiter.
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bench {

inline void pause() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

/// Looks until `seen()`.
template <class Seen> inline void wait_until(Seen seen) {
  for (int looks = 0; !seen(); ++looks)
    if (looks > 200'000) [[unlikely]] {
      std::this_thread::yield();
      looks = 0;
    } else if (looks > 4'000) {
      pause();
    }
}

/// The same with the hint after every look, which leaves the line that is waited for to its writer for a while.
template <class Seen> inline void wait_calmly(Seen seen) {
  for (int looks = 0; !seen(); ++looks) {
    pause();
    if (looks > 20'000) [[unlikely]] {
      std::this_thread::yield();
      looks = 0;
    }
  }
}

/// Keeps a value, and what it was computed from, from being optimized away.
template <class T> inline void keep(T& value) noexcept { asm volatile("" : "+m"(value) : : "memory"); }

}  // namespace bench
