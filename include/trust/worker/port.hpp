// SPDX-License-Identifier: MIT
#pragma once
// port: the face of a worker that other threads see: its parker, its inbox, its bell, its place in the runtime.
//
// Ports lie in memory that a fork wipes, so in a child every parker reads `forgotten` and every call ends with errc::forked, at no
// cost on the way of a call. They belong to the runtime's core, which handles, lanes and letters keep alive.

#include <trust/coro/resumable.hpp>
#include <trust/link/counter.hpp>
#include <trust/link/inbox.hpp>
#include <trust/link/lane.hpp>
#include <trust/link/machine.hpp>
#include <trust/link/parker.hpp>
#include <trust/link/tally.hpp>
#include <trust/link/word.hpp>

#include <cstdint>

namespace trust::io {
class driver;
}

namespace trust::worker {

class loop;
class core;
struct call;
struct cell;

using machine = link::real_machine;

/// What goes into an inbox. `open` is called on the worker, once. A closed inbox does not take it: then it is the sender's still.
struct letter {
  letter() noexcept {}
  letter* next;  ///< written by the mailbox
  void (*open)(letter&, loop&) noexcept;
};

/// What one worker has counted; read from any thread.
struct counters {
  link::counter<machine> parks;         ///< times it went to sleep
  link::counter<machine> spurious;      ///< of those, woken with nothing to do
  link::counter<machine> rung;          ///< bells that it rang for others
  link::counter<machine> served;        ///< records run for others
  link::counter<machine> lanes_polled;  ///< lanes looked at, over all passes
  link::counter<machine> passes;
  link::counter<machine> unheard;  ///< errors that nobody waited for
};

struct alignas(128) port {
  link::parker<machine> parker;
  bool membarrier = false;
  std::uint32_t index = 0;
  port* shortcut =
      nullptr;     ///< this port while its worker may run awaited calls in place; wiped by a fork, as everything here
  int thread = 0;  ///< the kernel's number of its thread
  core* home = nullptr;
  cell* hall = nullptr;          ///< an object of no type on this worker: pings go to it
  io::driver* driver = nullptr;  ///< null in a simulated runtime
  alignas(128) link::inbox<machine, letter> mail;
  link::inbox<machine, letter>
      estate;  ///< cells that lost their last handle while this worker was leaving: the core frees them
  link::tally<machine> strangers;  ///< messages of foreign threads in `mail`, for their back-pressure
  alignas(128) counters count;
  link::word<machine, std::uint64_t> report{0};   ///< for the shutdown hand-shake
  link::word<machine, std::uint32_t> reached{0};  ///< the phase that this worker has reached
  link::word<machine, std::uint32_t> stalled{0};  ///< the watch has seen this worker in one closure or slice for long
  link::word<machine, std::uint64_t> tasks{0};    ///< roots alive
};

using lane = link::lane<machine, call, port, coro::resumable>;

}  // namespace trust::worker
