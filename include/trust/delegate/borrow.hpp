// SPDX-License-Identifier: MIT
#pragma once
// borrow: what may not leave a closure, and what may not go into one that nobody waits for (promise 11).
//
// A result that refers into the object would let its caller touch what the trustee owns: references, pointers to T or a base of it,
// iterators, views, guards, a shared_ptr to non-const, also inside pair, tuple, optional and variant. A message that nobody awaits may run after its
// caller's frame has gone: by-reference captures, string_view, span, pointers and reference_wrapper are refused there. What no compiler sees is
// said in the docstrings: `[this]`, a capture list that mixes references and copies of class type.
// Tests: tests/refuse/

#include <trust/coro/promise.hpp>
#include <trust/coro/travel.hpp>
#include <trust/sync/guard.hpp>
#include <trust/sync/semaphore.hpp>

#include <concepts>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace trust {

/// Whether a value of type R refers to something that it does not own. Specialise it for types of your own.
template <class R>
struct borrows
    : std::bool_constant<std::is_reference_v<R> || (std::input_or_output_iterator<R> && !std::is_pointer_v<R>) ||
                         (std::ranges::range<R> && std::ranges::view<R>)> {};
template <class R> struct borrows<const R> : borrows<R> {};
template <class A, class B> struct borrows<std::pair<A, B>> : std::disjunction<borrows<A>, borrows<B>> {};
template <class... A> struct borrows<std::tuple<A...>> : std::disjunction<borrows<A>...> {};
template <class A> struct borrows<std::optional<A>> : borrows<A> {};
template <class... A> struct borrows<std::variant<A...>> : std::disjunction<borrows<A>...> {};
template <class A> struct borrows<std::shared_ptr<A>> : std::negation<std::is_const<A>> {};
template <class A> struct borrows<std::weak_ptr<A>> : std::negation<std::is_const<A>> {};
template <class A> struct borrows<std::reference_wrapper<A>> : std::true_type {};
template <class Owner, class T, bool Shares> struct borrows<sync::guard<Owner, T, Shares>> : std::true_type {};
template <> struct borrows<semaphore::guard> : std::true_type {};

