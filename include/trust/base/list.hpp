// SPDX-License-Identifier: MIT
#pragma once
// list: an intrusive doubly linked list whose members leave it by themselves when they are destroyed.
//
// Waiters lie in coroutine frames, and a frame that is destroyed while it waits must not stay in a list: the hook's destructor unlinks.
// The list owns nothing and allocates nothing. One thread.   Tests: tests/unit/base/list.cpp

#include <trust/base/assert.hpp>

#include <cstddef>

namespace trust::base {

/// What a member is linked by. Neither made nor ended by itself: for what is often made and seldom linked.
class links {
 public:
  links() noexcept {}  // not `= default`, which would let `T{}` write zeros first
  links(const links&) = delete;
  links& operator=(const links&) = delete;

  /// In no list. Before anything else is asked of it.
  void begin_unlinked() noexcept { next_ = nullptr; }
  [[nodiscard]] bool linked() const noexcept { return next_ != nullptr; }
  void unlink() noexcept {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = nullptr;
  }

 private:
  template <class> friend class list;
  links* next_;
  links* previous_;  // while linked
};

/// The same, unlinked from the beginning, and out of its list at the end.
class hook : public links {
 public:
  hook() noexcept { begin_unlinked(); }
  ~hook() { unlink(); }
};

/// `T` derives from hook, or from links.
template <class T> class list {
 public:
  list() noexcept { end_.next_ = end_.previous_ = &end_; }
  list(const list&) = delete;
  list& operator=(const list&) = delete;
  ~list() {
    while (!empty()) pop_front();
  }

  [[nodiscard]] bool empty() const noexcept { return end_.next_ == &end_; }
  void push_back(T& x) noexcept {
    links& h = x;
    TRUST_ASSERT(!h.linked(), "a member of one list was put into another");
    h.previous_ = end_.previous_;
    h.next_ = &end_;
    end_.previous_->next_ = &h;
    end_.previous_ = &h;
  }
  [[nodiscard]] T* front() noexcept { return empty() ? nullptr : static_cast<T*>(end_.next_); }
  T* pop_front() noexcept {
    T* x = front();
    if (x != nullptr) static_cast<links*>(x)->unlink();
    return x;
  }
  /// Takes over all members of `from`, behind its own.
  void append(list& from) noexcept {
    if (from.empty()) return;
    from.end_.next_->previous_ = end_.previous_;
    end_.previous_->next_ = from.end_.next_;
    from.end_.previous_->next_ = &end_;
    end_.previous_ = from.end_.previous_;
    from.end_.next_ = from.end_.previous_ = &from.end_;
  }
  /// Calls `f(T&)` for each member; `f` may unlink the one it is given.
  template <class F> void each(F&& f) {
    for (links* h = end_.next_; h != &end_;) {
      links* next = h->next_;
      f(*static_cast<T*>(h));
      h = next;
    }
  }
  [[nodiscard]] std::size_t size() noexcept {
    std::size_t n = 0;
    each([&](T&) { ++n; });
    return n;
  }

 private:
  links end_;
};

}  // namespace trust::base
