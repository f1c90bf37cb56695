// SPDX-License-Identifier: MIT
#pragma once
// scope: a place that owns tasks: children run beside their parent, and `co_await scope.join()` resumes when all have ended.
//
// Children have an environment of their own, which follows the parent's. The first child that fails stops the others, and join throws its failure
// when all have ended. `scope{n}` runs n at most: spawn waits while there are n.
//     stopped     by a failure or by request_stop: children that end with errc::cancelled for it are no failures
//     cut short   the parent was asked to stop, and a child ended for it: join throws errc::cancelled, if there is no other failure
// Only scopes own started frames, and none is destroyed while it waits for another core: a scope that is left with children ends
// the program with a sentence. with_scope (delegate/with_scope.hpp) cannot be left so. One thread.   Tests: tests/unit/coro/scope.cpp

#include <trust/base/list.hpp>
#include <trust/coro/task.hpp>
#include <trust/coro/travel.hpp>

#include <functional>
#include <tuple>
#include <utility>

namespace trust {

class scope {
  struct child_base;
  struct waiting_spawner;

 public:
  scope() noexcept = default;
  /// Runs `most` children at a time; 0 is none, so it must be at least 1.
  explicit scope(std::size_t most) noexcept : most_{most} { TRUST_ASSERT(most > 0, "a scope that runs no child"); }
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope() {
    if (!children_.empty() && !coro::here()->ending()) {
      base::fatal(
          "a trust::scope was left while its children still ran; await scope.join() on every way out, or use "
          "trust::with_scope, which does");
    }
    while (child_base* c = children_.front()) c->destroy();
  }

  class spawning;
  class joining;

  /// `co_await scope.spawn(f, args...)` starts the task that f(args...) returns, and goes on at once, or when there
  /// is room for one more. f and args live as long as the task. In a scope that was stopped the task sees so where it waits.
  template <class F, class... Args> [[nodiscard]] auto spawn(F&& f, Args&&... args);
  /// `co_await scope.join()` waits for all children, then throws the first failure, if any.
  [[nodiscard]] joining join() noexcept;

  /// Asks all children to stop, those that come later too. Does not wait for them.
  void request_stop() noexcept {
    stopped_ = true;
    env_.stop.request(coro::stop_reason::cancelled);
  }
  [[nodiscard]] bool stop_requested() const noexcept { return env_.stop.requested(); }
  [[nodiscard]] bool empty() const noexcept { return children_.empty(); }

  /// For with_scope: the children's environment, which lies in `around`.
  [[nodiscard]] coro::environment& enter(coro::environment& around) noexcept {
    if (!std::exchange(entered_, true)) env_.lies_in(around);
    return env_;
  }
  /// For with_scope: its body has failed, as a child does.
  void failed(const failure& why) noexcept {
    if (why == errc::cancelled && env_.stop.requested()) {
      cut_short_ |= !stopped_;
      return;
    }
    if (first_.nothing_yet()) first_ = result<void>{why};
    request_stop();
  }

 private:
  struct child_base : base::hook, coro::resumable {
    explicit child_base(scope& s) noexcept : resumable{&child_base::ended}, owner{s} {}
    virtual void destroy() noexcept = 0;
    [[nodiscard]] virtual const failure* why() noexcept = 0;
    scope& owner;
    coro::resumable start;

   protected:
    ~child_base() = default;

   private:
    // Destroyed from the ready queue: the frame is still inside its final await.
    static std::coroutine_handle<> ended(coro::resumable& r) noexcept {
      r.act = &child_base::over;
      coro::here()->ready(r);
      return {};
    }
    static std::coroutine_handle<> over(coro::resumable& r) noexcept {
      auto& self = static_cast<child_base&>(r);
      scope& s = self.owner;
      if (const failure* f = self.why(); f != nullptr) s.failed(*f);
      self.destroy();
      --s.running_;
      if (waiting_spawner* w = s.waiting_.pop_front()) {
        s.start(w->child);
        coro::here()->ready(*w);
      }
      return s.children_.empty() && s.joiner_ != nullptr ? std::exchange(s.joiner_, nullptr)->claim()
                                                         : std::coroutine_handle<>{};
    }
  };

  /// A parent that waits until there is room for one more child.
  struct waiting_spawner : base::hook, coro::resumable {
    explicit waiting_spawner(child_base& c) noexcept : child{c} {}
    child_base& child;
  };

