// SPDX-License-Identifier: MIT
#pragma once
// combine: as_result and when_all: operations made of operations, which can be awaited, got and started like them.
//
// as_result turns what would be thrown into a value. when_all begins all, waits for all, then gives a tuple (of a range: a vector), or throws the
// first failure in order. A void result in a tuple is std::monostate; a range of void gives nothing. Tasks may stand among the ops where a
// coroutine awaits; made of ops alone, the whole is an op.
// Tests: tests/unit/delegate/combine.cpp, tests/refuse/

#include <trust/coro/task.hpp>
#include <trust/delegate/op.hpp>
#include <trust/link/refcount.hpp>

#include <concepts>
#include <iterator>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace trust {
namespace delegate {

/// What can be begun without a coroutine: ops and what combinators make of them.
template <class A>
concept beginnable = requires(std::remove_cvref_t<A>& a, coro::resumable& done, coro::environment* env) {
  typename std::remove_cvref_t<A>::value_type;
  { a.begin(done, env) } -> std::same_as<bool>;
  a.take_result();
  a.home();
};

template <class A> consteval bool awaits_hazard() {
  if constexpr (requires { std::remove_cvref_t<A>::hazardous; }) {
    return !std::is_lvalue_reference_v<A> && std::remove_cvref_t<A>::hazardous;
  } else {
    return false;
  }
}

/// Awaits `Inner` and makes a result of what it gives or throws.
template <class Inner> class result_awaiter {
 public:
  template <class A> explicit result_awaiter(A&& a) : inner_{static_cast<A&&>(a).operator co_await()} {}
  using R = decltype(std::declval<Inner&>().await_resume());

  [[nodiscard]] bool await_ready() { return inner_.await_ready(); }
  template <class P> [[nodiscard]] auto await_suspend(std::coroutine_handle<P> h) { return inner_.await_suspend(h); }
  [[nodiscard]] result<R> await_resume() {
    if constexpr (requires { inner_.await_result(); }) {
      return inner_.await_result();
    } else {
      return result_of([&]() -> R { return inner_.await_resume(); });
    }
  }

 private:
  Inner inner_;
};

template <class A> using awaiter_of = decltype(std::declval<A&>().operator co_await());

/// `A` is an lvalue reference where the awaitable was named.
template <class A> class [[nodiscard]] as_result_awaitable : public coro::ours {
 public:
  static constexpr bool hazardous = awaits_hazard<A>();
  static constexpr bool borrowed = is_borrowed<A>();
  explicit as_result_awaitable(A&& a) : inner_{static_cast<A&&>(a)} {}

  [[nodiscard]] auto operator co_await() & { return result_awaiter<awaiter_of<A>>{inner_}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && {
    coro::check_temporary<H>();
    return result_awaiter<awaiter_of<A>>{inner_};
  }

 protected:
  A inner_;
};

/// as_result of an op: an op.
template <class A>
class [[nodiscard]] as_result_op
    : public as_result_awaitable<A>,
      public startable<as_result_op<A>, result<typename std::remove_cvref_t<A>::value_type>> {
 public:
  using value_type = result<typename std::remove_cvref_t<A>::value_type>;
  using as_result_awaitable<A>::as_result_awaitable;
  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) { return this->inner_.begin(done, env); }
  [[nodiscard]] worker::core* home() const noexcept { return this->inner_.home(); }
  void own() noexcept { this->inner_.own(); }
  value_type take() { return this->inner_.take_result(); }
  [[nodiscard]] result<value_type> take_result() { return result<value_type>{this->inner_.take_result()}; }
};

/// One child of when_all: an op, or a task that runs as a child of who awaits.
template <class A> class child {
 public:
  using Op = std::remove_cvref_t<A>;
  static_assert(beginnable<Op> || is_task<Op>,
                "trust-tee: when_all takes ops and tasks; await anything else in a small task of its own");
  using R = typename Op::value_type;
  explicit child(A&& a) : inner_{static_cast<A&&>(a)} {}
  child(child&& o) : inner_{static_cast<A&&>(o.inner_)} {}  // before it has begun: only what was described moves
  child& operator=(child&&) = delete;

  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) {
    if constexpr (beginnable<Op>) {
      // The others may be under way already: what cannot begin (no memory for a lane) is this child's result.
      return base::attempt([&] { return inner_.begin(done, env); },
                           [&](std::exception_ptr e) {
                             unbegun_ = std::move(e);
                             return false;
                           });
    } else {
      auto& promise = inner_.frame().promise();
      promise.done = &done;
      promise.env = env;
      start_.frame = coro::turn_of(inner_.frame());
      coro::here()->give_way(start_);
      return true;
    }
  }
  [[nodiscard]] result<R> take_result() {
    if constexpr (beginnable<Op>) {
      if (unbegun_) return failure{std::exchange(unbegun_, nullptr)};
      return inner_.take_result();
    } else {
      return std::move(inner_.frame().promise().kept);
    }
  }
  [[nodiscard]] worker::core* home() const noexcept {
    if constexpr (beginnable<Op>) {
      return inner_.home();
    } else {
      return nullptr;
    }
  }
  void own() noexcept {
    if constexpr (beginnable<Op>) inner_.own();
  }

