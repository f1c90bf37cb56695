// SPDX-License-Identifier: MIT
#pragma once
// flush: waits until everything that this worker has sent has been run.
//
// A call that does nothing goes to the hall of every worker that there is a lane to; lanes are in order, so its answer says that all before it has
// run. The worker's own queue is waited for too. What others have sent meanwhile is not.

#include <trust/coro/sleep.hpp>
#include <trust/coro/task.hpp>
#include <trust/delegate/calls.hpp>
#include <trust/delegate/combine.hpp>

#include <vector>

namespace trust {
namespace delegate {

struct nothing {
  void operator()(const nothing&) const noexcept {}
};
using ping = op<apply_kind<const nothing, bound<nothing>, false>>;

[[nodiscard]] inline task<> flush_all() {
  worker::loop& w = *worker::here();
  std::vector<ping> pings;
  const auto add = [&](worker::cell* hall) {
    pings.emplace_back(hall, link::record_bits::answered, false, bound<nothing>{std::in_place, nothing{}});
  };
  pings.reserve(w.lanes_out().size());
  for (const auto& o : w.lanes_out()) {
    if (o->trustee != nullptr) add(o->trustee->hall);
  }
  auto all = when_all(pings);
  co_await all;
  while (!w.own_queue_empty()) co_await yield();
}

}  // namespace delegate

/// `co_await trust::flush()`: resumes when all that this worker has sent before has run (launched tasks: up to their first suspension).
[[nodiscard]] inline task<> flush() { return delegate::flush_all(); }

}  // namespace trust
