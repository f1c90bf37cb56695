// SPDX-License-Identifier: MIT
#pragma once
// borrow: what may not leave a closure, and what may not go into one that nobody waits for (promise 11).
//
// A result that refers into the object would let its caller touch what the trustee owns: references, pointers to T or a base of it,
// iterators, views, a shared_ptr to non-const, also inside pair, tuple, optional and variant. A message that nobody awaits may run after its
// caller's frame has gone: by-reference captures, string_view, span, pointers and reference_wrapper are refused there. What no compiler sees is
// said in the docstrings: `[this]`, a capture list that mixes references and copies of class type.
// Tests: tests/refuse/

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
template <class R>
struct borrows<const R> : borrows<R> {};
template <class A, class B>
struct borrows<std::pair<A, B>> : std::disjunction<borrows<A>, borrows<B>> {};
template <class... A>
struct borrows<std::tuple<A...>> : std::disjunction<borrows<A>...> {};
template <class A>
struct borrows<std::optional<A>> : borrows<A> {};
template <class... A>
struct borrows<std::variant<A...>> : std::disjunction<borrows<A>...> {};
template <class A>
struct borrows<std::shared_ptr<A>> : std::negation<std::is_const<A>> {};
template <class A>
struct borrows<std::reference_wrapper<A>> : std::true_type {};

/// Carries a value, argument or closure past the checks; what arrives is the value itself. You vouch for its lifetime.
template <class X>
struct unchecked_value {
  explicit unchecked_value(X x) : value{std::move(x)} {}
  X value;
  template <class... A>
    requires std::invocable<X&, A...>
  decltype(auto) operator()(A&&... a) {
    return std::invoke(value, std::forward<A>(a)...);
  }
};
template <class X>
[[nodiscard]] unchecked_value<std::decay_t<X>> unchecked(X&& x) {
  return unchecked_value<std::decay_t<X>>{std::forward<X>(x)};
}

namespace delegate {

template <class X>
inline constexpr bool is_unchecked = false;
template <class X>
inline constexpr bool is_unchecked<unchecked_value<X>> = true;

template <class X>
struct unwrapped {
  using type = X;
};
template <class X>
struct unwrapped<unchecked_value<X>> {
  using type = X;
};
template <class X>
using unwrapped_t = typename unwrapped<X>::type;

/// Whether R is, or holds, a pointer to T or to a base of it.
template <class T, class R>
struct points_into
    : std::bool_constant<std::is_pointer_v<R> && std::is_base_of_v<std::remove_cv_t<std::remove_pointer_t<R>>, std::remove_cv_t<T>>> {};
template <class T, class R>
  requires(std::is_pointer_v<R> && std::is_same_v<std::remove_cv_t<std::remove_pointer_t<R>>, std::remove_cv_t<T>>)
struct points_into<T, R> : std::true_type {};
template <class T, class A, class B>
struct points_into<T, std::pair<A, B>> : std::disjunction<points_into<T, A>, points_into<T, B>> {};
template <class T, class... A>
struct points_into<T, std::tuple<A...>> : std::disjunction<points_into<T, A>...> {};
template <class T, class A>
struct points_into<T, std::optional<A>> : points_into<T, A> {};
template <class T, class... A>
struct points_into<T, std::variant<A...>> : std::disjunction<points_into<T, A>...> {};

/// Refuses results that refer to what the trustee owns.
template <class T, class R>
consteval void check_result() {
  if constexpr (!is_unchecked<R>) {
    static_assert(!std::is_reference_v<R>,
                  "trust-tee: the closure returns a reference, which would reach into an object that only its trustee may touch; "
                  "return a value (write -> auto, or copy), or trust::unchecked(x) if you vouch for it");
    static_assert(!points_into<T, R>::value,
                  "trust-tee: the closure returns a pointer to the entrusted object, which only its trustee may touch; return a value, "
                  "or trust::unchecked(x) if you vouch for it");
    static_assert(std::is_reference_v<R> || !borrows<R>::value,
                  "trust-tee: the closure returns something that borrows (a view, an iterator, a shared_ptr to non-const, or one of "
                  "them inside a pair, tuple, optional or variant); return a value that owns what it holds, or trust::unchecked(x)");
  }
}

/// On g++ and clang a closure that is trivially copyable but not of standard layout captures by reference.
template <class F>
inline constexpr bool captures_by_reference =
    std::is_class_v<F> && !is_unchecked<F> && !std::is_empty_v<F> && std::is_trivially_copyable_v<F> && !std::is_standard_layout_v<F>;

template <class A>
inline constexpr bool borrowed_argument = std::is_pointer_v<A> && !std::is_function_v<std::remove_pointer_t<A>>;
template <class A>
inline constexpr bool borrowed_argument<std::reference_wrapper<A>> = true;
template <class C, class Tr>
inline constexpr bool borrowed_argument<std::basic_string_view<C, Tr>> = true;
template <class X, std::size_t N>
inline constexpr bool borrowed_argument<std::span<X, N>> = true;

/// Refuses what a message that nobody waits for must not carry.
template <class F, class... Args>
consteval void check_unawaited() {
  static_assert(!captures_by_reference<std::remove_cvref_t<F>>,
                "trust-tee: this closure captures by reference, but nobody waits for it, so what it refers to may be gone when it runs; "
                "capture by value or move, pass arguments, await the call, or wrap it in trust::unchecked(f)");
  static_assert(!(borrowed_argument<std::decay_t<Args>> || ...),
                "trust-tee: a pointer, string_view, span or reference_wrapper is passed to a call that nobody waits for, so what it refers "
                "to may be gone when the call runs; pass a std::string, a container or a value, or trust::unchecked(x)");
}

}  // namespace delegate
}  // namespace trust
