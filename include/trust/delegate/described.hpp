// SPDX-License-Identifier: MIT
#pragma once
// described: what makes a task, kept until it is awaited: what with_scope, together and move_to return.
//
// Nothing happens until then, and what it was made from lies where the await lies. The task runs as a child of who awaits.

#include <trust/coro/task.hpp>
#include <trust/coro/travel.hpp>

#include <coroutine>
#include <utility>

namespace trust::delegate {

/// Keeps what makes a task until it is awaited: `F()` gives the task.
template <class F, bool Hazardous> class [[nodiscard]] described_task : public coro::ours {
 public:
  static constexpr bool hazardous = Hazardous;
  explicit described_task(F&& f) : function_{std::move(f)} {}

  using Task = decltype(std::declval<F&>()());
  class awaiter {
   public:
    explicit awaiter(F& f) : task_{f()}, inner_{task_.operator co_await()} {}
    [[nodiscard]] bool await_ready() const noexcept { return inner_.await_ready(); }
    template <class P> [[nodiscard]] auto await_suspend(std::coroutine_handle<P> h) noexcept {
      return inner_.await_suspend(h);
    }
    decltype(auto) await_resume() { return inner_.await_resume(); }

   private:
    Task task_;
    typename Task::awaiter inner_;
  };
  [[nodiscard]] awaiter operator co_await() & { return awaiter{function_}; }
  template <bool H = Hazardous> [[nodiscard]] awaiter operator co_await() && {
    coro::check_temporary<H>();
    return awaiter{function_};
  }

 private:
  F function_;
};

}  // namespace trust::delegate
