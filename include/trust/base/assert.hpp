// SPDX-License-Identifier: MIT
#pragma once
// assert: the library's one macro.
//
// TRUST_ASSERT(condition, "sentence") checks what the library's own protocol promises (one consumer, one home thread, states that
// cannot be). It is compiled out where NDEBUG is defined; what a program can do wrong at run time is an error code, never an assertion.

#include <cstdio>
#include <cstdlib>

namespace trust::base {

/// Prints the sentence with its place and ends the program. Thread rules: any thread.
[[noreturn]] inline void assertion_failed(const char* sentence, const char* file, int line) noexcept {
  std::fprintf(stderr, "trust-tee: %s (%s:%d)\n", sentence, file, line);
  std::abort();
}

/// Ends the program with a sentence, in every build: for the few misuses after which nothing can go on.
[[noreturn]] inline void fatal(const char* sentence) noexcept {
  std::fprintf(stderr, "trust-tee: %s\n", sentence);
  std::abort();
}

}  // namespace trust::base

#ifdef NDEBUG
#define TRUST_ASSERT(condition, sentence) static_cast<void>(sizeof((condition) ? 1 : 0))
#else
#define TRUST_ASSERT(condition, sentence) \
  ((condition) ? static_cast<void>(0) : ::trust::base::assertion_failed(sentence, __FILE__, __LINE__))
#endif
