// SPDX-License-Identifier: MIT
#pragma once
// bell: the eventfd that every driver has, and the two small sums both drivers make.
//
// Writers add one, from any thread or signal handler. The owner watches it by edges (epoll's EPOLLET, a ring's multishot
// poll), so a wake-up needs no read: the count only grows, and 2^64 wake-ups do not happen. Should it be full all the same,
// the writer empties it first, whose edge is the wake-up. drain() is for the owner who re-arms a watch that looks at the level.

#include "io/sys.hpp"
#include <trust/base/fd.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>

namespace trust::io {

class bell {
 public:
  explicit bell(int fd) noexcept : fd_{fd} {}

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  void ring() const noexcept {
    const std::uint64_t one = 1;
    for (;;) {
      const long n = sys::write(fd_.get(), &one, sizeof one);
      if (n == -EAGAIN) {
        drain();
      } else if (n != -EINTR) {
        return;
      }
    }
  }

  void drain() const noexcept {
    std::uint64_t count = 0;
    while (sys::read(fd_.get(), &count, sizeof count) == -EINTR) {}
  }

 private:
  base::fd fd_;
};

using deadline = std::optional<std::chrono::steady_clock::time_point>;

// How long to sleep from now on: never negative, cut at a year so that no kernel's sum of it overflows.
inline sys::span_of_time time_left(std::chrono::steady_clock::time_point until) noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (until <= now) return {0, 0};
  const auto year = std::chrono::nanoseconds{std::chrono::hours{24 * 365}};
  const auto left = until - now < year ? until - now : year;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const auto rest = std::chrono::nanoseconds{left} - seconds;
  return {static_cast<std::int64_t>(seconds.count()), static_cast<long long>(rest.count())};
}

inline bool has_come(const deadline& until) noexcept { return until && *until <= std::chrono::steady_clock::now(); }

}  // namespace trust::io
