// SPDX-License-Identifier: MIT
// The step from finished to ended goes through the ready queue: the frame is still inside its final await.

#include <trust/coro/root.hpp>
#include <trust/coro/scheduler.hpp>

namespace trust::coro {

std::coroutine_handle<> root::task_ended(resumable& r) noexcept {
  r.act = &root::end_now;
  if (!static_cast<root&>(r).starting) here()->ready(r);
  return {};
}

}  // namespace trust::coro
