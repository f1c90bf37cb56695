// SPDX-License-Identifier: MIT
// A frame's address is even, so its lowest bit says that its task is of the background: see resumable.hpp.

#include <trust/coro/scheduler.hpp>

namespace trust::coro {

std::coroutine_handle<> resumable::set_aside(std::coroutine_handle<> h) noexcept {
  frame = std::coroutine_handle<>::from_address(
      reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(h.address()) & ~background_bit));
  here()->ready_in_background(*this);
  return {};
}

}  // namespace trust::coro
