// SPDX-License-Identifier: MIT
#pragma once
// blocking: runs what would make a trustee stand still on a thread of its own, and brings the result home.
//
// At most options.blocking_threads run at once; options.blocking_queue others wait in order. The callable is used where it lies, in the awaiting
// frame, which outlives it, and dies there, whether it has run or not. How it ends:
//
//     begun      a thread has it: it is waited for, and what it gives or throws is the result, whatever is asked meanwhile
//     waiting    a stop request takes it back: errc::cancelled (a deadline: errc::timed_out), and it has not run
//     refused    errc::overloaded: too many wait; errc::cancelled: the task had been asked to stop. While it is only the runtime that ends,
//                what finds a thread at once is still run, as calls are.
// Tests: tests/unit/worker/blocking.cpp, tests/stress/blocking.cpp

#include <trust/coro/promise.hpp>
#include <trust/delegate/closure.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/pool.hpp>

#include <optional>
#include <utility>

namespace trust {
namespace delegate {

template <class Bound, bool Hazardous> class [[nodiscard]] blocking_work : public coro::ours {
 public:
  using value_type = decltype(std::declval<Bound&>()());
  static constexpr bool hazardous = Hazardous;
  explicit blocking_work(Bound&& f) : function_{std::move(f)} {}

  class awaiter : private worker::homeward, private worker::job, private coro::stop_node {
    using place = worker::pool::place;

   public:
    explicit awaiter(Bound& f) noexcept : stop_node{&awaiter::stopped}, function_{f} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      coro::stop_state& stop = h.promise().env->stop;
      leave_home(h);
      job::run = [](worker::job& j) noexcept {
        auto& self = static_cast<awaiter&>(j);
        self.outcome_ = result_of([&]() -> value_type { return self.function_(); });
      };
      job::tell = [](worker::job& j) noexcept { static_cast<awaiter&>(j).come_home(); };
      const bool asked = stop.requested();
      const place p = stop.cancels() ? place::refused
                                     : base::undoing([&] { return pool().submit(*this, !asked); }, [&] { arrived(); });
      if (p == place::waiting) stop.add(*this);
      if (p != place::refused) return true;
      arrived();
      unrun_ = asked ? errc::cancelled : errc::overloaded;
      return coro::here()->gives_way(*this);
    }
    value_type await_resume() { return await_result().value(); }
    /// For as_result: what has not run costs no throw.
    [[nodiscard]] result<value_type> await_result() {
      arrived();
      stop_node::unlink();
      if (unrun_) return failure{*unrun_};
      return std::move(outcome_);
    }

   private:
    [[nodiscard]] static worker::pool& pool() noexcept { return worker::here()->home().blocking_pool(); }
    static void stopped(coro::stop_node& n) noexcept {
      auto& self = static_cast<awaiter&>(n);
      if (!pool().take_back(self)) return;  // it has begun: its value wins
      self.unrun_ = errc::cancelled;
      self.arrived();
      coro::here()->ready(self);
    }

    Bound& function_;
    std::optional<errc> unrun_;
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

/// Awaited, runs f(args...) on a thread that may block, and gives its result here. Only on a worker. Throws what f throws; errc::overloaded
/// where options.blocking_queue jobs wait already, errc::cancelled where the task is asked to stop before f has begun, std::system_error where no
/// thread can be made. In all of these f has not run.
template <class F, class... Args> [[nodiscard]] auto blocking(F&& f, Args&&... args) {
  return delegate::blocking_work<delegate::bound_for<F, Args...>, delegate::any_hazardous<F, Args...>>{
      delegate::bind(std::forward<F>(f), std::forward<Args>(args)...)};
}

}  // namespace trust
