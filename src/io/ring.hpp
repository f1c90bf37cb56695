// SPDX-License-Identifier: MIT
#pragma once
// ring: a worker's io_uring, and the bells that go through it.
//
// The ring belongs to the thread that made it: nobody else submits to it or reaps it, which is what lets the kernel
// accept it as single-issuer and run its work when that thread asks. Other threads know two numbers of it that never
// change: its descriptor, to which their own rings may send a message, and its eventfd.
//
// Every submission carries a word of user data, and its three low bits say what completes:
//
//     operation   a pointer to an io::operation: its `complete` is called
//     bell        a message from another worker's ring: the bell was rung
//     watch       our poll of our own eventfd: the bell was rung, by a stranger or as the fall-back
//     sent        a message of ours has been delivered or refused; the other bits number it
//
// A ring's wait ends by its own timeout argument, so there is never a timeout operation to cancel.

#include "io/bell.hpp"
#include <trust/io/driver.hpp>

#include <liburing.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace trust::io {

class ring_driver final : public driver {
 public:
  explicit ring_driver(bell b) noexcept : bell_{std::move(b)} {}
  ~ring_driver() override;

  // Sets the ring up and arms the watch. 0, or a negated errno; `how` then says what was accepted, or what was refused.
  [[nodiscard]] int open(std::string& how);

  [[nodiscard]] backend kind() const noexcept override { return backend::uring; }
  [[nodiscard]] int bell_fd() const noexcept override { return bell_.fd(); }
  void park(deadline until) noexcept override;
  void poll() noexcept override { reap(); }
  void ring(driver* from) noexcept override;

 private:
  enum class tag : std::uint64_t { operation, bell, watch, sent };
  static constexpr std::uint64_t tag_mask = 7;

  [[nodiscard]] io_uring_sqe* slot() noexcept;       // a free submission, or null
  [[nodiscard]] bool message(int ring_fd) noexcept;  // true: the other ring has it
  void arm() noexcept;
  void reap() noexcept;
  void completed(std::uint64_t word, std::int32_t result, std::uint32_t flags) noexcept;
  void watched(std::int32_t result, std::uint32_t flags) noexcept;

  bell bell_;
  io_uring ring_{};
  ::pid_t owner_ = 0;       // the process that opened the ring; 0 while it is not open
  std::uint64_t sent_ = 0;  // messages so far
  bool messages_ = false;   // messages to other rings work, as far as we know
  bool multishot_ = true;   // one poll reports every edge of the eventfd
  bool armed_ = false;      // the watch is in the ring, or on its way into it
  bool stirred_ = false;    // something came that the next park() must not sleep over
};

}  // namespace trust::io
