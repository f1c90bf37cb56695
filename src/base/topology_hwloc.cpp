// SPDX-License-Identifier: MIT
// topology_hwloc: where CPUs belong, as hwloc knows it, which repairs firmware that lies and reads /proc/cpuinfo where sysfs is
// not mounted. Only cores, packages and NUMA nodes are kept, which makes the discovery short. A CPU that hwloc does not show, or
// a discovery that fails, falls back to the files.

#include "base/topology.hpp"

#include <hwloc.h>

namespace trust::base {
namespace {

class discovery {
 public:
  discovery() {
    if (hwloc_topology_init(&topology_) != 0) return;
    made_ = true;
    hwloc_topology_set_all_types_filter(topology_, HWLOC_TYPE_FILTER_KEEP_NONE);
    for (const hwloc_obj_type_t type : {HWLOC_OBJ_CORE, HWLOC_OBJ_PACKAGE})
      hwloc_topology_set_type_filter(topology_, type, HWLOC_TYPE_FILTER_KEEP_ALL);
    loaded_ = hwloc_topology_load(topology_) == 0;
  }
  discovery(const discovery&) = delete;
  discovery& operator=(const discovery&) = delete;
  ~discovery() {
    if (made_) hwloc_topology_destroy(topology_);
  }

  [[nodiscard]] std::optional<cpu> find(int id) const {
    if (!loaded_) return std::nullopt;
    const hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(topology_, static_cast<unsigned>(id));
    if (!pu) return std::nullopt;
    const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology_, HWLOC_OBJ_CORE, pu);
    const hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(topology_, HWLOC_OBJ_PACKAGE, pu);
    const int node = pu->nodeset ? hwloc_bitmap_first(pu->nodeset) : -1;
    const bool numbered = package && package->os_index != HWLOC_UNKNOWN_INDEX;
    return cpu{.id = id,
               .core = core ? hwloc_bitmap_first(core->complete_cpuset) : id,
               .package = numbered ? static_cast<int>(package->os_index) : 0,
               .node = node < 0 ? 0 : node,
               .first_of_core = true};
  }

 private:
  hwloc_topology_t topology_ = nullptr;
  bool made_ = false;
  bool loaded_ = false;
};

}  // namespace

std::vector<cpu> locate(std::span<const int> ids) {
  const discovery found;
  std::vector<cpu> cpus;
  for (const int id : ids) {
    const auto known = found.find(id);
    cpus.push_back(known ? *known : locate_in_files(std::span{&id, 1}, "").front());
  }
  return cpus;
}

}  // namespace trust::base
