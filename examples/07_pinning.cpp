// SPDX-License-Identifier: MIT
// Who lives where. Workers are pinned one to one when the machine is ours, and `describe` says what was decided and why;
// objects are placed round robin, on a given worker, or beside another object, so that what is used together is together.
#include <trust/trust.hpp>

#include <sched.h>

#include <iostream>
#include <string>

namespace {

struct index {
  std::string owner = "index";
};
struct store {
  std::string owner = "store";
};

// The first CPU of this thread's mask: one that certainly exists, for the explicit list below.
int first_cpu() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &mask)) return cpu;
  return 0;
}

bool placement() {
  trust::runtime rt{trust::options{.workers = 3}};
  std::cout << rt.describe() << '\n';

  auto docs = rt.emplace<store>(trust::on(2));
  auto words = rt.emplace<index>(trust::beside(docs));  // on the same worker: calls between them are shortcuts
  auto named = rt.emplace<store>(trust::named("book/ADA"));
  std::cout << docs << '\n' << words << '\n' << named << '\n';

  bool here =
      docs.launch([](store&, trust::remote<index> other) -> trust::task<bool> { co_return other.is_here(); }, words)
          .get();
  return words.owner() == docs.owner() && here && !docs.is_here();
}

bool explicit_cpus(int cpu) {
  trust::runtime rt{trust::options{.workers = 1, .cpus = {cpu}}};
  auto s = rt.emplace<store>();
  int ran_on = s.apply([](store&) { return sched_getcpu(); }).get();
  std::cout << "asked for CPU " << cpu << ", ran on CPU " << ran_on << '\n';
  return ran_on == cpu;
}

bool refused() {
  try {
    trust::runtime rt{trust::options{.workers = 1, .cpus = {CPU_SETSIZE + 1}}};
  } catch (const std::exception& e) {
    std::cout << "a CPU that does not exist: " << e.what() << '\n';
    return true;
  }
  return false;
}

}  // namespace

int main() { return placement() && explicit_cpus(first_cpu()) && refused() ? 0 : 1; }
