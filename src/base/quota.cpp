// SPDX-License-Identifier: MIT
// quota: what the control group lets the process use of the CPUs.
//
// /proc/self/cgroup names the group in every hierarchy. Limits nest, so every group from there up to the root is looked at and the
// smallest wins. In a container the named path may not exist where the hierarchy is mounted, or may lead out of it ("/../.."): then
// the walk finds what the mount shows, its top included, which is the container's own limit.
//
//     cgroup v2   "0::/path"          cpu.max             "max 100000" or "150000 100000": quota and period
//     cgroup v1   "4:cpu,cpuacct:/p"  cpu.cfs_quota_us    -1 or the quota, beside cpu.cfs_period_us
//
// Mixed systems have both; v2 then lies in /sys/fs/cgroup/unified.

#include "base/topology.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>

namespace trust::base {
namespace {

using quota = std::optional<double>;

quota number(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data() || value <= 0) return std::nullopt;
  return static_cast<double>(value);
}

quota of_group_v2(const std::string& folder) {
  const auto text = small_file(folder + "/cpu.max");
  if (!text) return std::nullopt;
  const std::size_t blank = text->find(' ');
  const quota limit = number(text->substr(0, blank));  // "max" is no number
  const quota period = blank == std::string::npos ? quota{100'000.0} : number(text->substr(blank + 1));
  return limit && period ? quota{*limit / *period} : std::nullopt;
}

quota of_group_v1(const std::string& folder) {
  const auto limit_text = small_file(folder + "/cpu.cfs_quota_us");
  const auto period_text = small_file(folder + "/cpu.cfs_period_us");
  if (!limit_text || !period_text) return std::nullopt;
  const quota limit = number(*limit_text);
  const quota period = number(*period_text);
  return limit && period ? quota{*limit / *period} : std::nullopt;
}

quota least(quota a, quota b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

quota walk_up(const std::string& mount, std::string path, quota (*of_group)(const std::string&)) {
  if (path.find("..") != std::string::npos) path.clear();
  while (!path.empty() && path.back() == '/') path.pop_back();
  quota result;
  for (;;) {
    result = least(result, of_group(mount + path));
    if (path.empty()) return result;
    path.resize(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  }
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == word) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

std::optional<double> cpu_quota(const std::string& root) {
  const std::string mounts = root + "/sys/fs/cgroup";
  quota result;
  std::istringstream groups{small_file(root + "/proc/self/cgroup").value_or("0::/")};
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      for (const char* mount : {"", "/unified"}) result = least(result, walk_up(mounts + mount, path, of_group_v2));
    } else if (has_word(controllers, "cpu")) {
      for (const std::string& mount : {std::string{"/cpu"}, "/" + controllers})
        result = least(result, walk_up(mounts + mount, path, of_group_v1));
    }
  }
  return result;
}

}  // namespace trust::base