 private:
  A inner_;
  coro::resumable start_;
  std::exception_ptr unbegun_;
};

/// Counts children; the last one goes on with who waits. On a foreign thread children end on several workers, so the count is atomic.
class join_point final : public coro::resumable {
 public:
  join_point() noexcept : resumable{&join_point::one_less} {}
  join_point(const join_point&) = delete;

  /// Begins all `children(i)`; true if somebody will go on with `done`.
  template <class Begin> [[nodiscard]] bool begin(coro::resumable& done, std::size_t n, Begin&& begin_child) {
    done_ = &done;
    for (std::size_t i = 0; i < n; ++i) {
      left_.add();
      if (!begin_child(i, static_cast<coro::resumable&>(*this))) static_cast<void>(left_.drop());  // ended already
    }
    return !left_.drop();  // this function's own
  }

 private:
  // The children share this resumable: it is never queued, only claimed, once for each of them.
  static std::coroutine_handle<> one_less(coro::resumable& r) noexcept {
    auto& self = static_cast<join_point&>(r);
    return self.left_.drop() ? self.done_->claim() : std::coroutine_handle<>{};
  }
  link::refcount<worker::machine> left_{1};
  coro::resumable* done_ = nullptr;
};

template <class R> using tuple_part = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

template <class R> [[nodiscard]] tuple_part<R> part_of(result<R>&& r) {
  if constexpr (std::is_void_v<R>) {
    r.value();
    return {};
  } else {
    return std::move(r).value();
  }
}

/// What all forms of when_all share: `Self` has value_type, count(), begin_child(i, done, env), gather().
template <class Self> class all_awaiter {
 public:
  explicit all_awaiter(Self& s) noexcept : self_{s} {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
    coro::require_our_coroutine<P>();
    done_.frame = coro::turn_of(h);
    return self_.begin(done_, h.promise().env) || coro::here()->gives_way(done_);
  }
  decltype(auto) await_resume() { return self_.take(); }

 private:
  Self& self_;
  coro::resumable done_;
};

template <class... A>
class [[nodiscard]] all_of
    : public coro::ours,
      public startable<all_of<A...>, std::tuple<tuple_part<typename std::remove_cvref_t<A>::value_type>...>> {
 public:
  using value_type = std::tuple<tuple_part<typename std::remove_cvref_t<A>::value_type>...>;
  static constexpr bool hazardous = (awaits_hazard<A>() || ...);
  static constexpr bool borrowed = (is_borrowed<A>() || ...);
  explicit all_of(A&&... a) : children_{child<A>{static_cast<A&&>(a)}...} {}
  all_of(all_of&& o) : children_{std::move(o.children_)} {}

  [[nodiscard]] auto operator co_await() & noexcept { return all_awaiter<all_of>{*this}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && noexcept {
    coro::check_temporary<H>();
    return all_awaiter<all_of>{*this};
  }

  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) {
    return begin_all(done, env, std::index_sequence_for<A...>{});
  }
  [[nodiscard]] worker::core* home() const noexcept {
    worker::core* found = nullptr;
    std::apply([&](const auto&... c) { ((found = found != nullptr ? found : c.home()), ...); }, children_);
    return found;
  }
  void own() noexcept {
    std::apply([](auto&... c) { (c.own(), ...); }, children_);
  }
  value_type take() {
    return std::apply(
        [](auto&... c) {
          // All results are taken before the first failure is thrown.
          std::tuple<result<typename std::remove_reference_t<decltype(c)>::R>...> all{c.take_result()...};
          return std::apply([](auto&... r) { return value_type{part_of(std::move(r))...}; }, all);
        },
        children_);
  }
  [[nodiscard]] result<value_type> take_result() {
    return result_of([&] { return take(); });
  }

 private:
  template <std::size_t... I>
  [[nodiscard]] bool begin_all(coro::resumable& done, coro::environment* env, std::index_sequence<I...>) {
    return join_.begin(done, sizeof...(A), [&](std::size_t i, coro::resumable& one) {
      bool begun = false;
      ((i == I ? void(begun = std::get<I>(children_).begin(one, env)) : void()), ...);
      return begun;
    });
  }
  std::tuple<child<A>...> children_;
  join_point join_;
};