  template <class F, class... Args> struct child final : child_base {
    using Task = std::invoke_result_t<F&, Args...>;
    template <class G, class... As>
    child(scope& s, G&& g, As&&... as) : child_base{s}, function{std::forward<G>(g)}, args{std::forward<As>(as)...} {
      task_ = std::apply([&](auto&... a) { return std::invoke(function, std::move(a)...); }, args);
    }
    void destroy() noexcept override {
      this->unlink();
      this->~child();
      coro::frame_pool::release(this, sizeof(child));
    }
    [[nodiscard]] const failure* why() noexcept override {
      auto& kept = task_.frame().promise().kept;
      return kept.has_value() || kept.nothing_yet() ? nullptr : &kept.error();
    }
    F function;
    std::tuple<Args...> args;
    Task task_;
  };

  void start(child_base& c) noexcept {
    ++running_;
    children_.push_back(c);
    coro::here()->give_way(c.start);
  }
  template <class Child> class spawn_awaiter {
   public:
    spawn_awaiter(scope& s, Child& c) noexcept : scope_{s}, child_{c}, waiter_{c} {}
    ~spawn_awaiter() {
      if (waiter_.linked()) child_.destroy();  // the end of the worker: it never ran
    }
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      auto frame = child_.task_.frame();
      frame.promise().done = &child_;
      frame.promise().env = &scope_.enter(*h.promise().env);
      child_.start.frame = coro::turn_of(frame);
      if (scope_.running_ < scope_.most_) {
        scope_.start(child_);
        return false;
      }
      waiter_.frame = coro::turn_of(h);
      scope_.waiting_.push_back(waiter_);
      return true;
    }
    void await_resume() const noexcept {}

   private:
    scope& scope_;
    Child& child_;
    waiting_spawner waiter_;
  };

  /// What spawn gives: the child, until it has been started.
  template <class Child, bool Hazardous> class [[nodiscard]] starting : public coro::ours {
   public:
    static constexpr bool hazardous = Hazardous;
    starting(scope& s, Child& c) noexcept : scope_{s}, child_{&c} {}
    starting(starting&& o) noexcept : scope_{o.scope_}, child_{std::exchange(o.child_, nullptr)} {}
    starting& operator=(starting&&) = delete;
    ~starting() {
      if (child_ != nullptr) child_->destroy();
    }
    [[nodiscard]] auto operator co_await() & noexcept {
      return spawn_awaiter<Child>{scope_, *std::exchange(child_, nullptr)};
    }
    template <bool H = Hazardous> [[nodiscard]] auto operator co_await() && noexcept {
      coro::check_temporary<H>();
      return spawn_awaiter<Child>{scope_, *std::exchange(child_, nullptr)};
    }

   private:
    scope& scope_;
    Child* child_;
  };

  base::list<child_base> children_;
  base::list<waiting_spawner> waiting_;
  std::size_t most_ = static_cast<std::size_t>(-1);
  std::size_t running_ = 0;
  coro::resumable* joiner_ = nullptr;
  coro::environment env_;
  bool entered_ = false;
  bool stopped_ = false;    // by a failure or by request_stop
  bool cut_short_ = false;  // a child ended because the parent was asked to stop
  result<void> first_;      // failure
};

class scope::joining : public coro::ours {
 public:
  explicit joining(scope& s) noexcept : scope_{s} {}
  class awaiter {
   public:
    explicit awaiter(scope& s) noexcept : scope_{s} {}
    [[nodiscard]] bool await_ready() const noexcept { return scope_.children_.empty() && base::take_step(*base::here); }
    template <class P> void await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      self_.frame = coro::turn_of(h);
      if (scope_.children_.empty()) return coro::here()->give_way(self_);
      scope_.joiner_ = &self_;
    }
    void await_resume() {
      const result<void> first = std::exchange(scope_.first_, result<void>{});
      if (!first.nothing_yet()) first.value();
      if (std::exchange(scope_.cut_short_, false)) base::raise(error{errc::cancelled});
    }

   private:
    scope& scope_;
    coro::resumable self_;
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{scope_}; }

 private:
  scope& scope_;
};

inline scope::joining scope::join() noexcept { return joining{*this}; }

template <class F, class... Args> auto scope::spawn(F&& f, Args&&... args) {
  using Child = child<std::decay_t<F>, coro::travelling_t<Args>...>;
  static_assert(is_task<typename Child::Task>, "trust-tee: scope.spawn takes a callable that returns a trust::task");
  void* block = coro::frame_pool::allocate(sizeof(Child));
  auto* c = base::undoing(
      [&] { return ::new (block) Child{*this, std::forward<F>(f), coro::unwrap(std::forward<Args>(args))...}; },
      [&] { coro::frame_pool::release(block, sizeof(Child)); });
  return starting<Child, (coro::hazardous<F>() || ... || coro::hazardous<Args>())>{*this, *c};
}

}  // namespace trust
