// SPDX-License-Identifier: MIT
#pragma once
// fifo: calls in a row, first in, first out, linked through their `resumable::next`.
//
// Used for the worker's own queue and for what waits for room in a lane. It owns nothing and needs no memory: a call lies in its caller's frame
// or in a block of the pool. One thread.

#include <trust/worker/call.hpp>

namespace trust::worker {

struct fifo {
  call* first = nullptr;
  call* last = nullptr;

  void push(call& c) noexcept {
    c.resumable::next = nullptr;
    if (first == nullptr) {
      first = &c;
    } else {
      last->resumable::next = &c;
    }
    last = &c;
  }
  call* pop() noexcept {
    call* c = first;
    if (c != nullptr) first = static_cast<call*>(c->resumable::next);
    return c;
  }
  /// Takes out one that stands in it; looked for from the front.
  void remove(call& c) noexcept {
    call* before = nullptr;
    for (call* x = first; x != &c; x = static_cast<call*>(x->resumable::next)) before = x;
    coro::resumable* const after = c.resumable::next;
    if (before == nullptr) {
      first = static_cast<call*>(after);
    } else {
      before->resumable::next = after;
    }
    if (last == &c) last = before;
  }
};

}  // namespace trust::worker
