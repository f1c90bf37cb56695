// SPDX-License-Identifier: MIT
#pragma once
// flush: waits until everything that this worker has sent has been run.
//
// A call that does nothing goes to the hall of every worker that there is a lane to; lanes are in order, so its answer says that all before it has
// run. The worker's own queue is waited for too. What others have sent meanwhile is not.

#include <trust/coro/task.hpp>

namespace trust {

/// `co_await trust::flush()`: resumes when all that this worker has sent before has run (launched tasks: up to their first suspension).
[[nodiscard]] task<> flush();

}  // namespace trust
