// SPDX-License-Identifier: MIT
// sys: the calls of a ring, through liburing. Built with src/io/ring.cpp only.

#include "io/sys.hpp"

#include <liburing.h>

#include <cerrno>

namespace trust::io::sys {

int ring_setup(unsigned entries, io_uring& ring, io_uring_params& with) noexcept {
  const int before = errno;
  const int result = ::io_uring_queue_init_params(entries, &ring, &with);
  errno = before;
  return result;
}

int ring_submit(io_uring& ring) noexcept { return ::io_uring_submit(&ring); }

int ring_wait(io_uring& ring, const span_of_time* timeout) noexcept {
  ::io_uring_cqe* first = nullptr;
  ::__kernel_timespec ts{};
  if (timeout) {
    ts.tv_sec = timeout->seconds;
    ts.tv_nsec = timeout->nanoseconds;
  }
  return ::io_uring_submit_and_wait_timeout(&ring, &first, 1, timeout ? &ts : nullptr, nullptr);
}

}  // namespace trust::io::sys
