// SPDX-License-Identifier: MIT
#pragma once
// options: how a runtime is set up.
//
// Every member has an effect; the environment variables TRUST_WORKERS, TRUST_CPUS, TRUST_PIN and TRUST_IO override what is written here, and
// rt.describe() says what was decided and why. What cannot be obeyed is errc::bad_option with a sentence. `simulated` takes nothing from the
// environment: a run is what is written down.   Tests: tests/unit/worker/runtime.cpp, tests/unit/worker/simulated.cpp

#include <trust/base/placement.hpp>
#include <trust/io/driver.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string_view>
#include <vector>

namespace trust {

enum class severity { info, warning, error };

using pinning = base::placement_request::pinning;
using backend = io::backend;

/// What an idle worker does before it sleeps.
enum class spinning {
  adaptive,  ///< polls as long as that has paid lately, some tens of microseconds at most; not at all where workers share a CPU
  never_park,   ///< polls for ever: lowest latency, one busy core a worker
  park_at_once  ///< sleeps as soon as there is nothing to do
};

struct options {
  std::size_t workers = 0;     ///< 0: one per usable CPU, at most what the cgroup's quota allows
  std::vector<int> cpus = {};  ///< explicit CPUs, one worker each in this order; errc::bad_option if one does not exist
  pinning pin =
      pinning::automatic;     ///< automatic: one to one if the machine is ours alone, else to the mask as a whole
  std::size_t dedicated = 0;  ///< so many of the last workers run delegated work only: no spawn, no block_on
  spinning spin = spinning::adaptive;
  std::size_t lane_capacity = 512;  ///< granules of 32 bytes a lane, a power of two from 2 to 65536
  std::size_t backlog = 4096;       ///< messages that may wait for room in one lane without anybody waiting for them
  backend io = backend::automatic;  ///< io_uring, or epoll where the kernel refuses it
  std::chrono::nanoseconds grace = std::chrono::seconds{10};  ///< how long tasks may go on after request_stop
  std::chrono::nanoseconds slice =
      std::chrono::microseconds{100};  ///< so long maybe_yield lets a task go on; 0: it always yields
  std::chrono::nanoseconds stall_report =
      std::chrono::milliseconds{50};  ///< a closure or slice longer than this is logged; 0: never
  std::function<void(std::exception_ptr, std::string_view origin)> on_error =
      {};                                                    ///< errors that nobody waits for; default: logs
  std::function<void(severity, std::string_view)> log = {};  ///< default: a line to stderr
  std::size_t blocking_threads = 4;   ///< of trust::blocking, at most: started when needed, at least 1
  std::size_t blocking_queue = 4096;  ///< jobs that may wait for one of them; beyond: errc::overloaded
  std::chrono::nanoseconds blocking_idle =
      std::chrono::seconds{10};  ///< after so long without a job a thread of them ends
  std::vector<unsigned> lane_weights =
      {};  ///< one for each worker as a client, 1 for the rest: how trustees share their passes among lanes
  bool shortcut = true;       ///< false: every awaited call suspends, so that one core shows what eight do
  std::uint64_t shuffle = 0;  ///< not 0: ready tasks are taken in an order of this seed

  /// One worker, unpinned, that parks at once: for a library inside somebody else's process.
  [[nodiscard]] static options embedded() {
    options o;
    o.workers = 1;
    o.pin = pinning::none;
    o.spin = spinning::park_at_once;
    return o;
  }
};

/// All workers on the calling thread, a virtual clock behind trust::now(), the same type `runtime`.
///
/// The workers run while somebody waits for them (block_on, get, stop), one pass of one worker at a time. Nothing depends on the real clock or on
/// addresses, so one seed is one run, event by event, as long as the program under test keeps to that too (no other threads, no real clock,
/// no order of pointers or of remotes). See trust::explore for running many seeds.
///
/// Seed 0 is the calm one: workers take turns, messages take no time, the clock stands still while anybody has anything to do and then jumps
/// to what is due next. Any other seed chooses whatever no promise orders: which worker makes its next pass, how much of what it does in it and
/// which lane comes first, which ready task goes on, which of two equal timers fires first, whether an awaited call to an object of
/// the same worker runs in place, how long things stay under way, who stands still. There a pass takes up to a microsecond of virtual time.
struct simulated {
  std::uint64_t seed = 0;  ///< chooses the run; 0: nothing is left to chance
  std::size_t workers = 2;
  std::size_t lane_capacity =
      0;  ///< as in options; 0: 512, or with a seed one that it chooses, often so small that lanes are full
  std::size_t dedicated = 0;
  bool shortcut = true;
  std::size_t blocking_threads =
      4;  ///< as in options; a job takes up to a millisecond of virtual time, with seed 0 none
  std::size_t blocking_queue = 4096;        ///< as in options
  std::vector<unsigned> lane_weights = {};  ///< as in options
  std::chrono::nanoseconds delay =
      std::chrono::microseconds{100};  ///< with a seed: the longest that messages, answers and letters stay under way
  std::chrono::nanoseconds slow =
      std::chrono::milliseconds{1};  ///< with a seed: the longest that a worker stands still; 0: none does
  std::chrono::nanoseconds stop_within{
      0};  ///< not 0: request_stop comes at a moment of so much virtual time that the seed chooses
  std::uint64_t most_passes =
      0;  ///< not 0: a runtime that was not asked to stop makes no more than so many, and who waits then gets
          ///< errc::would_deadlock: for a program that may never come to rest
  std::size_t backlog = 4096;  ///< these four as in options
  std::chrono::nanoseconds grace = std::chrono::seconds{10};
  std::function<void(std::exception_ptr, std::string_view origin)> on_error = {};
  std::function<void(severity, std::string_view)> log = {};
  std::function<void(std::string_view)> trace =
      {};  ///< gets a line for each event, as it happens; it changes nothing of the run
};

}  // namespace trust
