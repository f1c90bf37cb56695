// SPDX-License-Identifier: MIT
#pragma once
// result: a value or why there is none, with the members of std::expected (which is C++23), so that errors can be handled as values.
//
// `nothing yet` is a third state for the library's own places (a task's promise, an op): it is never seen by users.
// References are kept as pointers, void as no value.   Tests: tests/unit/base/result.cpp

#include <trust/base/settled.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace trust {

template <class R> class [[nodiscard]] result {
 public:
  using value_type = R;
  using error_type = failure;
  using kept = std::conditional_t<std::is_reference_v<R>, std::add_pointer_t<R>, R>;

  result() noexcept {}  // nothing yet
  template <class U>
    requires(!std::is_same_v<std::remove_cvref_t<U>, result> && !std::is_same_v<std::remove_cvref_t<U>, failure> &&
             !std::is_same_v<std::remove_cvref_t<U>, errc> && std::is_constructible_v<R, U>)
  result(U&& value) {
    emplace(std::forward<U>(value));
  }
  result(failure f) noexcept : state_{std::move(f)} {}
  result(errc e) noexcept : result{failure{e}} {}

  template <class... Args> void emplace(Args&&... args) {
    if constexpr (std::is_reference_v<R>) {
      state_.emplace(std::addressof(args)...);
    } else {
      state_.emplace(std::forward<Args>(args)...);
    }
  }
  void fail(failure f) noexcept { state_.fail(std::move(f)); }
  [[nodiscard]] bool nothing_yet() const noexcept { return state_.is_open(); }

  [[nodiscard]] bool has_value() const noexcept { return state_.has_value(); }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws the failure's exception if there is none.
  [[nodiscard]] decltype(auto) value() & { return check(), get(); }
  [[nodiscard]] decltype(auto) value() const& { return check(), get(); }
  [[nodiscard]] R value() && { return check(), take(); }

  [[nodiscard]] auto& operator*() & noexcept { return get(); }
  [[nodiscard]] const auto& operator*() const& noexcept { return get(); }
  [[nodiscard]] R operator*() && { return take(); }
  [[nodiscard]] auto* operator->() noexcept { return std::addressof(get()); }
  [[nodiscard]] const auto* operator->() const noexcept { return std::addressof(get()); }
  [[nodiscard]] const failure& error() const& noexcept { return state_.error(); }
  [[nodiscard]] failure error() && noexcept { return std::move(state_.error()); }

  template <class U> [[nodiscard]] R value_or(U&& other) && {
    return has_value() ? take() : static_cast<R>(std::forward<U>(other));
  }
  template <class U> [[nodiscard]] R value_or(U&& other) const& {
    return has_value() ? get() : static_cast<R>(std::forward<U>(other));
  }
  template <class F> auto and_then(F&& f) && -> std::invoke_result_t<F, R> {
    if (has_value()) return std::invoke(std::forward<F>(f), take());
    return std::move(*this).error();
  }
  template <class F> auto transform(F&& f) && -> result<std::invoke_result_t<F, R>>;
  template <class F> result or_else(F&& f) && {
    if (has_value()) return std::move(*this);
    return std::invoke(std::forward<F>(f), std::move(*this).error());
  }

  /// Moves the value out without asking whether there is one.
  [[nodiscard]] R take() {
    if constexpr (std::is_reference_v<R>) {
      return static_cast<R>(*state_.value());
    } else {
      return std::move(state_.value());
    }
  }

 private:
  [[nodiscard]] auto& get() noexcept {
    if constexpr (std::is_reference_v<R>) {
      return *state_.value();
    } else {
      return state_.value();
    }
  }
  [[nodiscard]] const auto& get() const noexcept { return const_cast<result*>(this)->get(); }
  void check() const {
    if (!has_value()) error().raise();
  }

  base::settled<kept> state_;
};

template <class R>
  requires std::is_void_v<R>
class [[nodiscard]] result<R> {
 public:
  using value_type = void;
  using error_type = failure;

  result() noexcept {}  // nothing yet
  result(failure f) noexcept : state_{std::move(f)} {}
  result(errc e) noexcept : result{failure{e}} {}
  [[nodiscard]] static result done() noexcept {
    result r;
    r.emplace();
    return r;
  }

  void emplace() noexcept { state_.emplace(); }
  void fail(failure f) noexcept { state_.fail(std::move(f)); }
  [[nodiscard]] bool nothing_yet() const noexcept { return state_.is_open(); }

  [[nodiscard]] bool has_value() const noexcept { return state_.has_value(); }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (!has_value()) error().raise();
  }
  void operator*() const noexcept {}
  [[nodiscard]] const failure& error() const& noexcept { return state_.error(); }
  [[nodiscard]] failure error() && noexcept { return std::move(state_.error()); }
  template <class F> auto and_then(F&& f) && -> std::invoke_result_t<F> {
    if (has_value()) return std::invoke(std::forward<F>(f));
    return std::move(*this).error();
  }
  template <class F> result or_else(F&& f) && {
    if (has_value()) return std::move(*this);
    return std::invoke(std::forward<F>(f), std::move(*this).error());
  }
  void take() const noexcept {}

 private:
  struct ok {};
  base::settled<ok> state_;
};

template <class R> template <class F> auto result<R>::transform(F&& f) && -> result<std::invoke_result_t<F, R>> {
  using U = std::invoke_result_t<F, R>;
  if (!has_value()) return std::move(*this).error();
  if constexpr (std::is_void_v<U>) {
    std::invoke(std::forward<F>(f), take());
    return result<void>::done();
  } else {
    return result<U>{std::invoke(std::forward<F>(f), take())};
  }
}

template <class X> inline constexpr bool is_result = false;
template <class R> inline constexpr bool is_result<result<R>> = true;

/// Calls `f` and makes a result of what it returns or throws.
template <class F> auto result_of(F&& f) -> result<std::invoke_result_t<F>> {
  using R = std::invoke_result_t<F>;
  return base::attempt(
      [&]() -> result<R> {
        if constexpr (std::is_void_v<R>) {
          std::invoke(std::forward<F>(f));
          return result<R>::done();
        } else {
          return result<R>{std::invoke(std::forward<F>(f))};
        }
      },
      [](std::exception_ptr e) { return result<R>{failure{std::move(e)}}; });
}

}  // namespace trust
