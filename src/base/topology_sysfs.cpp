// SPDX-License-Identifier: MIT
// topology_sysfs: the sibling of topology_hwloc.cpp for builds without hwloc.

#include "base/topology.hpp"

namespace trust::base {

std::vector<cpu> locate(std::span<const int> ids) { return locate_in_files(ids, ""); }

}  // namespace trust::base
