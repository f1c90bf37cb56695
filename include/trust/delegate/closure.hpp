// SPDX-License-Identifier: MIT
#pragma once
// closure: a callable with its arguments, as it travels: `bound`.
//
// Arguments decay as for std::thread, character arrays become std::string, and all reach the callable as rvalues. An lvalue callable is used in
// place and stays the caller's. `hazardous` knows what g++ before 13 destroys twice when it stands as a temporary in a co_await.
// Tests: tests/unit/delegate/closure.cpp, tests/refuse/

#include <trust/base/type_name.hpp>
#include <trust/delegate/borrow.hpp>

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trust {

/// Moves a named closure into a call: `auto f = [o = obj{}](T&) {...}; co_await r.apply(trust::moved(f));`
template <class F>
struct moved_closure {
  explicit moved_closure(F&& f) : function{std::move(f)} {}
  F function;
  template <class... A>
    requires std::invocable<F, A...>
  decltype(auto) operator()(A&&... a) {
    return std::invoke(std::move(function), std::forward<A>(a)...);
  }
};
template <class F>
  requires(!std::is_const_v<F>)
[[nodiscard]] moved_closure<F> moved(F& f) {
  return moved_closure<F>{std::move(f)};
}

namespace delegate {

/// What an argument becomes on its way.
template <class A>
struct travelling {
  using type = unwrapped_t<std::decay_t<A>>;
};
template <class A>
  requires(std::is_array_v<std::remove_reference_t<A>> &&
           std::is_same_v<std::remove_cv_t<std::remove_extent_t<std::remove_reference_t<A>>>, char>)
struct travelling<A> {
  using type = std::string;
};
template <class A>
using travelling_t = typename travelling<A>::type;

template <class A>
[[nodiscard]] decltype(auto) unwrap(A&& a) noexcept {
  if constexpr (is_unchecked<std::remove_cvref_t<A>>) {
    return static_cast<std::conditional_t<std::is_lvalue_reference_v<A>, decltype(a.value)&, decltype(a.value)&&>>(a.value);
  } else {
    return std::forward<A>(a);
  }
}

/// True for what g++ before 13 destroys twice as a temporary in a co_await: lambdas and aggregates that are not trivially destructible.
template <class X>
consteval bool hazardous() {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  using V = std::remove_cvref_t<X>;
  if constexpr (std::is_lvalue_reference_v<X> || std::is_trivially_destructible_v<V> || !std::is_class_v<V>) {
    return false;
  } else {
    return std::is_aggregate_v<V> || base::is_lambda<V>();
  }
#else
  return false;
#endif
}

/// `F` is an lvalue reference where the caller keeps the callable.
template <class F, class... Args>
class bound {
 public:
  template <class G, class... As>
  explicit bound(std::in_place_t, G&& g, As&&... as) : function_{std::forward<G>(g)}, args_{std::forward<As>(as)...} {}

  template <class... Object>
  decltype(auto) operator()(Object&... object) {
    return std::apply(
        [&](Args&... args) -> decltype(auto) { return std::invoke(static_cast<F&&>(function_), object..., std::move(args)...); }, args_);
  }

 private:
  [[no_unique_address]] F function_;
  [[no_unique_address]] std::tuple<Args...> args_;
};

template <class F>
class bound<F> {
 public:
  template <class G>
  explicit bound(std::in_place_t, G&& g) : function_{std::forward<G>(g)} {}

  template <class... Object>
  decltype(auto) operator()(Object&... object) {
    return std::invoke(static_cast<F&&>(function_), object...);
  }

 private:
  [[no_unique_address]] F function_;
};

/// The type of what travels for `apply(f, args...)`.
template <class F, class... Args>
using bound_for =
    bound<std::conditional_t<std::is_lvalue_reference_v<F> && !std::is_function_v<std::remove_reference_t<F>>, F, std::decay_t<F>>,
          travelling_t<Args>...>;

template <class F, class... Args>
[[nodiscard]] bound_for<F, Args...> bind(F&& f, Args&&... args) {
  return bound_for<F, Args...>{std::in_place, std::forward<F>(f), unwrap(std::forward<Args>(args))...};
}

/// For forms that nobody waits for: an lvalue callable is copied.
template <class F, class... Args>
using bound_copy = bound<std::decay_t<F>, travelling_t<Args>...>;

template <class F, class... Args>
[[nodiscard]] bound_copy<F, Args...> bind_copy(F&& f, Args&&... args) {
  return bound_copy<F, Args...>{std::in_place, std::forward<F>(f), unwrap(std::forward<Args>(args))...};
}

}  // namespace delegate
}  // namespace trust
