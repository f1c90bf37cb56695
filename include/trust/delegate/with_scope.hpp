// SPDX-License-Identifier: MIT
#pragma once
// with_scope: a scope that cannot be left before its children have ended; and for_each_concurrent, which is one.
//
//     co_await trust::with_scope([&](trust::scope& s) -> trust::task<> { co_await s.spawn(...); ... });
// The body runs in the scope's environment, as a child does: a child that fails stops it, and when it fails, by an exception too, the children are
// stopped. When all have ended the first failure is thrown, else the body's result is given.
// Tests: tests/unit/delegate/with_scope.cpp

#include <trust/coro/scope.hpp>
#include <trust/coro/within.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/delegate/described.hpp>

#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace trust {
namespace delegate {

/// A scope's body, awaited in the scope's environment; gives a result.
template <class R> class scope_body : public coro::ours {
 public:
  scope_body(scope& s, task<R>& body) noexcept : scope_{s}, body_{body} {}
  class awaiter {
   public:
    awaiter(scope& s, task<R>& body) noexcept : scope_{s}, inner_{body} {}
    [[nodiscard]] bool await_ready() { return inner_.await_ready(); }
    template <class P> [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) {
      return coro::suspend_within(scope_.enter(*h.promise().env), h, inner_);
    }
    [[nodiscard]] result<R> await_resume() { return inner_.await_resume(); }

   private:
    scope& scope_;
    result_awaiter<typename task<R>::awaiter> inner_;
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{scope_, body_}; }

 private:
  scope& scope_;
  task<R>& body_;
};

/// Calls `f` with a scope of `most` and waits for all that it has begun there.
template <class R, class F> task<R> run_in_scope(F& f, std::size_t most) {
  scope s{most};
  task<R> body = std::invoke(f, s);
  result<R> r = co_await scope_body<R>{s, body};
  if (!r.has_value()) s.failed(r.error());
  co_await s.join();
  if constexpr (std::is_void_v<R>) {
    co_return;
  } else {
    co_return std::move(r).value();
  }
}

/// `F` is an lvalue reference where the caller keeps it.
template <class F> class scoped {
 public:
  using Task = std::invoke_result_t<F&, scope&>;
  static_assert(is_task<Task>, "trust-tee: with_scope takes a callable that returns a trust::task");
  scoped(F&& f, std::size_t most) : function_{static_cast<F&&>(f)}, most_{most} {}
  [[nodiscard]] Task operator()() {
    return run_in_scope<typename Task::value_type, std::remove_reference_t<F>>(function_, most_);
  }

 private:
  F function_;
  std::size_t most_;
};

template <class Range, class F> class concurrent_each {
 public:
  using Element = std::ranges::range_value_t<std::remove_cvref_t<Range>>;
  using Task = std::invoke_result_t<F&, Element>;
  static_assert(is_task<Task>, "trust-tee: for_each_concurrent takes a callable that returns a trust::task");
  concurrent_each(Range&& range, F&& f, std::size_t most)
      : range_{static_cast<Range&&>(range)}, function_{static_cast<F&&>(f)}, most_{most} {}
  [[nodiscard]] task<> operator()() { return run_in_scope<void, concurrent_each>(*this, most_); }
  [[nodiscard]] task<> operator()(scope& s) { return begin_all(s, range_, function_); }

 private:
  static task<> begin_all(scope& s, std::remove_reference_t<Range>& range, std::remove_reference_t<F>& f) {
    for (auto&& x : range) {
      if (s.stop_requested()) break;
      auto begun = s.spawn(&concurrent_each::one, std::ref(s), std::ref(f), Element(std::forward<decltype(x)>(x)));
      co_await begun;
    }
  }
  static task<> one(scope& s, std::remove_reference_t<F>& f, Element x) {
    if (s.stop_requested()) co_return;  // while it waited for room
    auto call = std::invoke(f, std::move(x));
    co_await call;
  }

  Range range_;
  F function_;
  std::size_t most_;
};

}  // namespace delegate

/// Awaited, calls f(scope&), which returns a task, and ends when that and all that it has spawned in the scope have ended. Result: the task's.
/// `most` children run at a time. By-reference captures are safe, since it is awaited on the spot.
template <class F> [[nodiscard]] auto with_scope(F&& f, std::size_t most = static_cast<std::size_t>(-1)) {
  return delegate::described_task<delegate::scoped<F>, coro::hazardous<F>()>{
      delegate::scoped<F>{std::forward<F>(f), most}};
}

/// Awaited, runs the task that f(element) returns for each element of `range`, `most` at a time, in order of their begin. The first that fails
/// stops the others, and no further one is begun. An lvalue range is used in place; each task gets a copy of its element.
template <std::ranges::input_range Range, class F>
[[nodiscard]] auto for_each_concurrent(Range&& range, std::size_t most, F&& f) {
  return delegate::described_task<delegate::concurrent_each<Range, F>,
                                  coro::hazardous<F>() || coro::hazardous<Range>()>{
      delegate::concurrent_each<Range, F>{std::forward<Range>(range), std::forward<F>(f), most}};
}

}  // namespace trust
