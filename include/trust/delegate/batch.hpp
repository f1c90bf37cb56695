// SPDX-License-Identifier: MIT
#pragma once
// batch: the closures of apply_each and apply_batch: many elements in one message.
//
// All elements are run, in order; then the first exception is thrown, if there was one. Void results are not collected.

#include <trust/base/exceptions.hpp>
#include <trust/delegate/borrow.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace trust::delegate {

/// Refuses what must not come back from an element.
template <class T, class R> consteval void check_element_result() {
  static_assert(!awaitable_result<R>,
                "trust-tee: this closure returns a task or another awaitable, but apply_each and apply_batch run it in "
                "one go on the "
                "trustee, which must not wait; use launch for a closure that waits");
  check_result<T, R>();
}

/// Calls `next(keep)` until it says that there are no more; one that throws has been passed already. Throws the first exception at the end.
template <class Next, class Keep> void run_to_end(Next& next, Keep&& keep) {
  std::exception_ptr first;
  while (base::attempt(
      [&] {
        while (next(keep)) {}
        return false;
      },
      [&](std::exception_ptr e) {
        if (!first) first = std::move(e);
        return true;
      })) {}
  if (first) base::rethrow(std::move(first));
}

/// The same; keeps what the calls return.
template <class R, class Next> auto run_all(std::size_t expected, Next&& next) {
  if constexpr (std::is_void_v<R>) {
    static_cast<void>(expected);
    run_to_end(next, [](auto&& call) { call(); });
  } else {
    std::vector<unwrapped_t<R>> results;
    results.reserve(expected);
    run_to_end(next, [&](auto&& call) { results.push_back(unwrap(call())); });
    return results;
  }
}

/// f(T&, element&) for each element of a range. An lvalue range is used in place (the caller waits), an rvalue one travels. Where the
/// elements of one in place lie, travels with the call: its head would be fetched from the caller's core first.
template <class F, class Range> class each {
  static constexpr bool in_place =
      std::is_lvalue_reference_v<Range> && std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range>;

 public:
  static constexpr bool borrowed = borrowed_callable<F> || std::is_lvalue_reference_v<Range> || borrows<Range>::value;
  each(F f, Range range) : f_{static_cast<F&&>(f)}, range_{static_cast<Range&&>(range)} {}

  /// The call begins and this goes into its record: the range is final.
  void leaves() noexcept {
    if constexpr (in_place) elements_ = {std::ranges::data(range_), std::ranges::size(range_)};
  }

  template <class T> auto operator()(T& object) {
    using element = std::ranges::range_reference_t<std::remove_reference_t<Range>>;
    using R = std::invoke_result_t<std::remove_reference_t<F>&, T&, element>;
    check_element_result<T, R>();
    const auto run = [&](auto&& elements, std::size_t expected) {
      auto it = std::ranges::begin(elements);
      const auto end = std::ranges::end(elements);
      return run_all<R>(expected, [&](auto&& keep) {
        if (it == end) return false;
        element x = *it;
        ++it;
        keep([&]() -> decltype(auto) { return std::invoke(f_, object, static_cast<element&&>(x)); });
        return true;
      });
    };
    if constexpr (in_place) {
      if (elements_.data() == nullptr) leaves();  // it has not left
      return run(elements_, elements_.size());
    } else if constexpr (std::ranges::sized_range<Range>) {
      return run(range_, static_cast<std::size_t>(std::ranges::size(range_)));
    } else {
      return run(range_, 0);
    }
  }

 private:
  struct nothing {};
  using span_of_elements =
      std::span<std::remove_reference_t<std::ranges::range_reference_t<std::remove_reference_t<Range>>>>;

  [[no_unique_address]] F f_;
  Range range_;
  [[no_unique_address]] std::conditional_t<in_place, span_of_elements, nothing> elements_;
};

/// f(T&, i) for i from 0 to n - 1.
template <class F> class counted {
 public:
  static constexpr bool borrowed = borrowed_callable<F>;
  counted(F f, std::size_t n) : f_{static_cast<F&&>(f)}, n_{n} {}

  template <class T> auto operator()(T& object) {
    using R = std::invoke_result_t<std::remove_reference_t<F>&, T&, std::size_t>;
    check_element_result<T, R>();
    std::size_t i = 0;
    return run_all<R>(n_, [&](auto&& keep) {
      if (i == n_) return false;
      const std::size_t at = i++;
      keep([&]() -> decltype(auto) { return std::invoke(f_, object, at); });
      return true;
    });
  }

 private:
  F f_;
  std::size_t n_;
};

}  // namespace trust::delegate
