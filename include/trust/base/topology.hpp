// SPDX-License-Identifier: MIT
#pragma once
// topology: which CPUs this thread may use, how they belong together, and how much of them the process is allowed.
//
// Three sources: the affinity mask (which CPUs), hwloc or sysfs, as the build chose (cores, packages, NUMA nodes), and the
// control group's files (the quota). Each is read when asked and nothing is kept, so the answers are of that
// moment. What cannot be read is not an error: a CPU of which nothing is known is a core, package 0, node 0, of its own,
// and a quota that nobody set is none.
// A `root` other than "" stands for another machine's files, as tests have them: <root>/sys, <root>/proc; its CPUs are
// then those online there instead of the affinity mask, and they are always read as sysfs.
// What is made of all this is decided in placement.hpp. Test: tests/unit/base/topology.cpp

#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace trust::base {

struct cpu {
  int id = 0;                 // the number that the kernel and sched_setaffinity use
  int core = 0;               // the lowest id among the hardware threads of its core, usable or not
  int package = 0;            // the socket
  int node = 0;               // the NUMA node whose memory is near
  bool first_of_core = true;  // the first usable hardware thread of its core

  friend bool operator==(const cpu&, const cpu&) = default;
};

// The CPUs in the calling thread's affinity mask: first one of every physical core, then the siblings, each part in
// ascending order. Never empty.
[[nodiscard]] std::vector<cpu> usable_cpus(const std::string& root = "");

// How many CPUs' worth of time the process's control group may use, the least of it and its ancestors (cgroup v2 cpu.max,
// v1 cpu.cfs_quota_us); nothing where there is no limit.
[[nodiscard]] std::optional<double> cpu_quota(const std::string& root = "");

// Whether the calling thread's mask holds every CPU that is online: nobody has confined this process to a part.
[[nodiscard]] bool whole_mask_is_ours(const std::string& root = "");

// Confines the calling thread to these CPUs. Unknown or forbidden CPUs: the kernel's error, and nothing has changed.
[[nodiscard]] std::error_code pin_this_thread(std::span<const int> cpus) noexcept;

// For debuggers and top: at most 15 bytes are kept, the rest is cut off.
void name_this_thread(const char* name) noexcept;

}  // namespace trust::base
