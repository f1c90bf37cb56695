// SPDX-License-Identifier: MIT
#pragma once
// together: one closure over several entrusted objects, wherever they live: all of them are its own while it runs.
//
//     co_await trust::together(from, to, [&](account& a, account& b) { a.balance -= sum; b.balance += sum; });
// Atomic: nobody sees the objects in between. Free of deadlock among those who do the same, first in, first out. Objects of one trustee cost one
// message, wherever they were made; of several, two to each but the last, and none of the caller's threads stands still. The closure runs on
// one of the trustees, in one go; the others hold their objects back meanwhile. It waits until the launched tasks of the objects have
// ended; launches that come later queue behind it. Calls and launches of those tasks go on, so it does not wait for itself.
// Objects must be of types that may travel (may_travel.hpp), and must not be attended or local. From a task that was launched on one of
// the objects, and with one object twice: errc::would_deadlock.
// Tests: tests/unit/delegate/together.cpp, tests/stress/together.cpp   Price: bench/together.cpp

#include <trust/delegate/described.hpp>
#include <trust/delegate/have.hpp>
#include <trust/delegate/may_travel.hpp>
#include <trust/delegate/remote.hpp>

#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace trust {
namespace delegate {

template <class X> inline constexpr bool is_remote = false;
template <class T> inline constexpr bool is_remote<remote<T>> = true;

/// The object behind a handle. Only where it may be touched.
template <class T> [[nodiscard]] T& object_behind(const remote<T>& r) noexcept {
  return *std::launder(reinterpret_cast<T*>(reinterpret_cast<std::byte*>(access::cell(r)) +
                                            (access::bits(r) >> link::record_bits::offset_shift)));
}

/// `F` is an lvalue reference where the caller keeps it.
template <class F, class... T> class together_work {
 public:
  using Raw = std::invoke_result_t<F&, T&...>;
  using R = unwrapped_t<Raw>;
  static_assert(
      (may_travel<T> && ...),
      "trust-tee: together runs its closure on one trustee, so its objects must be of types that may travel; if "
      "this one may, say template <> inline constexpr bool trust::may_travel<X> = true;");
  static_assert(!awaitable_result<Raw>,
                "trust-tee: this closure returns a task or another awaitable, but together runs its closure in one go");

  together_work(std::tuple<remote<T>...>&& objects, F&& f)
      : objects_{std::move(objects)}, function_{static_cast<F&&>(f)} {}

  [[nodiscard]] task<R> operator()() { return run(*this); }

 private:
  static task<R> run(together_work& self) {
    (check_result<T, Raw>(), ...);
    std::vector<worker::cell*> cells;
    std::apply([&](const auto&... r) { (cells.push_back(access::cell(r)), ...); }, self.objects_);
    co_await have_all(std::move(cells), &together_work::work, &self);
    co_return std::move(self.outcome_).value();
  }
  /// On the trustee.
  static void work(worker::lease& l) noexcept {
    auto& self = *static_cast<together_work*>(l.data);
    self.outcome_ = result_of([&]() -> R {
      return std::apply(
          [&](const auto&... r) -> R {
            if constexpr (is_unchecked<Raw>) {
              return std::move(std::invoke(self.function_, object_behind(r)...).value);
            } else {
              return std::invoke(self.function_, object_behind(r)...);
            }
          },
          self.objects_);
    });
  }

  std::tuple<remote<T>...> objects_;
  F function_;
  result<R> outcome_;
};

/// The same over any number of objects of one type: f(std::span<T* const>), in the order of the handles.
template <class F, class T> class together_range {
 public:
  using Raw = std::invoke_result_t<F&, std::span<T* const>>;
  using R = unwrapped_t<Raw>;
  static_assert(
      may_travel<T>,
      "trust-tee: together runs its closure on one trustee, so its objects must be of a type that may travel; if "
      "this one may, say template <> inline constexpr bool trust::may_travel<X> = true;");
  static_assert(!awaitable_result<Raw>,
                "trust-tee: this closure returns a task or another awaitable, but together runs its closure in one go");

  together_range(std::vector<remote<T>>&& objects, F&& f)
      : objects_{std::move(objects)}, function_{static_cast<F&&>(f)} {}

  [[nodiscard]] task<R> operator()() { return run(*this); }

 private:
  static task<R> run(together_range& self) {
    check_result<T, Raw>();
    std::vector<worker::cell*> cells;
    for (const auto& r : self.objects_) {
      cells.push_back(access::cell(r));
      self.there_.push_back(r ? &object_behind(r) : nullptr);
    }
    if (cells.empty()) {
      work_on(self);
    } else {
      co_await have_all(
          std::move(cells), [](worker::lease& l) noexcept { work_on(*static_cast<together_range*>(l.data)); }, &self);
    }
    co_return std::move(self.outcome_).value();
  }
  static void work_on(together_range& self) noexcept {
    self.outcome_ = result_of([&]() -> R {
      if constexpr (is_unchecked<Raw>) {
        return std::move(std::invoke(self.function_, std::span<T* const>{self.there_}).value);
      } else {
        return std::invoke(self.function_, std::span<T* const>{self.there_});
      }
    });
  }

  std::vector<remote<T>> objects_;
  F function_;
  std::vector<T*> there_;
  result<R> outcome_;
};

template <class F, class... T> [[nodiscard]] auto make_together(F&& f, std::tuple<remote<T>...>&& objects) {
  static_assert(
      std::is_invocable_v<F&, T&...>,
      "trust-tee: together takes handles and, last, a closure that is called with a reference to each object");
  using work = together_work<F, T...>;
  return described_task<work, coro::hazardous<F>()>{work{std::move(objects), std::forward<F>(f)}};
}

template <class Args, std::size_t... I> [[nodiscard]] auto split_together(Args&& args, std::index_sequence<I...>) {
  static_assert((is_remote<std::remove_cvref_t<std::tuple_element_t<I, Args>>> && ...),
                "trust-tee: together takes handles (trust::remote) and, last, a closure");
  using Last = std::tuple_element_t<sizeof...(I), Args>;
  return make_together<Last>(static_cast<Last&&>(std::get<sizeof...(I)>(args)),
                             std::tuple<std::remove_cvref_t<std::tuple_element_t<I, Args>>...>{
                                 static_cast<std::tuple_element_t<I, Args>&&>(std::get<I>(args))...});
}

}  // namespace delegate

