// SPDX-License-Identifier: MIT
#pragma once
// placement: how many workers, on which CPUs, and why.
//
// A pure decision: what is wished (options, overridden by the environment) and what the machine looks like go in, a plan
// comes out, together with the sentences that rt.describe() prints. Nothing is read or changed here.
//
//     number     as asked; else the length of the explicit list; else one per physical core of the mask, but no
//                more than the control group's quota keeps busy
//     CPUs       the explicit list in its order; else the affinity mask, first one of every physical core
//     pinning    automatic pins one to one if the CPUs were listed, or if the runtime has the machine to itself: the mask is
//                the whole machine, there is no quota and no other runtime is alive; and if there are enough
//                CPUs. Otherwise workers may run anywhere on the CPUs, and the kernel balances.
//     blocking   threads that may block run where no worker is pinned, if the mask has such a CPU
// Test: tests/unit/base/placement.cpp

#include <trust/base/topology.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trust::base {

inline constexpr std::size_t most_workers = 1024;

struct placement_request {
  enum class pinning { automatic, none, one_to_one };

  std::size_t workers = 0;  // 0: as the number above says
  std::vector<int> cpus;    // empty: as the CPUs above say
  pinning pin = pinning::automatic;
  std::string overridden;  // the environment variables that changed this request, for people
  std::string error;       // not empty: a variable could not be read, and the sentence says what to write
};

struct machine_view {
  std::vector<cpu> cpus;           // usable_cpus()
  std::optional<double> quota;     // cpu_quota()
  bool whole_mask = true;          // whole_mask_is_ours()
  std::size_t runtimes_alive = 0;  // other runtimes in this process
};

struct placement {
  std::vector<std::vector<int>> cpus_of_worker;  // one per worker; an empty one: leave its affinity as inherited
  std::vector<int> blocking_cpus;                // for work that blocks: those without a worker, or the whole mask
  bool pinned = false;                           // every worker has one CPU
  bool shares_cpus = false;                      // more workers than CPUs (or than the quota keeps busy): do not spin
  std::string why;                               // one or more lines, each ended by a newline
  std::string error;                             // not empty: nothing was decided, and the sentence says what to do
};

[[nodiscard]] placement decide(const placement_request& request, const machine_view& view);

// TRUST_WORKERS (a number or "auto"), TRUST_CPUS ("0,2-5") and TRUST_PIN (auto, none, on) replace what was asked. `look_up` is
// getenv, or a test's table: a null or empty answer means that the variable is not set.
[[nodiscard]] placement_request from_environment(placement_request request,
                                                 const std::function<const char*(const char*)>& look_up);

}  // namespace trust::base
