// SPDX-License-Identifier: MIT
// topology: the affinity mask, and the order in which its CPUs are offered.
//
// The mask is asked for with a buffer that grows until the kernel's own fits, since a mask of fixed size fails on machines
// with more CPUs than its compiler knew. The calling thread's mask is taken, not the process's: who confined the
// thread that makes a runtime meant the runtime.

#include "base/topology.hpp"

#include <trust/base/cpu_list.hpp>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

namespace trust::base {
namespace {

struct mask_deleter {
  void operator()(::cpu_set_t* mask) const noexcept { CPU_FREE(mask); }
};
using mask_pointer = std::unique_ptr<::cpu_set_t, mask_deleter>;

std::vector<int> affinity() {
  for (std::size_t count = 1024; count <= highest_cpu + 1u; count *= 2) {
    const std::size_t bytes = CPU_ALLOC_SIZE(count);
    const mask_pointer mask{CPU_ALLOC(count)};
    if (!mask) break;
    if (::sched_getaffinity(0, bytes, mask.get()) != 0) {
      if (errno == EINVAL) continue;
      break;
    }
    std::vector<int> ids;
    for (std::size_t id = 0; id < count; ++id)
      if (CPU_ISSET_S(id, bytes, mask.get())) ids.push_back(static_cast<int>(id));
    if (!ids.empty()) return ids;
    break;
  }
  std::vector<int> ids(static_cast<std::size_t>(std::max(1l, ::sysconf(_SC_NPROCESSORS_ONLN))));
  for (std::size_t id = 0; id < ids.size(); ++id) ids[id] = static_cast<int>(id);
  return ids;
}

std::vector<int> online(const std::string& root) {
  if (const auto text = small_file(root + "/sys/devices/system/cpu/online"))
    if (auto ids = parse_cpu_list(*text); ids && !ids->empty()) return *std::move(ids);
  return {};
}

}  // namespace

std::vector<cpu> usable_cpus(const std::string& root) {
  std::vector<int> ids = root.empty() ? affinity() : online(root);
  if (ids.empty()) ids.push_back(0);
  std::vector<cpu> cpus = root.empty() ? locate(ids) : locate_in_files(ids, root);
  std::ranges::sort(cpus, {}, &cpu::id);
  std::set<int> cores;
  for (cpu& each : cpus) each.first_of_core = cores.insert(each.core).second;
  std::ranges::sort(cpus, {}, [](const cpu& each) { return std::pair{!each.first_of_core, each.id}; });
  return cpus;
}

bool whole_mask_is_ours(const std::string& root) {
  if (!root.empty()) return true;
  const std::vector<int> mine = affinity();
  const std::vector<int> all = online(root);
  if (all.empty()) return mine.size() == static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN));
  return std::ranges::includes(mine, all);
}

std::error_code pin_this_thread(std::span<const int> cpus) noexcept {
  const auto failed = [](int error) { return std::error_code{error, std::system_category()}; };
  if (cpus.empty()) return failed(EINVAL);
  const auto [low, high] = std::ranges::minmax(cpus);
  if (low < 0 || high > highest_cpu) return failed(EINVAL);
  const std::size_t count = static_cast<std::size_t>(high) + 1;
  const std::size_t bytes = CPU_ALLOC_SIZE(count);
  const mask_pointer mask{CPU_ALLOC(count)};
  if (!mask) return failed(ENOMEM);
  CPU_ZERO_S(bytes, mask.get());
  for (const int id : cpus) CPU_SET_S(static_cast<std::size_t>(id), bytes, mask.get());
  return ::sched_setaffinity(0, bytes, mask.get()) == 0 ? std::error_code{} : failed(errno);
}

void name_this_thread(const char* name) noexcept {
  char cut[16] = {};
  std::strncpy(cut, name, sizeof cut - 1);
  (void)::pthread_setname_np(::pthread_self(), cut);
}

}  // namespace trust::base
