// SPDX-License-Identifier: MIT
#pragma once
// outbound: a lane as its client sees it, with what waits for room in it and what the trustee has answered `later`.
//
// All that waits for one lane waits in one FIFO, awaited calls and messages alike, so their order is the order in which they were made.
// Tickets number what has ever waited, and lie in call::small meanwhile: a `sent` is done when its ticket has left.

#include <trust/base/list.hpp>
#include <trust/coro/timers.hpp>
#include <trust/worker/fifo.hpp>
#include <trust/worker/port.hpp>

#include <cstdint>

namespace trust::worker {

/// Waits until what was queued before `ticket` has left.
struct leaving_waiter : base::hook, coro::resumable {
  std::uint64_t ticket = 0;
};

/// Tells the trustee that the client has left.
struct parting : letter {
  explicit parting(lane& which) noexcept : l{&which} {}
  lane* l;
};

struct alignas(128) outbound {
  lane* l = nullptr;
  port* trustee = nullptr;
  parting* farewell = nullptr;
  fifo waiting;
  std::size_t unawaited = 0;   ///< of those, messages that nobody awaits
  std::uint64_t queued = 0;    ///< ever put into `waiting`
  std::uint64_t dequeued = 0;  ///< all tickets up to this one have gone from it
  base::list<leaving_waiter> waiters;
  base::list<call> later;            ///< answered `later`
  std::size_t unsaid = 0;            ///< of those, asked to stop, and the lane had no room for the message
  coro::resumable* chain = nullptr;  ///< completions taken, not yet resumed
  std::uint64_t unripe = 0;          ///< answers to collect before: the `later` of one of them may be among those
  bool fence_due = false;  ///< the trustee wants a record behind what had the ticket `fence_behind` when it asked
  std::uint64_t fence_behind = 0;
  std::uint32_t idle_passes = 0;
  [[nodiscard]] bool wants_room() const noexcept { return waiting.first != nullptr || unsaid != 0 || fence_due; }
  bool active = false;   ///< polled for answers every pass
  bool closing = false;  ///< the trustee has gone or is about to
  time_point due{};      ///< in a simulation: the answers that show are under way until then; no time: not drawn yet
};

}  // namespace trust::worker
