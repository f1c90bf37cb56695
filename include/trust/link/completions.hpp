// SPDX-License-Identifier: MIT
#pragma once
// completions: how a trustee hands back the results that it answered `later` (launched tasks, held requests).
//
//     trustee                                               client
//     chain waiters, fill the mailbox -- [completion] --> take the chain, resume each
//     look again         <------------------------------- empty the mailbox
//
// The waiters themselves are the queue: they lie in their callers' frames, are linked through `next`, and need no memory and no bound.
// The mailbox is one word, written by the trustee only while it is empty and by the client only while it is full, so plain loads and
// stores do, and nothing is retried.
//
//     empty    the trustee may fill it; its unpublished chain (pending) is its own
//     full     the chain belongs to the client
//
// A trustee that finds the mailbox full keeps its chain. It must not sleep on it unseen: "chain pending and mailbox empty" is one of the
// things that its second look looks for, and the client that empties the mailbox looks at the trustee's parker as after a request.
// Emptying carries nothing, so it is relaxed: only the trustee fills, and it sees its own last chain or the null after it.
// Rejected         a Treiber stack (two read-modify-writes per burst); answers in the reply lines (they would need a bound).
// Edges            [completion].     Model: tests/model/completions.cpp

#include <trust/link/edges.hpp>

namespace trust::link {

/// `Node` has a member `next` of type `Node*`.
template <class M, class Node> class completions {
 public:
  /// The trustee's end: adds a finished waiter to the chain. One thread.
  void add(Node& n) noexcept {
    n.next = nullptr;
    M::wrote(&n.next, sizeof n.next);
    if (pending_ == nullptr) {
      pending_ = &n;
    } else {
      last_->next = &n;
      M::wrote(&last_->next, sizeof last_->next);
    }
    last_ = &n;
    M::wrote(&pending_, sizeof pending_);
  }

  /// The trustee's end: publishes the chain if the mailbox is empty; false while a chain is still pending.
  bool tell() noexcept {
    if (pending_ == nullptr) return true;
    if (mailbox_.load(std::memory_order_relaxed) != nullptr) return false;
    mailbox_.store(pending_, M::order(edge::completion, std::memory_order_release));
    pending_ = nullptr;
    M::wrote(&pending_, sizeof pending_);
    return true;
  }

  [[nodiscard]] bool pending() const noexcept { return pending_ != nullptr; }

  /// The client's end: takes the whole chain, oldest first, or null. After it, look at the trustee's parker. One thread.
  [[nodiscard]] Node* take() noexcept {
    Node* chain = mailbox_.load(M::order(edge::completion, std::memory_order_acquire));
    if (chain != nullptr) mailbox_.store(nullptr, std::memory_order_relaxed);
    return chain;
  }

  /// The client's end: whether there is a chain to take.
  [[nodiscard]] bool shows() const noexcept {
    return mailbox_.load(M::order(edge::completion, std::memory_order_acquire)) != nullptr;
  }
  /// The trustee's end: whether a chain is pending that could be published now.
  [[nodiscard]] bool can_tell() const noexcept {
    return pending_ != nullptr && mailbox_.load(std::memory_order_relaxed) == nullptr;
  }

  /// The client's end, after the trustee has left (edge `closed`): what the trustee could not publish any more.
  [[nodiscard]] Node* take_rest() noexcept {
    M::read(&pending_, sizeof pending_);
    Node* chain = pending_;
    pending_ = nullptr;
    return chain;
  }

 private:
  alignas(64) typename M::template atomic<Node*> mailbox_{nullptr};
  alignas(64) Node* pending_ = nullptr;  // trustee's
  Node* last_ = nullptr;                 // trustee's
};

}  // namespace trust::link
