// SPDX-License-Identifier: MIT
#pragma once
// inbox: what threads without a lane send to a worker: calls of foreign threads, new lanes, last drops, orders of the runtime.
//
//     pushers (any thread)                         taker (the worker)
//     write letter, push it -- [mail] -----------> take all, reverse, read
//
//     open, empty     head is null
//     open, letters   head is the youngest letter; each letter points to the one before it
//     closed          head is the mark; a push is refused and the letter stays its sender's
//
// Letters are pushed by compare-exchange and taken whole, so there is no ABA; reversed, they are first in, first out for each thread.
// Closed is a state of the head and not a second word, so nothing falls into an inbox that nobody will open again.
// Edges            [mail].     Model: tests/model/inbox.cpp   Stress: tests/stress/foreign.cpp

#include <trust/link/edges.hpp>

#include <cstdint>

namespace trust::link {

/// `Letter` has a member `next` of type `Letter*`.
template <class M, class Letter> class inbox {
 public:
  /// Any thread. False: closed, the letter was not taken.
  [[nodiscard]] bool push(Letter& l) noexcept {
    std::uintptr_t head = head_.load(std::memory_order_relaxed);
    do {
      if (head == closed) return false;
      l.next = reinterpret_cast<Letter*>(head);
      M::wrote(&l.next, sizeof l.next);
    } while (!head_.compare_exchange_weak(head, reinterpret_cast<std::uintptr_t>(&l),
                                          M::order(edge::mail, std::memory_order_release), std::memory_order_relaxed));
    return true;
  }

  /// The worker: is there anything? A plain load.
  [[nodiscard]] bool empty() const noexcept {
    const std::uintptr_t head = head_.load(std::memory_order_relaxed);
    return head == 0 || head == closed;
  }

  /// The worker: all letters, oldest first, or null.
  [[nodiscard]] Letter* take() noexcept {
    if (empty()) return nullptr;
    return oldest_first(head_.exchange(0, M::order(edge::mail, std::memory_order_acquire)));
  }

  /// The worker: no letter from now on; the rest, oldest first.
  [[nodiscard]] Letter* close() noexcept {
    const std::uintptr_t head = head_.exchange(closed, M::order(edge::mail, std::memory_order_acquire));
    return head == closed ? nullptr : oldest_first(head);
  }

  [[nodiscard]] bool is_closed() const noexcept { return head_.load(std::memory_order_relaxed) == closed; }

 private:
  static constexpr std::uintptr_t closed = 1;  // no letter has this address

  [[nodiscard]] static Letter* oldest_first(std::uintptr_t head) noexcept {
    Letter* reversed = nullptr;
    for (auto* l = reinterpret_cast<Letter*>(head); l != nullptr;) {
      M::read(&l->next, sizeof l->next);
      Letter* before = l->next;
      l->next = reversed;
      M::wrote(&l->next, sizeof l->next);
      reversed = l;
      l = before;
    }
    return reversed;
  }

  typename M::template atomic<std::uintptr_t> head_{0};
};

}  // namespace trust::link
