// SPDX-License-Identifier: MIT
// epoll: the driver for kernels, containers and builds where there is no ring.
//
// It watches its bell by edges, so a wake-up is one return of epoll_wait and no read. Deadlines go to epoll_pwait2 in
// nanoseconds; where the kernel does not know it, epoll_wait sleeps in milliseconds, rounded up, since early returns
// would make a loop spin until the deadline. Every event's data is a word as in <trust/io/operation.hpp>; zero is the bell.

#include "io/bell.hpp"
#include <trust/io/driver.hpp>

#include <sys/epoll.h>

#include <cerrno>
#include <climits>

namespace trust::io {
namespace {

class epoll_driver final : public driver {
 public:
  epoll_driver(bell b, base::fd epoll) noexcept : bell_{std::move(b)}, epoll_{std::move(epoll)} {}

  backend kind() const noexcept override { return backend::epoll; }
  int bell_fd() const noexcept override { return bell_.fd(); }

  void park(deadline until) noexcept override {
    while (!rung_) {
      const int n = wait(until);
      for (int i = 0; i < n; ++i) rung_ = true;  // nothing but the bell is watched
      if (rung_ || has_come(until)) break;
      if (n < 0 && n != -EINTR) {  // epoll is not usable: sleep on the bell itself, its level taken away afterwards
        const auto left = until ? time_left(*until) : sys::span_of_time{};
        rung_ = sys::poll_in(bell_.fd(), until ? &left : nullptr) != 0;
        bell_.drain();
      }
    }
    rung_ = false;
  }

  void poll() noexcept override {}  // only the bell is watched, and it matters to a sleeper only

  void ring(driver* from) noexcept override {
    if (from == this) {
      rung_ = true;
    } else {
      bell_.ring();
    }
  }

 private:
  int wait(const deadline& until) noexcept {
    constexpr int at_once = 8;
    epoll_event events[at_once];
    if (!until) return sys::epoll_wait_ms(epoll_.get(), events, at_once, -1);
    const auto left = time_left(*until);
    if (nanoseconds_) {
      const int n = sys::epoll_wait_ns(epoll_.get(), events, at_once, &left);
      if (n != -ENOSYS && n != -EPERM) return n;
      nanoseconds_ = false;
    }
    constexpr std::int64_t longest = INT_MAX / 1000 - 1;
    const int ms = left.seconds > longest
                       ? INT_MAX
                       : static_cast<int>(left.seconds * 1000 + (left.nanoseconds + 999'999) / 1'000'000);
    return sys::epoll_wait_ms(epoll_.get(), events, at_once, ms);
  }

  bell bell_;
  base::fd epoll_;
  bool nanoseconds_ = true;  // epoll_pwait2 has not been refused yet
  bool rung_ = false;        // a bell that park() has not answered yet
};

made refusal(int error, const char* call) { return {nullptr, std::error_code{-error, std::system_category()}, call}; }

}  // namespace

made make_epoll() {
  const int event = sys::make_eventfd();
  if (event < 0) return refusal(event, "eventfd");
  bell b{event};
  base::fd epoll{sys::make_epoll()};
  if (!epoll) return refusal(epoll.get(), "epoll_create1");
  epoll_event what{};
  what.events = EPOLLIN | EPOLLET;
  if (const int added = sys::epoll_add(epoll.get(), b.fd(), what); added < 0) return refusal(added, "epoll_ctl");
  return {std::make_unique<epoll_driver>(std::move(b), std::move(epoll)), {}, "epoll, edge-triggered eventfd"};
}

}  // namespace trust::io
