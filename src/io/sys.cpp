// SPDX-License-Identifier: MIT
// sys: the calls that need no ring, as the kernel offers them.

#include "io/sys.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace trust::io::sys {
namespace {

// The result of a call, errno folded into it and put back as it was: a bell rung from a signal handler must not
// disturb the interrupted code.
template <class Call> auto folded(Call call) noexcept {
  const int before = errno;
  auto result = call();
  if (result < 0) result = -errno;
  errno = before;
  return result;
}

}  // namespace

int make_eventfd() noexcept {
  return folded([] { return ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); });
}

long read(int fd, void* to, std::size_t n) noexcept {
  return folded([=] { return static_cast<long>(::read(fd, to, n)); });
}

long write(int fd, const void* from, std::size_t n) noexcept {
  return folded([=] { return static_cast<long>(::write(fd, from, n)); });
}

int poll_in(int fd, const span_of_time* timeout) noexcept {
  ::pollfd what{fd, POLLIN, 0};
  ::timespec ts{};
  if (timeout) {
    ts.tv_sec = static_cast<::time_t>(timeout->seconds);
    ts.tv_nsec = static_cast<long>(timeout->nanoseconds);
  }
  return folded([&] { return ::ppoll(&what, 1, timeout ? &ts : nullptr, nullptr); });
}

int make_epoll() noexcept {
  return folded([] { return ::epoll_create1(EPOLL_CLOEXEC); });
}

int epoll_add(int epoll, int fd, epoll_event& what) noexcept {
  return folded([&] { return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &what); });
}

int epoll_wait_ms(int epoll, epoll_event* to, int n, int milliseconds) noexcept {
  return folded([=] { return ::epoll_wait(epoll, to, n, milliseconds); });
}

int epoll_wait_ns([[maybe_unused]] int epoll, [[maybe_unused]] epoll_event* to, [[maybe_unused]] int n,
                  [[maybe_unused]] const span_of_time* timeout) noexcept {
#ifdef SYS_epoll_pwait2  // by number: the C library may not have its name yet
  return folded([=] {
    return static_cast<int>(::syscall(SYS_epoll_pwait2, epoll, to, n, timeout, static_cast<void*>(nullptr), 0ul));
  });
#else
  return -ENOSYS;
#endif
}

}  // namespace trust::io::sys
