// SPDX-License-Identifier: MIT
#pragma once
// explorer_fiber: the stackful fibers on which the explorer runs the threads of a scenario.
//
// All of them live on one OS thread, so a run depends on the explorer's choices and on nothing else. A fiber is started
// anew for every execution; one that is abandoned half-way (its execution was cut short) is simply never resumed:
// nothing on its stack is destroyed, and what it allocated goes with the arena (explorer_arena).
// A switch saves the callee-saved registers and the stack pointer, about 2 ns, and makes no system call.
#include <cstddef>

namespace model {

class fiber {
 public:
  using entry = void (*)();

  // Prepares a run of `f` on the stack [bottom, bottom + size). `f` never returns: it switches away for good.
  void start(void* bottom, std::size_t size, entry f) noexcept;

  // Leaves this fiber, which must be the running one, for `to`.
  void switch_to(fiber& to) noexcept;

 private:
  void* stack_ = nullptr;
};

}  // namespace model
