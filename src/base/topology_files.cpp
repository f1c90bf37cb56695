// SPDX-License-Identifier: MIT
// topology_files: cores, packages and NUMA nodes as sysfs tells them.
//
// A core is told by the lowest number among its hardware threads, since core_id counts within a package and repeats. Kernels
// before 5.3 call the list of those threads thread_siblings_list; later ones core_cpus_list.

#include "base/topology.hpp"
#include <trust/base/cpu_list.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>

namespace trust::base {
namespace {

std::vector<int> list_in(const std::string& path) {
  if (const auto text = small_file(path))
    if (auto ids = parse_cpu_list(*text)) return *std::move(ids);
  return {};
}

int number_in(const std::string& path) {
  int number = 0;
  if (const auto text = small_file(path)) (void)std::from_chars(text->data(), text->data() + text->size(), number);
  return std::max(number, 0);  // -1 where the firmware does not know
}

}  // namespace

std::optional<std::string> small_file(const std::string& path) {
  std::ifstream in{path};
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (in.bad()) return std::nullopt;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::vector<cpu> locate_in_files(std::span<const int> ids, const std::string& root) {
  const std::string nodes = root + "/sys/devices/system/node/";
  std::map<int, int> node_of;
  for (const int node : list_in(nodes + "online"))
    for (const int id : list_in(nodes + "node" + std::to_string(node) + "/cpulist")) node_of.emplace(id, node);

  std::vector<cpu> cpus;
  for (const int id : ids) {
    const std::string topology = root + "/sys/devices/system/cpu/cpu" + std::to_string(id) + "/topology/";
    auto siblings = list_in(topology + "core_cpus_list");
    if (siblings.empty()) siblings = list_in(topology + "thread_siblings_list");
    const auto node = node_of.find(id);
    cpus.push_back({.id = id,
                    .core = siblings.empty() ? id : std::ranges::min(siblings),
                    .package = number_in(topology + "physical_package_id"),
                    .node = node == node_of.end() ? 0 : node->second,
                    .first_of_core = true});
  }
  return cpus;
}

}  // namespace trust::base
