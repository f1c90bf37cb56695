// SPDX-License-Identifier: MIT
#pragma once
// closure: a callable with its arguments, as it travels: `bound`.
//
// Arguments travel as coro/travel.hpp says and reach the callable as rvalues. An lvalue callable is used in place and stays the caller's; where
// nobody waits it is copied. `borrowed` says whether what travels refers to something of the caller's, as far as a compiler sees it.
// Tests: tests/unit/delegate/closure.cpp, tests/refuse/

#include <trust/coro/travel.hpp>
#include <trust/delegate/borrow.hpp>

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trust {

/// Moves a named closure into a call: `auto f = [o = obj{}](T&) {...}; co_await r.apply(trust::moved(f));`
template <class F> struct moved_closure {
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

/// True for a callable or an argument that g++ before 13 would destroy twice (coro/travel.hpp).
template <class... X> inline constexpr bool any_hazardous = (coro::hazardous<X>() || ...);

/// `F` is an lvalue reference where the caller keeps the callable.
template <class F, class... Args> class bound {
 public:
  static constexpr bool borrowed = borrowed_callable<F> || (borrowed_argument<Args> || ...);

  template <class G, class... As>
  explicit bound(std::in_place_t, G&& g, As&&... as) : function_{std::forward<G>(g)}, args_{std::forward<As>(as)...} {}

  template <class... Object> decltype(auto) operator()(Object&... object) {
    return std::apply(
        [&](Args&... args) -> decltype(auto) {
          return std::invoke(static_cast<F&&>(function_), object..., unwrap(std::move(args))...);
        },
        args_);
  }

 private:
  [[no_unique_address]] F function_;
  [[no_unique_address]] std::tuple<Args...> args_;
};

template <class F> class bound<F> {
 public:
  static constexpr bool borrowed = borrowed_callable<F>;

  template <class G> explicit bound(std::in_place_t, G&& g) : function_{std::forward<G>(g)} {}

  /// See move_to_record.
  void leaves() noexcept
    requires requires(F& f) { f.leaves(); }
  {
    function_.leaves();
  }

  template <class... Object> decltype(auto) operator()(Object&... object) {
    return std::invoke(static_cast<F&&>(function_), object...);
  }

 private:
  [[no_unique_address]] F function_;
};

/// The type of what travels for `apply(f, args...)`.
template <class F, class... Args>
using bound_for =
    bound<std::conditional_t<std::is_lvalue_reference_v<F> && !std::is_function_v<std::remove_reference_t<F>>, F,
                             std::decay_t<F>>,
          carried_t<Args>...>;

template <class F, class... Args> [[nodiscard]] bound_for<F, Args...> bind(F&& f, Args&&... args) {
  return bound_for<F, Args...>{std::in_place, std::forward<F>(f), std::forward<Args>(args)...};
}

/// For forms that nobody waits for: an lvalue callable is copied.
template <class F, class... Args> using bound_copy = bound<std::decay_t<F>, carried_t<Args>...>;

template <class F, class... Args> [[nodiscard]] bound_copy<F, Args...> bind_copy(F&& f, Args&&... args) {
  return bound_copy<F, Args...>{std::in_place, std::forward<F>(f), std::forward<Args>(args)...};
}

}  // namespace delegate
}  // namespace trust