namespace delegate {

using coro::carried_t;
using coro::is_unchecked;
using coro::travelling_t;
using coro::unwrap;
using coro::unwrapped_t;

/// Whether R is, or holds, a pointer to T or to a base of it.
template <class T, class R>
struct points_into
    : std::bool_constant<std::is_pointer_v<R> &&
                         std::is_base_of_v<std::remove_cv_t<std::remove_pointer_t<R>>, std::remove_cv_t<T>>> {};
template <class T, class R>
  requires(std::is_pointer_v<R> && std::is_same_v<std::remove_cv_t<std::remove_pointer_t<R>>, std::remove_cv_t<T>>)
struct points_into<T, R> : std::true_type {};
template <class T, class A, class B>
struct points_into<T, std::pair<A, B>> : std::disjunction<points_into<T, A>, points_into<T, B>> {};
template <class T, class... A> struct points_into<T, std::tuple<A...>> : std::disjunction<points_into<T, A>...> {};
template <class T, class A> struct points_into<T, std::optional<A>> : points_into<T, A> {};
template <class T, class... A> struct points_into<T, std::variant<A...>> : std::disjunction<points_into<T, A>...> {};

/// Refuses results that refer to what the trustee owns.
template <class T, class R> consteval void check_result() {
  if constexpr (!is_unchecked<R>) {
    static_assert(
        !std::is_reference_v<R>,
        "trust-tee: the closure returns a reference, which would reach into an object that only its trustee may touch; "
        "return a value (write -> auto, or copy), or trust::unchecked(x) if you vouch for it");
    static_assert(!points_into<T, R>::value,
                  "trust-tee: the closure returns a pointer to the entrusted object, which only its trustee may touch; "
                  "return a value, "
                  "or trust::unchecked(x) if you vouch for it");
    static_assert(
        std::is_reference_v<R> || !borrows<R>::value,
        "trust-tee: the closure returns something that borrows (a view, an iterator, a guard, a shared_ptr to "
        "non-const, or one of "
        "them inside a pair, tuple, optional or variant); return a value that owns what it holds, or "
        "trust::unchecked(x)");
  }
}

/// On g++ and clang a closure that is trivially copyable but not of standard layout captures by reference. (g++ 12 calls a closure no more
/// trivially copyable once it has been asked whether it can be assigned, as std::tuple does: so not that is asked.)
template <class F>
inline constexpr bool captures_by_reference =
    std::is_class_v<F> && !is_unchecked<F> && !std::is_empty_v<F> && std::is_trivially_move_constructible_v<F> &&
    std::is_trivially_destructible_v<F> && !std::is_standard_layout_v<F>;

/// A callable as it travels: an lvalue reference is one that is used where its caller has it.
template <class F>
inline constexpr bool borrowed_callable =
    std::is_lvalue_reference_v<F> || captures_by_reference<std::remove_cvref_t<F>>;

template <class A>
inline constexpr bool borrowed_argument = std::is_pointer_v<A> && !std::is_function_v<std::remove_pointer_t<A>>;
template <class A> inline constexpr bool borrowed_argument<std::reference_wrapper<A>> = true;
template <class C, class Tr> inline constexpr bool borrowed_argument<std::basic_string_view<C, Tr>> = true;
template <class X, std::size_t N> inline constexpr bool borrowed_argument<std::span<X, N>> = true;

/// Refuses what a message that nobody waits for must not carry.
template <class F, class... Args> consteval void check_unawaited() {
  static_assert(!captures_by_reference<std::remove_cvref_t<F>>,
                "trust-tee: this closure captures by reference, but nobody waits for it, so what it refers to may be "
                "gone when it runs; "
                "capture by value or move, pass arguments, await the call, or wrap it in trust::unchecked(f)");
  static_assert(
      !(borrowed_argument<carried_t<Args>> || ...),
      "trust-tee: a pointer, string_view, span or reference_wrapper is passed to a call that nobody waits for, so what "
      "it refers "
      "to may be gone when the call runs; pass a std::string, a container or a value, or trust::unchecked(x)");
}

/// Whether an op, a closure or what a combinator makes of them refers to something of the caller's.
template <class X> consteval bool is_borrowed() {
  if constexpr (std::is_lvalue_reference_v<X>) {
    return true;
  } else if constexpr (requires { X::borrowed; }) {
    return X::borrowed;
  } else {
    return false;
  }
}

/// Refuses to begin an op that nobody waits for while it refers to something of the caller's.
template <class Op> consteval void check_startable() {
  static_assert(!is_borrowed<Op>(),
                "trust-tee: start does not wait, but this call refers to something of its caller's (a by-reference "
                "capture, an lvalue "
                "closure, range or op, or a pointer, string_view, span or reference_wrapper argument), which may be "
                "gone when it runs; move it "
                "in (std::move, trust::moved(f)), pass values, or vouch for it with trust::unchecked(x)");
}

template <class R>
concept awaitable_result = std::derived_from<std::remove_cvref_t<R>, coro::ours> || requires(R r) {
  r.operator co_await();
} || requires(R r) { operator co_await(static_cast<R&&>(r)); } || requires(R r) {
  { r.await_ready() } -> std::convertible_to<bool>;
};

/// Refuses a closure that cannot be called as the verb will call it. `F` is the verb's own forwarding parameter.
template <class T, class F, class... Args> consteval void check_callable() {
  using callable = std::conditional_t<std::is_lvalue_reference_v<F>, F, std::decay_t<F>>;
  static_assert(std::invocable<callable, T&, travelling_t<Args>...>,
                "trust-tee: this closure cannot be called with the object and these arguments, which reach it as "
                "rvalues; note that with "
                "gives it a const T&");
}

/// Refuses verbs that may write through a remote<const T>.
template <class T> consteval void check_writable() {
  static_assert(!std::is_const_v<T>,
                "trust-tee: a remote<const T> lets its object only be read: call with(f), where f takes a const T&");
}

/// Both, for a call that its caller waits for.
template <class T, class F, class... Args> consteval void check_call() {
  check_writable<T>();
  if constexpr (!std::is_const_v<T>) check_callable<T, F, Args...>();
}
/// Both, for one that nobody waits for: an lvalue callable is copied.
template <class T, class F, class... Args> consteval void check_copied_call() {
  check_call<T, std::decay_t<F>, Args...>();
}

}  // namespace delegate
}  // namespace trust
