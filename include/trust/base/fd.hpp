// SPDX-License-Identifier: MIT
#pragma once
// fd: the one owner of a file descriptor.
//
// Whoever holds an `fd` closes it; moving one leaves -1 behind, so a descriptor is closed exactly once. It does not open
// anything and reports nothing: the caller that made the descriptor has read `errno` before it came here. One thread at
// a time changes an `fd`; any number may call get() meanwhile only when nobody changes it.
// Test: tests/unit/base/fd.cpp

#include <unistd.h>

#include <utility>

namespace trust::base {

class fd {
 public:
  fd() = default;
  explicit fd(int number) noexcept : number_{number} {}  // takes ownership; negative means none
  fd(fd&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  fd& operator=(fd&& other) noexcept {
    reset(std::exchange(other.number_, -1));
    return *this;
  }
  fd(const fd&) = delete;
  fd& operator=(const fd&) = delete;
  ~fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

  // Closes what is held and holds `number` instead. A failing close is not retried: on Linux the descriptor is gone
  // whatever close() says, and a second try could close a stranger's.
  void reset(int number = -1) noexcept {
    const int old = std::exchange(number_, number);
    if (old >= 0 && old != number) ::close(old);
  }

 private:
  int number_ = -1;
};

}  // namespace trust::base
