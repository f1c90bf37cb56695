// SPDX-License-Identifier: MIT
#pragma once
// blocking: runs what would make a trustee stand still on a thread of its own, and brings the result home.
//
// At most options.blocking_threads run at once; others wait in order. The callable is used where it lies, in the awaiting frame, which outlives it.

#include <trust/coro/promise.hpp>
#include <trust/delegate/closure.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/pool.hpp>

#include <utility>

namespace trust {
namespace delegate {

template <class Bound, bool Hazardous> class [[nodiscard]] blocking_work : public coro::ours {
 public:
  using value_type = decltype(std::declval<Bound&>()());
  static constexpr bool hazardous = Hazardous;
  explicit blocking_work(Bound&& f) : function_{std::move(f)} {}

  class awaiter : private worker::homeward, private worker::job {
   public:
    explicit awaiter(Bound& f) noexcept : function_{f} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> void await_suspend(std::coroutine_handle<P> h) {
      job::run = [](worker::job& j) noexcept {
        auto& self = static_cast<awaiter&>(j);
        self.outcome_ = result_of([&]() -> value_type { return self.function_(); });
        self.come_home();
      };
      leave_home(h);
      worker::here()->home().blocking_pool().submit(*this);
    }
    value_type await_resume() {
      arrived();
      return std::move(outcome_).value();
    }

   private:
    Bound& function_;
    result<value_type> outcome_;
  };
  [[nodiscard]] awaiter operator co_await() & noexcept { return awaiter{function_}; }
  template <bool H = Hazardous> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<H>();
    return awaiter{function_};
  }

 private:
  Bound function_;
};

}  // namespace delegate

/// Awaited, runs f(args...) on a thread that may block, and gives its result here. Only on a worker.
template <class F, class... Args> [[nodiscard]] auto blocking(F&& f, Args&&... args) {
  return delegate::blocking_work<delegate::bound_for<F, Args...>, delegate::any_hazardous<F, Args...>>{
      delegate::bind(std::forward<F>(f), std::forward<Args>(args)...)};
}

}  // namespace trust
