// SPDX-License-Identifier: MIT
#pragma once
// everywhere: one closure on every one of several owners, and what their answers make together.
//
// Each owner gets its own copy of the closure, since they run at the same time. All calls are begun before any is waited for, by when_all
// (combine.hpp), and each holds its owner: no owner (an empty handle) is errc::empty. `reduced` folds the answers at the caller, in the order of
// the owners.
// Tests: tests/unit/delegate/sharded.cpp

#include <trust/delegate/combine.hpp>
#include <trust/delegate/remote.hpp>

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace trust::delegate {

/// Refuses what cannot be given to each of several owners.
template <class... X> consteval void check_copies() {
  static_assert((std::is_constructible_v<carried_t<X>, const carried_t<X>&> && ...),
                "trust-tee: each shard gets a copy of this closure and of its arguments, but one of them cannot be "
                "copied; call the shards one by one, or share what it moves along through a shared_ptr to const");
}

/// Refuses closures that cannot be called on each of several owners, and what they must not give away.
template <class T, class F, class... Args> consteval void check_everywhere() {
  check_copies<F, Args...>();
  check_copied_call<T, F, Args...>();
  if constexpr (std::invocable<std::decay_t<F>, T&, travelling_t<Args>...>)
    check_result<T, std::invoke_result_t<std::decay_t<F>, T&, travelling_t<Args>...>>();
}

/// `closure(T&)` on each of `count` owners: an op of a vector of its results, or of nothing where they are void.
template <bool Hazardous, class T, class C>
[[nodiscard]] auto everywhere(const remote<T>* owners, std::size_t count, const C& closure) {
  using Op = decltype(access::call<false>(*owners, C{closure}));
  std::vector<child<Op>> calls;
  calls.reserve(count != 0 ? count : 1);
  for (std::size_t i = 0; i < count; ++i) {
    calls.emplace_back(access::call<false>(owners[i], C{closure}));
    calls.back().own();
  }
  if (count == 0) calls.emplace_back(access::call<false>(remote<T>{}, C{closure}));
  return all_in<Op, Hazardous>{std::move(calls)};
}

/// What `reduce` makes of an initial value and of all that `All`, an op of a vector, gives.
template <class All, class Value, class Reduce>
class [[nodiscard]] reduced : public coro::ours, public startable<reduced<All, Value, Reduce>, Value> {
  using R = typename All::R;
  static_assert(!std::is_void_v<R>,
                "trust-tee: map_reduce has nothing to reduce, since its first closure returns void; use on_all");

 public:
  using value_type = Value;
  static constexpr bool hazardous = All::hazardous;
  static constexpr bool borrowed = All::borrowed || captures_by_reference<Reduce>;
  template <class V, class F>
  reduced(All&& all, V&& value, F&& reduce)
      : all_{std::move(all)}, value_(std::forward<V>(value)), reduce_(std::forward<F>(reduce)) {}

  [[nodiscard]] auto operator co_await() & noexcept { return all_awaiter<reduced>{*this}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && noexcept {
    coro::check_temporary<H>();
    return all_awaiter<reduced>{*this};
  }
  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) { return all_.begin(done, env); }
  [[nodiscard]] worker::core* home() const noexcept { return all_.home(); }
  void own() noexcept { all_.own(); }
  value_type take() {
    for (auto&& x : all_.take()) value_ = std::invoke(reduce_, std::move(value_), static_cast<R&&>(x));
    return std::move(value_);
  }
  [[nodiscard]] result<value_type> take_result() {
    return result_of([&]() -> value_type { return take(); });
  }

 private:
  All all_;
  Value value_;
  [[no_unique_address]] Reduce reduce_;
};

}  // namespace trust::delegate
