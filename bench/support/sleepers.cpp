// SPDX-License-Identifier: MIT
// sleepers: the spinners of the idle class. They end with their parent, however that ends.
#include "sleepers.hpp"

#include "pause.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>

namespace bench {

idle_spinners::idle_spinners() {
  const int parent = getpid();
  for (int cpu : cpus()) {
    const int child = fork();
    if (child < 0) continue;
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(0);
      pin_here(cpu);
      const sched_param lowest{};
      if (sched_setscheduler(0, SCHED_IDLE, &lowest) != 0) _exit(1);
      for (;;) pause();
    }
    children_.push_back(child);
  }
}

idle_spinners::~idle_spinners() {
  for (int child : children_) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
}

}  // namespace bench
