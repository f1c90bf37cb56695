// SPDX-License-Identifier: MIT
#pragma once
// ready_queue: what this worker can go on with, first in, first out, without memory of its own. One thread.
//
// With a generator a randomly chosen one of the first eight comes next, so that one core shows orders that otherwise need many.

#include <trust/base/chance.hpp>
#include <trust/coro/resumable.hpp>

#include <cstdint>

namespace trust::coro {

class ready_queue {
 public:
  ready_queue() noexcept = default;
  ready_queue(const ready_queue&) = delete;  // its end lies in itself
  ready_queue& operator=(const ready_queue&) = delete;

  void push(resumable& r) noexcept {
    r.next = nullptr;
    *last_ = &r;
    last_ = &r.next;
  }

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  [[nodiscard]] resumable* pop() noexcept {
    resumable* r = first_;
    if (r == nullptr) return nullptr;
    if (chance_ != nullptr) [[unlikely]]
      return pop_any();
    first_ = r->next;
    if (first_ == nullptr) last_ = &first_;
    return r;
  }

  /// Takes `r` out, if it stands here: at the end of a worker it may be destroyed before its turn.
  void remove(const resumable& r) noexcept {
    for (resumable** at = &first_; *at != nullptr; at = &(*at)->next) {
      if (*at != &r) continue;
      *at = r.next;
      if (last_ == &r.next) last_ = at;
      return;
    }
  }

  /// Null is first in, first out. The generator stays its owner's.
  void shuffle(base::chance* by) noexcept { chance_ = by; }

 private:
  [[nodiscard]] resumable* pop_any() noexcept {
    resumable** at = &first_;
    for (std::uint64_t skip = first_->next != nullptr ? chance_->below(8) : 0; skip > 0 && (*at)->next != nullptr;
         --skip)
      at = &(*at)->next;
    resumable* r = *at;
    *at = r->next;
    if (last_ == &r->next) last_ = at;
    return r;
  }

  resumable* first_ = nullptr;
  resumable** last_ = &first_;
  base::chance* chance_ = nullptr;
};

}  // namespace trust::coro
