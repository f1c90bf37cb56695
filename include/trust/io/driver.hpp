// SPDX-License-Identifier: MIT
#pragma once
// driver: how a worker sleeps, and how it is woken.
//
//     park    the worker's own thread sleeps until a bell, a completion or a point in time
//     poll    the worker's own thread takes what has come, without sleeping
//     ring    any thread wakes the driver's worker
//
// A bell is a level, not an edge: one rung while the worker runs is kept, by poll() too, and makes the next park()
// return at once; many bells before one park() count as one, rarely as two. So a wake-up is never lost, and a parked driver
// without a deadline does not wake by itself. *Whether* to ring is decided by the parker of the link floor, not here.
// There are two: the ring (io_uring: src/io/ring.cpp, or src/io/no_ring.cpp where the library is built without) and
// epoll (src/io/epoll.cpp). Each is made, parked, polled and destroyed on one thread, and no call to ring() may still be
// under way when it is destroyed. A forked child must not use its parent's drivers.
// Test: tests/unit/io/driver.cpp   Price: bench/park.cpp

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace trust::io {

enum class backend { automatic, uring, epoll };

[[nodiscard]] std::string_view name_of(backend) noexcept;                       // "auto", "uring", "epoll"
[[nodiscard]] std::optional<backend> backend_named(std::string_view) noexcept;  // of those three words, else nothing

class driver {
 public:
  driver() = default;
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;
  virtual ~driver();

  [[nodiscard]] virtual backend kind() const noexcept = 0;

  // Own thread. Returns when a bell has been rung since the last park(), a completion has been delivered or `until` has
  // come; a signal alone does not end it. It may return early, never late by more than the timer's slack.
  virtual void park(std::optional<std::chrono::steady_clock::time_point> until) noexcept = 0;

  // Own thread. Delivers completions that are there; makes no system call when nothing is.
  virtual void poll() noexcept = 0;

  // Any thread. `from` is the driver of the worker that rings, whose own thread this must be, or null for a stranger;
  // with null it is async-signal-safe. Never fails and never blocks.
  virtual void ring(driver* from) noexcept = 0;

  [[nodiscard]] virtual int bell_fd() const noexcept = 0;  // the eventfd: writing 1 to it rings, as ring(nullptr) does
};

// What making a driver gave: the driver and in `how` one line for people about what the kernel accepted, or the reason
// for the refusal, and then `it` is null.
struct made {
  std::unique_ptr<driver> it;
  std::error_code refused;
  std::string how;
};

[[nodiscard]] made make_ring();   // on the thread that will park
[[nodiscard]] made make_epoll();  // on the thread that will park

}  // namespace trust::io
