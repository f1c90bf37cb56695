// SPDX-License-Identifier: MIT
#pragma once
// effort: how long a test may take, from TRUST_EFFORT (ci, long), and whether a sanitizer slows it down.
//
// `effort(ci, full)` chooses a number of rounds; under a sanitizer a ci run takes a tenth, since each round costs ten times as much.

#include <cstdlib>
#include <string_view>

namespace tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

[[nodiscard]] inline bool long_run() {
  const char* text = std::getenv("TRUST_EFFORT");
  return text != nullptr && std::string_view{text} == "long";
}

/// `full` in a long run, else `ci`, or a tenth of it (at least one) under a sanitizer.
[[nodiscard]] inline unsigned effort(unsigned ci, unsigned full) {
  if (long_run()) return full;
  return sanitized ? (ci + 9) / 10 : ci;
}

}  // namespace tests
