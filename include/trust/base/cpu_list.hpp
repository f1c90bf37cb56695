// SPDX-License-Identifier: MIT
#pragma once
// cpu_list: sets of CPUs as people and the kernel write them, "0,2-5".
//
// The same notation stands in sysfs, in cpusets, in taskset's arguments and in TRUST_CPUS. Reading keeps the order in which
// the numbers stand, since the first CPU of a list is the first worker's, and drops repetitions. Nothing here knows
// which CPUs the machine has.
// Test: tests/unit/base/topology.cpp

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trust::base {

inline constexpr int highest_cpu = 65'535;  // a bound for typing errors, far above what the kernel supports

// Nothing when the text is not a list, names a number above highest_cpu or a range that runs backwards. An empty text is
// an empty list; blanks around the whole are passed over.
[[nodiscard]] std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

// "0-3,8": neighbours that ascend are drawn together, the order is kept.
[[nodiscard]] std::string cpu_list_text(std::span<const int> cpus);

}  // namespace trust::base