/// `together(a, b, ..., f)`: awaited, runs f(A&, B&, ...) while all the objects are its own. Result: f's. Throws what f throws, or trust::error:
/// empty, would_deadlock, shared, cancelled, timed_out, runtime_stopped. Tasks only.
template <class... Args>
  requires(sizeof...(Args) >= 2 && !std::ranges::range<std::tuple_element_t<0, std::tuple<Args...>>>)
[[nodiscard]] auto together(Args&&... args) {
  return delegate::split_together(std::forward_as_tuple(std::forward<Args>(args)...),
                                  std::make_index_sequence<sizeof...(Args) - 1>{});
}

/// `together(handles, f)`: the same over the objects of a range of handles of one type: f(std::span<T* const>), in the order of the handles. Of none,
/// f is called at once.
template <std::ranges::input_range Range, class F>
  requires(delegate::is_remote<std::ranges::range_value_t<Range>>)
[[nodiscard]] auto together(Range&& handles, F&& f) {
  using T = typename std::ranges::range_value_t<Range>::element_type;
  static_assert(
      std::is_invocable_v<F&, std::span<T* const>>,
      "trust-tee: together of a range takes a closure that is called with a std::span of pointers to the objects");
  using work = delegate::together_range<F, T>;
  return delegate::described_task<work, coro::hazardous<F>()>{
      work{std::vector<remote<T>>(std::ranges::begin(handles), std::ranges::end(handles)), std::forward<F>(f)}};
}

}  // namespace trust
