// SPDX-License-Identifier: MIT
#pragma once
// edges: the named release/acquire pairs of this floor, and the steps of its protocols that nothing else stands in for.
//
// Every memory order that carries a protocol is asked of the machine as `M::order(edge::call, std::memory_order_release)`, and every
// step whose omission must be noticed as `if (M::step(step::second_look))`. The real machine answers at compile time with the order
// itself and with true; the checking machine of the model tests weakens one edge, or skips one step, and must be caught.
// The essay of the header that uses an edge says what it carries. Model: tests/model/ (one demoted twin per name below).

#include <atomic>

namespace trust::link {

enum class edge {
  call,        ///< requests: turn word, client to trustee: the record is visible
  room,        ///< requests: consumed word, trustee to client: the granules are free
  answer,      ///< replies: a line's word, trustee to client: the values of the line are visible
  completion,  ///< completions: mailbox filled, trustee to client: the chain and the results are visible
  closed,      ///< lane: the trustee has left, its last consumed, answers and chain are final
  mail,        ///< inbox: head, pusher to taker: the letters are visible
  park,        ///< parker: the flag, sleeper to producer (read-modify-write pair where membarrier is not to be had)
  claim,       ///< parker: the exchange by which one producer takes the duty to ring
  drop,        ///< refcount: every use of a handle before the last drop
  finished,    ///< oneshot: maker to taker: the result is visible
  waiting,     ///< oneshot: taker to maker: the waiter is visible
};

enum class step {
  close_next,   ///< requests: close the word after a record before the record is published
  second_look,  ///< parker: look once more between raising the flag and sleeping
  barrier,      ///< parker: membarrier between raising the flag and the second look
  ring,         ///< parker: ring the bell when the flag is found raised
  sweep,        ///< last drop: serve every lane once before the object is destroyed
  both,         ///< halt: wait for the answer to the message as well as for the result
};

/// What the real machine answers.
struct shipped_protocol {
  [[nodiscard]] static constexpr std::memory_order order(edge, std::memory_order as_written) noexcept {
    return as_written;
  }
  [[nodiscard]] static constexpr bool step(link::step) noexcept { return true; }
};

}  // namespace trust::link
