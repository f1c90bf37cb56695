// SPDX-License-Identifier: MIT
#pragma once
// sys: the seam between this floor and the kernel.
//
// Every system call of the floor goes through one of these functions and through nothing else. They are thin: the result
// is the kernel's, or the negated errno, and errno itself is left as it was found. A build that wants failing, short
// or interrupted calls links another definition of the same names (src/io/sys.cpp, src/io/sys_ring.cpp) instead.

#include <cstddef>
#include <cstdint>

struct epoll_event;
struct io_uring;
struct io_uring_params;

namespace trust::io::sys {

struct span_of_time {  // the kernel's 64-bit timespec, on every architecture
  std::int64_t seconds;
  long long nanoseconds;
};

int make_eventfd() noexcept;                          // non-blocking, close-on-exec
long read(int fd, void* to, std::size_t n) noexcept;  // async-signal-safe, like write
long write(int fd, const void* from, std::size_t n) noexcept;
int poll_in(int fd, const span_of_time* timeout) noexcept;  // ppoll for input on one descriptor

int make_epoll() noexcept;
int epoll_add(int epoll, int fd, epoll_event& what) noexcept;
int epoll_wait_ms(int epoll, epoll_event* to, int n, int milliseconds) noexcept;
int epoll_wait_ns(int epoll, epoll_event* to, int n, const span_of_time* timeout) noexcept;  // -ENOSYS where unknown

int ring_setup(unsigned entries, io_uring& ring, io_uring_params& with) noexcept;
int ring_submit(io_uring& ring) noexcept;
int ring_wait(io_uring& ring, const span_of_time* timeout) noexcept;  // submits, then waits for one completion

}  // namespace trust::io::sys
