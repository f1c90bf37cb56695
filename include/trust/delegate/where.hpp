// SPDX-License-Identifier: MIT
#pragma once
// where: small awaitables and placements around handles.
//
// `beside` places an object on the worker of another; `closing` is what close() gives: it drops the handle when awaited and resumes when the
// object is gone, if that was the last one; `at_once` is an answer that is there already. An await that is ready takes a step of the budget.

#include <trust/coro/promise.hpp>
#include <trust/coro/travel.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/worker_id.hpp>

#include <utility>

namespace trust {

template <class T> class remote;

/// Placement: on the worker that owns `other`.
struct beside {
  template <class T> explicit beside(const remote<T>& other) noexcept : index{other.owner().index()} {}
  std::size_t index;
};

namespace delegate {

/// An awaitable whose value is there already. `Hazardous`: made from a temporary that g++ before 13 would destroy twice.
template <class X, bool Hazardous = false> class [[nodiscard]] at_once : public coro::ours {
 public:
  static constexpr bool hazardous = Hazardous;
  explicit at_once(X x) : value_{std::move(x)} {}
  struct awaiter {
    explicit awaiter(X& x) noexcept : value{x} {}
    X& value;
    coro::resumable self;
    [[nodiscard]] bool await_ready() const noexcept { return base::take_step(*base::here); }
    template <class P> void await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      self.frame = coro::turn_of(h);
      coro::here()->give_way(self);
    }
    X await_resume() { return std::move(value); }
  };
  [[nodiscard]] awaiter operator co_await() & noexcept { return awaiter{value_}; }
  template <bool H = Hazardous> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<H>();
    return awaiter{value_};
  }
  /// For threads that cannot await.
  X get() && { return std::move(value_); }

 private:
  X value_;
};

template <bool Hazardous> class [[nodiscard]] at_once<void, Hazardous> : public coro::ours {
 public:
  struct awaiter {
    awaiter() noexcept {}
    coro::resumable self;
    [[nodiscard]] bool await_ready() const noexcept { return base::take_step(*base::here); }
    template <class P> void await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      self.frame = coro::turn_of(h);
      coro::here()->give_way(self);
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] awaiter operator co_await() const& noexcept { return awaiter{}; }
  template <bool H = Hazardous> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<H>();
    return awaiter{};
  }
  void get() && {}
};

/// What close() gives: holds the handle until it is awaited (or destroyed).
class [[nodiscard]] closing : public coro::ours {
 public:
  explicit closing(worker::cell* c) noexcept : cell_{c} {}
  closing(closing&& o) noexcept : cell_{std::exchange(o.cell_, nullptr)} {}
  closing& operator=(closing&&) = delete;
  ~closing() {
    if (cell_ != nullptr) cell_->drop_handle();
  }

  class awaiter : private worker::homeward, private coro::stop_node {
   public:
    explicit awaiter(worker::cell* c) noexcept : stop_node{&awaiter::stopped}, target_{c} {}
    [[nodiscard]] bool await_ready() const noexcept { return target_ == nullptr; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      if (!target_->handles.drop()) return false;
      target_->weaks.add();  // so that the cell can be asked while this waits
      waits_ = true;
      leave_home(h);
      withdraw = [](worker::homeward& me) noexcept { return static_cast<awaiter&>(me).leaves(errc::runtime_stopped); };
      target_->closer.publish(this);  // the owner reads it when it is told of the last drop
      target_->send_last_drop();
      heed();
      return true;
    }
    void await_resume() {
      if (!waits_) return;
      arrived();
      coro::stop_node::unlink();
      target_->drop_weak();
      if (why_ != errc{}) base::raise(trust::error{why_});
    }

   private:
    /// False: the object is gone, and that comes home.
    [[nodiscard]] bool leaves(errc why) noexcept {
      if (!target_->closer.move_on(this, nullptr)) return false;
      why_ = why;
      return true;
    }
    void heed() noexcept {
      if (!env->stop.cancels()) return env->stop.add(*this);
      if (leaves(errc::cancelled)) coro::here()->ready(*this);
    }
    static void stopped(coro::stop_node& n) noexcept { static_cast<awaiter&>(n).heed(); }

    worker::cell* target_;
    bool waits_ = false;
    errc why_{};
  };
  [[nodiscard]] awaiter operator co_await() noexcept { return awaiter{std::exchange(cell_, nullptr)}; }

 private:
  worker::cell* cell_;
};

}  // namespace delegate
}  // namespace trust
