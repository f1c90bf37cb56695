// SPDX-License-Identifier: MIT
#pragma once
// have: how a task gets several objects for itself, wherever they are, and how it moves one. The part of together and move_to without types.
//
// Objects are grouped by trustee, and trustees are asked in one order (worker/lease.hpp). One trustee: one message. Several: first without waiting; if
// something is in the way, with places in the FIFOs. All of them granted, all but the last trustee's are lent, and the work runs on the
// last one. What has been got is given back by letters, on every way out.   Files: src/delegate/have.cpp

#include <trust/coro/task.hpp>
#include <trust/worker/lease.hpp>

#include <vector>

namespace trust::delegate {

/// Runs `work` with `data` in its lease while all of `objects` are its own. Throws trust::error: empty, would_deadlock, shared, cancelled,
/// timed_out, runtime_stopped; what the constructor of one threw.
[[nodiscard]] task<> have_all(std::vector<worker::cell*> objects, void (*work)(worker::lease&) noexcept, void* data);

/// Moves the object to worker `index` of its runtime. Throws as above, and bad_option.
[[nodiscard]] task<> move_object(worker::cell* object, std::size_t index);

}  // namespace trust::delegate
