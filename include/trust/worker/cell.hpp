// SPDX-License-Identifier: MIT
#pragma once
// cell: what a handle points to: owner and state of an object, how many hold it, what waits for it. The object lies behind it.
//
//     building   its constructor has not run yet; requests are held
//     live       requests run
//     claimed    somebody wants it for himself (lease.hpp): what lasts, tasks above all, is held; the rest runs
//     lent       somebody has it; requests are held
//     moving     on its way to another owner (relay.hpp): the old one relays requests, the new one holds its own
//     failed     its constructor threw; every request gets that exception
//     gone       destroyed or extracted; requests are refused
//
// Who owns what    owner and state are written by the owner and read by all, plainly; handles and weaks count from any thread; the rest is
//                  the owner's alone. The last drop travels as the letter in the cell, so dropping needs no memory and never fails.
// Promise          the object is built, used and destroyed on its owner's thread, once. The memory goes with the last weak.

#include <trust/base/list.hpp>
#include <trust/link/refcount.hpp>
#include <trust/link/word.hpp>
#include <trust/worker/entry.hpp>
#include <trust/worker/port.hpp>

#include <cstdint>
#include <exception>
#include <string>

namespace trust::coro {
class root;
}

namespace trust::worker {

enum class cell_state : std::uint32_t { building, live, claimed, lent, moving, failed, gone };

struct cell;
struct homeward;
struct migration;

/// What is known of an entrusted type, without its type.
struct cell_type {
  void (*destroy)(cell&) noexcept;  ///< the object, on its owner
  void (*release)(cell*) noexcept;  ///< the cell's memory
  const char* (*name)() noexcept;   ///< of the type
};

/// A task of the object's own (attend): it does not keep the object alive.
struct attendant : base::hook {
  coro::root* task = nullptr;
};

struct alignas(64) cell : letter, base::hook {
  // Read by all.
  link::word<machine, port*> owner;
  link::word<machine, cell_state> state{cell_state::building};
  std::uint32_t object = 0;  ///< offset of the object from the cell
  const cell_type* type = nullptr;
  core* home = nullptr;
  bool keeps_home = true;  ///< all do but the hall, which is a part of its runtime
  std::string name;

  // Counted by all.
  alignas(64) link::refcount<machine> handles{1};
  link::refcount<machine> weaks{1};  ///< one for all handles together

  // The owner's.
  alignas(64) std::uint32_t pins = 0;  ///< launched tasks of this object
  std::uint32_t queued = 0;            ///< calls of the owner's own thread that wait in its queue
  bool runs_in_place = false;          ///< live and nothing queued: calls of the owner's own tasks may run at once
  bool condemned = false;              ///< no handle is left
  bool dying = false;                  ///< stands in the list of those to be destroyed
  bool stays = false;                  ///< a trust::local refers to it: it is neither lent nor moved
  bool settling = false;               ///< stands in the list of those whose FIFO is to be looked at
  cell* next_settling = nullptr;
  migration* moves = nullptr;  ///< while it moves
  entry* first_held = nullptr;
  entry** last_held = &first_held;
  base::list<attendant> attendants;
  std::exception_ptr why_failed;
  link::word<machine, homeward*> closer{nullptr};  ///< who waits for the object's end (close)

  cell(port& p, std::uint32_t offset, const cell_type& t);
  ~cell();
  cell(const cell&) = delete;
  cell& operator=(const cell&) = delete;

  // The owner's thread.
  void hold(entry& e) noexcept {
    *last_held = &e;
    last_held = &e.next;
  }
  /// Takes out what `at` points to.
  void let_go(entry** at) noexcept {
    entry& e = **at;
    *at = e.next;
    e.next = nullptr;
    if (*at == nullptr) last_held = at;
  }
  void let_go(entry& e) noexcept {
    entry** at = &first_held;
    while (*at != &e) at = &(*at)->next;
    let_go(at);
  }
  void becomes(cell_state s) noexcept {
    state.set(s);
    runs_in_place = s == cell_state::live && queued == 0;
  }
  void enqueued() noexcept {
    ++queued;
    runs_in_place = false;
  }
  /// True when none is left.
  bool dequeued() noexcept {
    if (--queued != 0) return false;
    runs_in_place = state.get() == cell_state::live;
    return true;
  }

  /// One handle less, from any thread.
  void drop_handle() noexcept {
    if (handles.drop()) send_last_drop();
  }
  /// The count has just reached zero: the owner is told.
  void send_last_drop() noexcept;
  void drop_weak() noexcept {
    if (weaks.drop()) type->release(this);
  }
};

}  // namespace trust::worker
