// SPDX-License-Identifier: MIT
#pragma once
// verdict: an error code that the whole process learns once.
//
// It starts as "nothing known" and may be settled by any thread; several may settle it at once and any of them wins.
// It carries no payload but itself, so relaxed order is enough, and a fork in the middle of it leaves the child a
// whole word.
//
//     unknown   nobody has been refused yet
//     settled   an errno value: whoever reads it need not ask the kernel again

#include <atomic>

namespace trust::link {

class verdict {
 public:
  constexpr verdict() = default;
  [[nodiscard]] int settled() const noexcept { return error_.load(std::memory_order_relaxed); }  // 0: unknown
  void settle(int error) noexcept { error_.store(error, std::memory_order_relaxed); }

 private:
  std::atomic<int> error_ = 0;
};

}  // namespace trust::link
