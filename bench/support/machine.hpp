// SPDX-License-Identifier: MIT
#pragma once
// machine: the two CPUs that a benchmark runs on, and what must be known about them before its figures mean anything.
//
// Everything that crosses between cores scales with the bare round trip of one word, and on virtual machines that
// changes within seconds. So it is measured around every repetition, and a repetition outside the regime is not kept. A
// repetition in which threads were taken off their CPU measured the neighbours, and is not kept either.
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bench {

using clock = std::chrono::steady_clock;

[[nodiscard]] inline double ns_between(clock::time_point from, clock::time_point to) {
  return std::chrono::duration<double, std::nano>(to - from).count();
}

/// The CPUs of this process's mask when it started.
[[nodiscard]] const std::vector<int>& cpus();
/// Confines the calling thread to one CPU.
void pin_here(int cpu);

struct together_result {
  double ns = 0;       ///< from the first begin to the last end
  double overlap = 0;  ///< the part of that in which all were at work
};
/// Runs body(i) on `threads` threads, each on a CPU of its own, released together.
together_result together(std::size_t threads, const std::function<void(std::size_t)>& body);

/// Nanoseconds for one word to the second CPU and back: the median of some short runs. With `lines` 2, there in one
/// line and back in another, which is what a call needs, and may cost twice as much on one machine and the same on
/// another.
[[nodiscard]] double bare_round_trip(int lines = 1);

/// Nanoseconds in which threads of this process wanted a CPU and had none: those of `together` in their bodies, and all
/// others but the main one. 0 where the kernel does not tell.
[[nodiscard]] double waited_ns();
/// Load of the last minute.
[[nodiscard]] double load();

/// One line each: CPU, kernel, compiler, malloc.
struct identity {
  std::string cpu, kernel, compiler, malloc, date;
};
[[nodiscard]] identity identify();

}  // namespace bench
