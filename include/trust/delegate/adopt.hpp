// SPDX-License-Identifier: MIT
#pragma once
// adopt: awaits somebody else's awaitable and comes home, wherever it completes.
//
// The foreign awaitable is awaited by a small coroutine of its own kind, whose frame is the allocator's since it may end on any thread; when it has
// its result a letter brings the task's frame home. So a frame of ours is still resumed on one thread only.

#include <trust/coro/promise.hpp>
#include <trust/coro/travel.hpp>
#include <trust/worker/homeward.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

namespace trust {
namespace delegate {

template <class A> decltype(auto) foreign_awaiter(A& a) {
  if constexpr (requires { static_cast<A&&>(a).operator co_await(); }) {
    return static_cast<A&&>(a).operator co_await();
  } else if constexpr (requires { operator co_await(static_cast<A&&>(a)); }) {
    return operator co_await(static_cast<A&&>(a));
  } else {
    return (a);
  }
}
template <class A> using foreign_result = decltype(foreign_awaiter(std::declval<A&>()).await_resume());

/// A coroutine that owns itself.
struct carrier {
  struct promise_type {
    [[nodiscard]] carrier get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { base::fatal("an adopted awaitable threw outside of its await"); }
  };
};

template <class A, bool Hazardous> class [[nodiscard]] adopted : public coro::ours {
 public:
  static constexpr bool hazardous = Hazardous;
  using R = foreign_result<A>;
  explicit adopted(A&& a) : inner_{static_cast<A&&>(a)} {}

  class awaiter : private worker::homeward {
   public:
    explicit awaiter(A& a) noexcept : inner_{a} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> void await_suspend(std::coroutine_handle<P> h) {
      leave_home(h);
      carry(*this);
    }
    R await_resume() {
      arrived();
      return std::move(outcome_).value();
    }

   private:
    static carrier carry(awaiter& self) {
      self.outcome_ = co_await as_outcome{self.inner_};
      self.come_home();
    }
    /// Awaits the foreign awaitable; what it throws becomes a result.
    struct as_outcome {
      explicit as_outcome(A& a) : inner{foreign_awaiter(a)} {}
      decltype(foreign_awaiter(std::declval<A&>())) inner;
      bool await_ready() { return inner.await_ready(); }
      template <class P> auto await_suspend(std::coroutine_handle<P> h) { return inner.await_suspend(h); }
      result<R> await_resume() {
        return result_of([&]() -> R { return inner.await_resume(); });
      }
    };
    A& inner_;
    result<R> outcome_;
  };
  [[nodiscard]] awaiter operator co_await() & noexcept { return awaiter{inner_}; }
  template <bool H = Hazardous> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<H>();
    return awaiter{inner_};
  }

 private:
  std::remove_reference_t<A> inner_;
};

}  // namespace delegate

/// `co_await trust::adopt(x)`: awaits x, which may complete on any thread, and goes on here.
template <class A> [[nodiscard]] auto adopt(A&& awaitable) {
  return delegate::adopted<std::remove_cvref_t<A>, coro::hazardous<A>()>{
      std::remove_cvref_t<A>(std::forward<A>(awaitable))};
}

}  // namespace trust
