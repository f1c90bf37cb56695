// SPDX-License-Identifier: MIT
#pragma once
// measure: one question, many contestants. How long does one increment of a shared counter take, when several threads
// want it at once? A contestant is a function that does about so many increments and returns the nanoseconds that they
// took; it has checked the count, and ends the program if that is wrong.
#include <cstddef>
#include <functional>
#include <vector>

namespace trust {
class runtime;
}

namespace counter {

using contestant = std::function<double(long increments)>;

// CPUs of the threads, one each; empty where the runtime does not pin, and then nobody does.
using cpus = std::vector<int>;

cpus cpus_of(trust::runtime& rt);

// The rivals: `threads` plain threads on one word, or on one long behind a std::mutex.
double by_atomic(std::size_t threads, const cpus& where, long increments);
double by_mutex(std::size_t threads, const cpus& where, long increments);

// One word to another CPU and back, in nanoseconds: what everything here depends on.
double round_trip(const cpus& where);

// Coroutines that await `apply`, `in_flight` on each calling worker. The counter lives on the last worker, which calls
// too if `at_home`.
double by_remote(trust::runtime& rt, std::size_t in_flight, bool at_home, long increments);

// Ends the program if `got` is not `wanted`.
void check(const char* who, long got, long wanted);

}  // namespace counter
