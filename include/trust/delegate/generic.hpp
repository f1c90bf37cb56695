// SPDX-License-Identifier: MIT
#pragma once
// generic: apply, with, launch, post and apply_then as functions, for code that works with a remote and a local alike.
//
//     template <trust::trust_for<account> H> trust::task<long> balance(const H& h) { co_return co_await trust::apply(h, &account::balance); }
// On a local the call runs at once and the await finds it ready; on a remote it is the op.   Tests: tests/unit/delegate/generic.cpp

#include <trust/delegate/local.hpp>
#include <trust/delegate/remote.hpp>
#include <trust/delegate/where.hpp>

#include <utility>

namespace trust {

template <class H> inline constexpr bool is_handle = false;
template <class T> inline constexpr bool is_handle<remote<T>> = true;
template <class T> inline constexpr bool is_handle<local<T>> = true;

/// A handle to a T.
template <class H, class T>
concept trust_for =
    is_handle<H> && std::is_same_v<std::remove_const_t<typename H::element_type>, std::remove_const_t<T>>;

namespace delegate {

template <class H>
concept handle = is_handle<std::remove_cvref_t<H>>;
template <class H> inline constexpr bool is_local = false;
template <class T> inline constexpr bool is_local<local<T>> = true;

/// Makes a result that is there into something to await.
template <bool Hazardous, class Call> [[nodiscard]] auto awaited(Call&& call) {
  using R = decltype(call());
  if constexpr (std::is_void_v<R>) {
    call();
    return at_once<void, Hazardous>{};
  } else {
    return at_once<std::decay_t<R>, Hazardous>{call()};
  }
}

}  // namespace delegate

template <delegate::handle H, class F, class... Args> [[nodiscard]] auto apply(H&& h, F&& f, Args&&... args) {
  if constexpr (delegate::is_local<std::remove_cvref_t<H>>) {
    return delegate::awaited<delegate::any_hazardous<F, Args...>>(
        [&]() -> decltype(auto) { return h.apply(std::forward<F>(f), std::forward<Args>(args)...); });
  } else {
    return std::forward<H>(h).apply(std::forward<F>(f), std::forward<Args>(args)...);
  }
}
template <delegate::handle H, class F, class... Args> [[nodiscard]] auto with(H&& h, F&& f, Args&&... args) {
  if constexpr (delegate::is_local<std::remove_cvref_t<H>>) {
    return delegate::awaited<delegate::any_hazardous<F, Args...>>(
        [&]() -> decltype(auto) { return h.with(std::forward<F>(f), std::forward<Args>(args)...); });
  } else {
    return std::forward<H>(h).with(std::forward<F>(f), std::forward<Args>(args)...);
  }
}
template <delegate::handle H, class F, class... Args> [[nodiscard]] auto launch(H&& h, F&& f, Args&&... args) {
  return std::forward<H>(h).launch(std::forward<F>(f), std::forward<Args>(args)...);
}
template <delegate::handle H, class F, class... Args> auto post(H&& h, F&& f, Args&&... args) {
  return h.post(std::forward<F>(f), std::forward<Args>(args)...);
}
template <delegate::handle H, class F, class Then, class... Args>
void apply_then(H&& h, F&& f, Then&& then, Args&&... args) {
  h.apply_then(std::forward<F>(f), std::forward<Then>(then), std::forward<Args>(args)...);
}

}  // namespace trust
