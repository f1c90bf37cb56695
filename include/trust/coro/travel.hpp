// SPDX-License-Identifier: MIT
#pragma once
// travel: what becomes of a callable and its arguments when they are handed over, and what g++ before 13 does to them
// on the way.
//
// Arguments decay as for std::thread; character arrays become std::string, which owns its text; `unchecked` has its
// wrapping taken off. In `co_await r.post([o = obj{}](T&) {...})` g++ before 13 destroys the temporary closure twice
// (GCC PR 99576, 100611, 101367), as it does with every temporary of aggregate type that stands anywhere in the
// expression. So whatever is awaited and was made from such a temporary is refused while it is a temporary itself, and
// accepted once it has a name: a call cannot tell a temporary from std::move(named), but a co_await can tell a named
// operation. Not seen: a temporary lambda inside another temporary (std::function), and temporaries of a call that
// makes the handle (`co_await rt.entrust(aggregate{}).ready()`).   Tests: tests/refuse/, tests/unit/delegate/gcc12.cpp

#include <trust/base/type_name.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace trust {

/// Carries a value, argument or closure past the checks; what arrives is the value itself. You vouch for its lifetime.
template <class X> struct unchecked_value {
  explicit unchecked_value(X x) : value{std::move(x)} {}
  X value;
  template <class... A>
    requires std::invocable<X&, A...>
  decltype(auto) operator()(A&&... a) {
    return std::invoke(value, std::forward<A>(a)...);
  }
};
template <class X> [[nodiscard]] unchecked_value<std::decay_t<X>> unchecked(X&& x) {
  return unchecked_value<std::decay_t<X>>{std::forward<X>(x)};
}

namespace coro {

template <class X> inline constexpr bool is_unchecked = false;
template <class X> inline constexpr bool is_unchecked<unchecked_value<X>> = true;

template <class X> struct unwrapped {
  using type = X;
};
template <class X> struct unwrapped<unchecked_value<X>> {
  using type = X;
};
template <class X> using unwrapped_t = typename unwrapped<X>::type;

template <class A> [[nodiscard]] decltype(auto) unwrap(A&& a) noexcept {
  if constexpr (is_unchecked<std::remove_cvref_t<A>>) {
    return static_cast<std::conditional_t<std::is_lvalue_reference_v<A>, decltype(a.value)&, decltype(a.value)&&>>(
        a.value);
  } else {
    return std::forward<A>(a);
  }
}

/// What an argument is kept as until it is used: `unchecked` still shows.
template <class A> struct carried {
  using type = std::decay_t<A>;
};
template <class A>
  requires(std::is_array_v<std::remove_reference_t<A>> &&
           std::is_same_v<std::remove_cv_t<std::remove_extent_t<std::remove_reference_t<A>>>, char>)
struct carried<A> {
  using type = std::string;
};
template <class A> using carried_t = typename carried<A>::type;

/// What an argument reaches the callable as, an rvalue of this type.
template <class A> using travelling_t = unwrapped_t<carried_t<A>>;

/// True for what g++ before 13 destroys twice as a temporary in a co_await: lambdas and aggregates that are not trivially
/// destructible.
template <class X> consteval bool hazardous() {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  using V = unwrapped_t<std::remove_cvref_t<X>>;
  if constexpr (std::is_lvalue_reference_v<X> || std::is_trivially_destructible_v<V> || !std::is_class_v<V>) {
    return false;
  } else {
    return std::is_aggregate_v<V> || base::is_lambda<V>();
  }
#else
  return false;
#endif
}

/// Said at the co_await of a temporary, by everything that is awaited and was made from a callable or from arguments.
template <bool Hazardous> consteval void check_temporary() {
  static_assert(
      !Hazardous,
      "trust-tee: g++ before 13 destroys the captures of this temporary closure (or aggregate argument) twice when it "
      "stands "
      "inside the co_await. Safe forms: name the operation (auto op = r.apply(...); co_await op;), a captureless "
      "closure with "
      "arguments that have constructors, by-reference captures, an lvalue closure, or trust::moved(f) of a named one");
}

}  // namespace coro
}  // namespace trust
