// SPDX-License-Identifier: MIT
// membarrier: the registration, and the try-lock in front of the system call.
//
// Two words are shared by the whole process:
//
//     registration  unknown | accepted | refused, for the process whose id lies in the same word
//     holder        free, or the id of the process one of whose threads is inside the call
//
// Both carry the process id because of fork: the child's memory may show a lock that a thread of the parent held, and
// nobody in the child would ever release it. A word with another process's id counts as free, or unknown. (The kernel
// copies the registration on fork and drops it on exec; registering twice is harmless.)
// The lock orders nothing by itself: it only keeps callers from queueing in the kernel, whose barrier is the order.

#include <cerrno>
#include <cstdint>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trust/link/machine.hpp"

namespace trust::link {
namespace {

constexpr std::uint64_t accepted = 1;
constexpr std::uint64_t refused = 2;

constinit std::atomic<std::uint64_t> registration = 0;
constinit std::atomic<int> holder = 0;

long call(int command) noexcept {
  return ::syscall(SYS_membarrier, command, 0u, 0);
}

bool register_process(std::uint64_t me) noexcept {
  // Several threads may come here at once: each registers, and all get the same answer.
  const bool ok = call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
  registration.store(me << 2 | (ok ? accepted : refused), std::memory_order_relaxed);
  return ok;
}

}  // namespace

bool real_machine::has_membarrier() noexcept {
  const auto me = static_cast<std::uint64_t>(::getpid());
  const std::uint64_t known = registration.load(std::memory_order_relaxed);
  if (known >> 2 == me) return (known & accepted) != 0;
  const int saved = errno;
  const bool ok = register_process(me);
  errno = saved;
  return ok;
}

bool real_machine::membarrier() noexcept {
  if (!has_membarrier()) return false;
  const int me = ::getpid();
  int seen = 0;
  if (!holder.compare_exchange_strong(seen, me, std::memory_order_acquire, std::memory_order_relaxed)) {
    if (seen == me) return false;
    if (!holder.compare_exchange_strong(seen, me, std::memory_order_acquire, std::memory_order_relaxed)) return false;
  }
  const int saved = errno;
  const bool done = call(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
  errno = saved;
  holder.store(0, std::memory_order_release);
  return done;
}

}  // namespace trust::link
