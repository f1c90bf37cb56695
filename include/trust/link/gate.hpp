// SPDX-License-Identifier: MIT
#pragma once
// gate: where a thread that is no worker waits for one event. Counted, since the opener's wake-up may come after the waiter has gone on.
//
//     waiter                                opener
//     make, wait  <------- [open] --------- open
//     drop                                  drop
//
// Whoever drops last frees it. The word is waited for with std::atomic::wait, which is a futex on Linux.

#include <trust/link/machine.hpp>
#include <trust/link/refcount.hpp>

#include <atomic>
#include <cstdint>

namespace trust::link {

class gate {
 public:
  /// Held by two: the waiter and the opener.
  [[nodiscard]] static gate* make() { return new gate; }
  void open() noexcept {
    word_.store(1, std::memory_order_release);
    word_.notify_all();
  }
  void wait() const noexcept { word_.wait(0, std::memory_order_acquire); }
  [[nodiscard]] bool is_open() const noexcept { return word_.load(std::memory_order_acquire) != 0; }
  void drop() noexcept {
    if (holders_.drop()) delete this;
  }

 private:
  gate() noexcept = default;
  ~gate() = default;
  std::atomic<std::uint32_t> word_{0};
  refcount<real_machine> holders_{2};
};

}  // namespace trust::link
