// SPDX-License-Identifier: MIT
#pragma once
// topology, behind the header: the sources of which the build chooses one, and the file reader that they share.

#include <trust/base/topology.hpp>

namespace trust::base {

// Where these CPUs belong, in the order given, first_of_core not yet decided. From hwloc (topology_hwloc.cpp) or from sysfs
// (topology_sysfs.cpp).
[[nodiscard]] std::vector<cpu> locate(std::span<const int> ids);

// The same from the files under <root>/sys, whatever the build chose.
[[nodiscard]] std::vector<cpu> locate_in_files(std::span<const int> ids, const std::string& root);

// The whole of a small file, without the newline at its end; nothing when it cannot be read.
[[nodiscard]] std::optional<std::string> small_file(const std::string& path);

}  // namespace trust::base
