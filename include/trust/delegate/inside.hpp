// SPDX-License-Identifier: MIT
#pragma once
// inside: an awaitable that runs in an environment of its own: what with_timeout, with_stop, shielded, with_priority and context::with
// have in common.
//
// `Made` describes that environment, `Made::Around` is it, made when the await begins:
//     Around(const Made&)        lies where the await lies, or in the op; not moved
//     refuses() -> errc          asked first: why nothing is to be begun
//     enter(environment&)        lies in the one given, that of the task that awaits; gives the environment
//     enter_alone()              no task awaits: get, start
//     ended()                    what ran inside has ended; on the worker of the task, if there is one
//     adjust(result<R>&)         a last look at the result
// Of an op it is an op. What runs inside is always waited for.   Tests: tests/unit/delegate/within.cpp, tests/unit/delegate/surroundings.cpp

#include <trust/coro/within.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/worker/bound.hpp>

#include <optional>
#include <utility>

namespace trust::delegate {

template <class Inner, class Made> class awaiter_inside {
 public:
  using R = typename result_awaiter<Inner>::R;
  template <class A>
  awaiter_inside(A&& a, const Made& how) : inner_{static_cast<A&&>(a)}, around_{how}, refused_{around_.refuses()} {}

  [[nodiscard]] bool await_ready() { return refused_ != errc{} ? base::take_step(*base::here) : inner_.await_ready(); }
  template <class P> [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) {
    coro::require_our_coroutine<P>();
    if (refused_ != errc{}) {
      self_.frame = coro::turn_of(h);
      coro::here()->give_way(self_);
      return std::noop_coroutine();
    }
    return coro::suspend_within(around_.enter(*h.promise().env), h, inner_);
  }
  R await_resume() { return await_result().value(); }
  [[nodiscard]] result<R> await_result() {
    if (refused_ != errc{}) return failure{refused_};
    around_.ended();
    result<R> r = inner_.await_resume();
    around_.adjust(r);
    return r;
  }

 private:
  result_awaiter<Inner> inner_;
  typename Made::Around around_;
  coro::resumable self_;
  errc refused_;
};

/// `A` is an lvalue reference where the awaitable was named.
template <class A, class Made> class [[nodiscard]] inside : public coro::ours {
 public:
  static constexpr bool hazardous = awaits_hazard<A>();
  static constexpr bool borrowed = is_borrowed<A>();
  inside(A&& a, Made how) : inner_{static_cast<A&&>(a)}, how_{std::move(how)} {}

  [[nodiscard]] auto operator co_await() & { return awaiter_inside<awaiter_of<A>, Made>{inner_, how_}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && {
    coro::check_temporary<H>();
    return awaiter_inside<awaiter_of<A>, Made>{inner_, how_};
  }

 protected:
  A inner_;
  Made how_;
};

/// The same of an op.
template <class A, class Made>
class [[nodiscard]] op_inside : public inside<A, Made>,
                                public startable<op_inside<A, Made>, typename std::remove_cvref_t<A>::value_type>,
                                private coro::resumable {
 public:
  using value_type = typename std::remove_cvref_t<A>::value_type;
  op_inside(A&& a, Made how) : inside<A, Made>{static_cast<A&&>(a), std::move(how)} {}
  /// Before it has begun.
  op_inside(op_inside&& o) : inside<A, Made>{static_cast<A&&>(o.inner_), std::move(o.how_)} {}
  op_inside& operator=(op_inside&&) = delete;

  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) {
    around_.emplace(this->how_);
    refused_ = around_->refuses();
    if (refused_ != errc{}) return false;
    coro::environment& in = env != nullptr ? around_->enter(*env) : around_->enter_alone();
    done_ = &done;
    this->calls([](coro::resumable& r) noexcept {
      auto& self = static_cast<op_inside&>(r);
      self.around_->ended();
      return self.done_->claim();
    });
    if (this->inner_.begin(*this, &in)) return true;
    around_->ended();
    return false;
  }
  value_type take() { return take_result().value(); }
  [[nodiscard]] result<value_type> take_result() {
    if (refused_ != errc{}) return failure{refused_};
    result<value_type> r = this->inner_.take_result();
    around_->adjust(r);
    return r;
  }
  [[nodiscard]] worker::core* home() const noexcept { return this->inner_.home(); }
  void own() noexcept { this->inner_.own(); }
  void check_room() const {
    if constexpr (requires { this->inner_.check_room(); }) this->inner_.check_room();
  }

 private:
  std::optional<typename Made::Around> around_;
  coro::resumable* done_ = nullptr;
  errc refused_{};
};

template <class A, class Made> using inside_of = std::conditional_t<beginnable<A>, op_inside<A, Made>, inside<A, Made>>;

/// The `Made` of an environment in which only something else is set: set(environment&), after it lies where it is to lie.
template <class Set> struct setting {
  Set set;

  class Around {
   public:
    explicit Around(const setting& s) noexcept : set_{s.set} {}
    [[nodiscard]] static errc refuses() noexcept { return {}; }
    [[nodiscard]] coro::environment& enter(coro::environment& around) noexcept {
      env_.lies_in(around);
      set_(env_);
      return env_;
    }
    [[nodiscard]] coro::environment& enter_alone() noexcept {
      env_.awaited = false;
      set_(env_);
      return env_;
    }
    static void ended() noexcept {}
    template <class R> static void adjust(const result<R>&) noexcept {}

   private:
    [[no_unique_address]] Set set_;
    coro::environment env_;
  };
};
template <class A, class Set> [[nodiscard]] auto inside_setting(A&& awaitable, Set set) {
  return inside_of<A, setting<Set>>{std::forward<A>(awaitable), setting<Set>{set}};
}

}  // namespace trust::delegate
