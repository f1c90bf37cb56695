// SPDX-License-Identifier: MIT
#pragma once
// settled: one place for a value or a failure, or for neither as long as it is open. What a result keeps.
//
// A std::variant of the three would do; it visits through a table of functions, also to be destroyed, and every type that
// is kept costs the compiler as much as a small program (45 ms of clang 19). This one asks its state.
// A failure comes and goes by functions of the library: g++ 12 would warn of reading one that is not there, in whatever
// file of a user it is inlined into.
// Tests: tests/unit/base/result.cpp

#include <trust/base/assert.hpp>
#include <trust/base/error.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace trust::base {

void copy_failure(failure* to, const failure& from) noexcept;
void move_failure(failure* to, failure& from) noexcept;
void destroy_failure(failure* f) noexcept;

template <class V> class settled {
 public:
  settled() noexcept {}
  explicit settled(failure&& f) noexcept : state_{state::failure}, failure_{std::move(f)} {}
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
    state_ = state::value;
  }
  void fail(failure&& f) noexcept {
    clear();
    move_failure(std::addressof(failure_), f);
    state_ = state::failure;
  }

  [[nodiscard]] bool is_open() const noexcept { return state_ == state::open; }
  [[nodiscard]] bool has_value() const noexcept { return state_ == state::value; }
  /// Only where there is one.
  [[nodiscard]] V& value() noexcept { return must_be(state::value), value_; }
  [[nodiscard]] const V& value() const noexcept { return must_be(state::value), value_; }
  [[nodiscard]] failure& error() noexcept { return must_be(state::failure), failure_; }
  [[nodiscard]] const failure& error() const noexcept { return must_be(state::failure), failure_; }

 private:
  enum class state : std::uint8_t { open, value, failure };

  void must_be(state s) const noexcept {
    TRUST_ASSERT(state_ == s, "a result was asked for what it does not have: ask has_value() first");
    if (state_ != s) __builtin_unreachable();  // or g++ warns of reading what was never written
  }
  template <class O> void copy(O&& o) {
    if (o.state_ == state::value) std::construct_at(std::addressof(value_), std::forward<O>(o).value_);
    if (o.state_ == state::failure) {
      if constexpr (std::is_lvalue_reference_v<O>) {
        copy_failure(std::addressof(failure_), o.failure_);
      } else {
        move_failure(std::addressof(failure_), o.failure_);
      }
    }
    state_ = o.state_;
  }
  void clear() noexcept {
    if (state_ == state::value) std::destroy_at(std::addressof(value_));
    if (state_ == state::failure) destroy_failure(std::addressof(failure_));
    state_ = state::open;
  }

  state state_ = state::open;
  union {
    V value_;
    failure failure_;
  };
};

}  // namespace trust::base