template <class R> struct gathered {
  using type = std::vector<R>;
};
template <> struct gathered<void> {
  using type = void;
};

/// `Hazardous`: made from a range that stood in the expression and that g++ before 13 would destroy twice.
template <class A, bool Hazardous>
class [[nodiscard]] all_in : public coro::ours,
                             public startable<all_in<A, Hazardous>, typename gathered<typename A::value_type>::type> {
 public:
  using R = typename A::value_type;
  using value_type = typename gathered<R>::type;
  static constexpr bool hazardous = Hazardous;
  static constexpr bool borrowed = is_borrowed<A>();
  explicit all_in(std::vector<child<A>>&& c) noexcept : children_{std::move(c)} {}
  all_in(all_in&& o) noexcept : children_{std::move(o.children_)} {}

  [[nodiscard]] auto operator co_await() & noexcept { return all_awaiter<all_in>{*this}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && noexcept {
    coro::check_temporary<H>();
    return all_awaiter<all_in>{*this};
  }
  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) {
    return join_.begin(done, children_.size(),
                       [&](std::size_t i, coro::resumable& one) { return children_[i].begin(one, env); });
  }
  [[nodiscard]] worker::core* home() const noexcept { return children_.empty() ? nullptr : children_.front().home(); }
  void own() noexcept {
    for (auto& c : children_) c.own();
  }
  value_type take() {
    std::vector<result<R>> all;
    all.reserve(children_.size());
    for (auto& c : children_) all.push_back(c.take_result());
    if constexpr (std::is_void_v<R>) {
      for (auto& r : all) r.value();
    } else {
      value_type values;
      values.reserve(all.size());
      for (auto& r : all) values.push_back(std::move(r).value());
      return values;
    }
  }
  [[nodiscard]] result<value_type> take_result() {
    return result_of([&]() -> value_type { return take(); });
  }

 private:
  std::vector<child<A>> children_;
  join_point join_;
};

}  // namespace delegate

/// Awaited, gives result<R> instead of throwing. Of an op it is an op.
template <class A>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto as_result(A&& awaitable) {
  if constexpr (delegate::beginnable<A>) {
    return delegate::as_result_op<A>{std::forward<A>(awaitable)};
  } else {
    return delegate::as_result_awaitable<A>{std::forward<A>(awaitable)};
  }
}

/// Begins all, waits for all; a std::tuple of their results, or the first failure. `this_task`'s environment is the children's too.
template <class... A>
  requires(sizeof...(A) > 0 && (std::derived_from<std::remove_cvref_t<A>, coro::ours> && ...))
[[nodiscard]] auto when_all(A&&... awaitables) {
  return delegate::all_of<A...>{std::forward<A>(awaitables)...};
}

/// The same for a range of ops or tasks, whose elements are moved from: a std::vector of their results.
template <std::ranges::input_range Range>
  requires std::derived_from<std::ranges::range_value_t<Range>, coro::ours>
[[nodiscard]] auto when_all(Range&& range) {
  using A = std::ranges::range_value_t<Range>;
  std::vector<delegate::child<A>> children;
  if constexpr (std::ranges::sized_range<Range>) children.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (auto&& a : range) children.emplace_back(std::move(a));
  return delegate::all_in<A, coro::hazardous<Range>()>{std::move(children)};
}

}  // namespace trust
