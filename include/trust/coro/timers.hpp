// SPDX-License-Identifier: MIT
#pragma once
// timers: what is due when, as an intrusive pairing heap: no memory of its own, insert O(1), erase and pop O(log n) amortised.
//
// A timer lies in the frame of who waits and leaves the heap when it is destroyed. Equal times fire in the order of insertion, or,
// in a simulation, in one that is drawn when they fire. One thread.   Tests: tests/unit/coro/timers.cpp

#include <trust/base/assert.hpp>
#include <trust/base/chance.hpp>

#include <chrono>
#include <cstdint>

namespace trust {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

}  // namespace trust

namespace trust::coro {

class timer_heap;

struct timer {
  using action = void (*)(timer&) noexcept;
  explicit timer(action a) noexcept : fire{a} {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  inline ~timer();

  time_point due{};
  action fire;  ///< called once, out of the heap

 private:
  friend class timer_heap;
  timer_heap* heap_ = nullptr;
  std::uint64_t order_ = 0;
  timer* child_ = nullptr;
  timer* sibling_ = nullptr;
  timer* previous_ = nullptr;  // the elder sibling, or the parent of a first child
};

class timer_heap {
 public:
  [[nodiscard]] bool empty() const noexcept { return root_ == nullptr; }
  [[nodiscard]] time_point next_due() const noexcept { return root_->due; }

  void insert(timer& t, time_point due) noexcept {
    TRUST_ASSERT(t.heap_ == nullptr, "a timer was set twice");
    t.due = due;
    t.heap_ = this;
    t.order_ = ++inserted_;
    root_ = root_ == nullptr ? &t : meld(root_, &t);
  }

  void erase(timer& t) noexcept {
    if (t.heap_ != this) return;
    if (&t == root_) {
      root_ = pair(t.child_);
    } else {
      (t.previous_->child_ == &t ? t.previous_->child_ : t.previous_->sibling_) = t.sibling_;
      if (t.sibling_ != nullptr) t.sibling_->previous_ = t.previous_;
      if (timer* rest = pair(t.child_); rest != nullptr) root_ = meld(root_, rest);
    }
    t.heap_ = nullptr;
    t.child_ = t.sibling_ = t.previous_ = nullptr;
  }

  /// Fires what is due, `most` at most; says how many.
  unsigned fire(time_point now, unsigned most) noexcept {
    unsigned n = 0;
    while (n < most && root_ != nullptr && root_->due <= now) {
      timer& t = *root_;
      erase(t);
      t.fire(t);
      ++n;
    }
    return n;
  }

  /// The same, but of equal times a drawn one comes next.
  unsigned fire_as_drawn(time_point now, unsigned most, base::chance& by) noexcept {
    unsigned n = 0;
    for (; n < most && root_ != nullptr && root_->due <= now; n += fire(now, 1)) {
      for (std::uint64_t skip = root_->child_ != nullptr ? by.below(8) : 0; skip > 0; --skip) {
        timer& t = *root_;
        erase(t);
        insert(t, t.due);  // behind those of its time
      }
    }
    return n;
  }

 private:
  [[nodiscard]] static bool before(const timer& a, const timer& b) noexcept {
    return a.due != b.due ? a.due < b.due : a.order_ < b.order_;
  }

  [[nodiscard]] static timer* meld(timer* a, timer* b) noexcept {
    if (before(*b, *a)) {
      timer* t = a;
      a = b;
      b = t;
    }
    b->sibling_ = a->child_;
    if (b->sibling_ != nullptr) b->sibling_->previous_ = b;
    b->previous_ = a;
    a->child_ = b;
    a->sibling_ = a->previous_ = nullptr;
    return a;
  }

  /// Melds a list of siblings: pairs from the left, then all from the right. No recursion.
  [[nodiscard]] static timer* pair(timer* first) noexcept {
    timer* pairs = nullptr;  // linked through sibling_, youngest first
    while (first != nullptr) {
      timer* a = first;
      timer* b = a->sibling_;
      first = b != nullptr ? b->sibling_ : nullptr;
      a->sibling_ = a->previous_ = nullptr;
      if (b != nullptr) {
        b->sibling_ = b->previous_ = nullptr;
        a = meld(a, b);
      }
      a->sibling_ = pairs;
      pairs = a;
    }
    timer* all = nullptr;
    while (pairs != nullptr) {
      timer* next = pairs->sibling_;
      pairs->sibling_ = nullptr;
      all = all == nullptr ? pairs : meld(all, pairs);
      pairs = next;
    }
    return all;
  }

  timer* root_ = nullptr;
  std::uint64_t inserted_ = 0;
};

inline timer::~timer() {
  if (heap_ != nullptr) heap_->erase(*this);
}

}  // namespace trust::coro
