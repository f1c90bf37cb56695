// SPDX-License-Identifier: MIT
#pragma once
// scope: a place that owns tasks: children run beside their parent, and `co_await scope.join()` resumes when all have ended.
//
// Children share the parent's environment: stop request, deadline, context. The first failure is kept and thrown by join, after all have ended.
// A scope must be joined before it ends (asserted in debug builds): only scopes own started frames, and none is destroyed while it waits for
// another core. One thread.   Tests: tests/unit/coro/scope.cpp

#include <trust/base/list.hpp>
#include <trust/coro/task.hpp>
#include <trust/coro/travel.hpp>

#include <functional>
#include <tuple>
#include <utility>

namespace trust {

class scope {
  struct child_base;

 public:
  scope() noexcept = default;
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope() {
    while (child_base* c = children_.front()) c->destroy();
  }

  class spawning;
  class joining;

  /// `co_await scope.spawn(f, args...)` starts the task that f(args...) returns, and goes on at once. f and args live as long as the task.
  template <class F, class... Args> [[nodiscard]] auto spawn(F&& f, Args&&... args);
  /// `co_await scope.join()` waits for all children, then throws the first failure, if any.
  [[nodiscard]] joining join() noexcept;

  [[nodiscard]] bool empty() const noexcept { return children_.empty(); }

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
      if (const failure* f = self.why(); f != nullptr && !s.failed_) {
        s.first_ = result<void>{*f};
        s.failed_ = true;
      }
      self.destroy();
      return s.children_.empty() && s.joiner_ != nullptr ? std::exchange(s.joiner_, nullptr)->frame
                                                         : std::coroutine_handle<>{};
    }
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

  void begin(child_base& c, coro::environment* env, coro::promise_base& p, std::coroutine_handle<> frame) noexcept {
    p.done = &c;
    p.env = env;
    c.start.frame = frame;
    children_.push_back(c);
    coro::here()->give_way(c.start);
  }

  template <class Child> class spawn_awaiter {
   public:
    spawn_awaiter(scope& s, Child& c) noexcept : scope_{s}, child_{c} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      auto frame = child_.task_.frame();
      scope_.begin(child_, h.promise().env, frame.promise(), frame);
      return false;
    }
    void await_resume() const noexcept {}

   private:
    scope& scope_;
    Child& child_;
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
  coro::resumable* joiner_ = nullptr;
  bool failed_ = false;
  result<void> first_;
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
      self_.frame = h;
      if (scope_.children_.empty()) return coro::here()->give_way(self_);
      scope_.joiner_ = &self_;
    }
    void await_resume() {
      if (!std::exchange(scope_.failed_, false)) return;
      const result<void> first = std::exchange(scope_.first_, result<void>{});
      first.value();
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
