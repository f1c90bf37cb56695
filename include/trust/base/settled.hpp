// SPDX-License-Identifier: MIT
#pragma once
// settled: one place for a value or a failure, or for neither as long as it is open. What a result keeps.
//
// A std::variant of the three would do; it visits through a table of functions, also to be destroyed, and every type that
// is kept costs the compiler as much as a small program (45 ms of clang 19). This one asks its state.
// Tests: tests/unit/base/result.cpp

#include <trust/base/assert.hpp>
#include <trust/base/error.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace trust::base {

template <class V> class settled {
 public:
  settled() noexcept {}
  explicit settled(failure&& f) noexcept : state_{failed}, failure_{std::move(f)} {}
  settled(const settled& o)
    requires std::copy_constructible<V>
  {
    copy(o);
  }
  settled(settled&& o) noexcept(std::is_nothrow_move_constructible_v<V>) { copy(std::move(o)); }
  settled& operator=(const settled& o)
    requires std::copy_constructible<V>
  {
    if (this != &o) clear(), copy(o);
    return *this;
  }
  settled& operator=(settled&& o) noexcept(std::is_nothrow_move_constructible_v<V>) {
    if (this != &o) clear(), copy(std::move(o));
    return *this;
  }
  ~settled() { clear(); }

  /// In the place of whatever is there. If the constructor throws the place is open.
  template <class... Args> void emplace(Args&&... args) {
    clear();
    std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
    state_ = valued;
  }
  void fail(failure&& f) noexcept {
    clear();
    std::construct_at(std::addressof(failure_), std::move(f));
    state_ = failed;
  }

  [[nodiscard]] bool is_open() const noexcept { return state_ == open; }
  [[nodiscard]] bool has_value() const noexcept { return state_ == valued; }
  /// Only where there is one.
  [[nodiscard]] V& value() noexcept { return must_be(valued), value_; }
  [[nodiscard]] const V& value() const noexcept { return must_be(valued), value_; }
  [[nodiscard]] failure& error() noexcept { return must_be(failed), failure_; }
  [[nodiscard]] const failure& error() const noexcept { return must_be(failed), failure_; }

 private:
  enum state : std::uint8_t { open, valued, failed };

  void must_be(state s) const noexcept {
    TRUST_ASSERT(state_ == s, "a result was asked for what it does not have: ask has_value() first");
    if (state_ != s) __builtin_unreachable();  // or g++ warns of reading what was never written
  }
  template <class O> void copy(O&& o) {
    if (o.state_ == valued) std::construct_at(std::addressof(value_), std::forward<O>(o).value_);
    if (o.state_ == failed) std::construct_at(std::addressof(failure_), std::forward<O>(o).failure_);
    state_ = o.state_;
  }
  void clear() noexcept {
    if (state_ == valued) std::destroy_at(std::addressof(value_));
    if (state_ == failed) std::destroy_at(std::addressof(failure_));
    state_ = open;
  }

  state state_ = open;
  union {
    V value_;
    failure failure_;
  };
};

}  // namespace trust::base
