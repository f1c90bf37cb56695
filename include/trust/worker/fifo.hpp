// SPDX-License-Identifier: MIT
#pragma once
// fifo: calls in a row, linked through their `resumable::next`. One thread.

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
};

}  // namespace trust::worker
