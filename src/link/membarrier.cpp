// SPDX-License-Identifier: MIT
// membarrier: the registration, and the try-lock in front of the system call.
//
// Two words are shared by the whole process:
//
//     registration  unknown | accepted | refused; settled once, by whoever asks first, or by several with one answer
//     holder        free, or the id of the process one of whose threads is inside the call
//
// The holder is a process id because of fork: the child's memory may show a lock that a thread of the parent held, and
// nobody in the child would ever release it; another process's id counts as free. The registration survives a fork, and
// where it should not, the call's EPERM leads to a second one.
// The lock orders nothing by itself: it only keeps callers from queueing in the kernel, whose barrier is the order.

#include <trust/link/machine.hpp>

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace trust::link {
namespace {

constexpr int accepted = 1;
constexpr int refused = 2;

constinit std::atomic<int> registration = 0;
constinit std::atomic<int> holder = 0;

bool call(int command) noexcept { return ::syscall(SYS_membarrier, command, 0u, 0) == 0; }

}  // namespace

bool real_machine::has_membarrier() noexcept {
  const int known = registration.load(std::memory_order_relaxed);
  if (known != 0) return known == accepted;
  const int before = errno;
  const bool ok = call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  registration.store(ok ? accepted : refused, std::memory_order_relaxed);
  errno = before;
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
  const int before = errno;
  bool done = call(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  if (!done && errno == EPERM)
    done = call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && call(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  errno = before;
  holder.store(0, std::memory_order_release);
  return done;
}

}  // namespace trust::link
