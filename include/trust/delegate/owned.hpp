// SPDX-License-Identifier: MIT
#pragma once
// owned: an op that nobody has to wait for to its end: all of it lies in a block of its own, so who awaits it can leave at any time.
//
//     co_await trust::with_timeout(trust::owned(r.apply(f)), 5ms);       returns at 5 ms for certain, also from a trustee that stands still
// Asked to stop, it ends at once with errc::cancelled, and the call is asked to stop wherever it is. When that has ended its result is dropped; an
// exception that nobody hears goes to options.on_error, a refusal nowhere. So unlike all other awaits it does not say whether the work
// was done. What it takes along must not borrow: the frame that it was made in may be gone.
// Price: one block of the worker's pool.   Tests: tests/unit/delegate/owned.cpp

#include <trust/delegate/combine.hpp>
#include <trust/worker/bound.hpp>

#include <memory>
#include <utility>

namespace trust {
namespace delegate {

/// The block. It belongs to its awaiter until the op has ended or the awaiter has left; then to the op's end.
template <class Op> class owned_block : private coro::resumable {
 public:
  using R = typename Op::value_type;

  [[nodiscard]] static void* operator new(std::size_t bytes) { return coro::frame_pool::allocate(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { coro::frame_pool::release(block, bytes); }
  owned_block(const owned_block&) = delete;
  explicit owned_block(Op&& op) : resumable{&owned_block::ended}, op_{std::move(op)} { op_.own(); }

  /// False: it has ended already.
  [[nodiscard]] bool begin(coro::environment& around, coro::resumable& awaiter) {
    env_.stands_alone(around.deadline, true);
    env_.context = around.context;
    env_.name = around.name;
    awaiter_ = &awaiter;
    return op_.begin(*this, &env_);
  }
  [[nodiscard]] result<R> take() { return op_.take_result(); }
  /// Its awaiter has left, and it has not ended.
  void leave() noexcept {
    awaiter_ = nullptr;
    env_.request_stop();
  }

 private:
  static std::coroutine_handle<> ended(coro::resumable& r) noexcept {
    auto& self = static_cast<owned_block&>(r);
    if (self.awaiter_ != nullptr) return self.awaiter_->claim();
    const std::unique_ptr<owned_block> last{&self};
    const result<R> dropped = self.op_.take_result();
    if (!dropped.has_value() &&
        (dropped.error() == errc::thrown || dropped.error().code().category() != error_category()))
      worker::here()->unheard(dropped.error().exception(), "a call that its task had left");
    return {};
  }
  Op op_;
  worker::bound_environment env_;
  coro::resumable* awaiter_ = nullptr;
};

template <class Op> class [[nodiscard]] owned_op : public coro::ours {
 public:
  using value_type = typename Op::value_type;
  static constexpr bool hazardous = Op::hazardous;
  explicit owned_op(Op&& op) : op_{std::move(op)} {}

  class awaiter : private coro::resumable, private coro::stop_node {
   public:
    explicit awaiter(Op& op) noexcept : stop_node{&awaiter::stopped}, op_{op} {}
    awaiter(const awaiter&) = delete;
    ~awaiter() {
      if (under_way_) block_.release()->leave();  // the end of the worker
    }
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      coro::require_our_coroutine<P>();
      coro::environment& env = *h.promise().env;
      env_ = &env;
      frame = coro::turn_of(h);
      if (env.stop.cancels()) return coro::here()->gives_way(*this);
      block_ = std::make_unique<owned_block<Op>>(std::move(op_));
      arrives_.of = this;
      under_way_ = block_->begin(env, arrives_);
      if (!under_way_) return coro::here()->gives_way(*this);
      env.stop.add(*this);
      return true;
    }
    value_type await_resume() { return await_result().value(); }
    [[nodiscard]] result<value_type> await_result() {
      if (block_ == nullptr) return failure{errc::cancelled};
      return block_->take();
    }

   private:
    struct arrival : coro::resumable {
      arrival() noexcept
          : resumable{[](coro::resumable& r) noexcept {
              awaiter& self = *static_cast<arrival&>(r).of;
              self.stop_node::unlink();
              self.under_way_ = false;
              return static_cast<coro::resumable&>(self).claim();
            }} {}
      awaiter* of = nullptr;
    };
    static void stopped(coro::stop_node& n) noexcept {
      auto& self = static_cast<awaiter&>(n);
      if (!self.env_->stop.cancels()) return self.env_->stop.add(n);  // the runtime ends: delegation goes on
      self.under_way_ = false;
      self.block_.release()->leave();
      coro::here()->ready(self);
    }
    Op& op_;
    coro::environment* env_ = nullptr;
    std::unique_ptr<owned_block<Op>> block_;
    arrival arrives_;
    bool under_way_ = false;
  };
  [[nodiscard]] awaiter operator co_await() & noexcept { return awaiter{op_}; }
  template <bool H = hazardous> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<H>();
    return awaiter{op_};
  }

 private:
  Op op_;
};

}  // namespace delegate

/// Awaited, gives what `op` gives; asked to stop, it ends at once, and nothing waits for the call. `op` is moved from, and must not borrow.
template <class Op>
  requires(delegate::beginnable<Op> && !std::is_lvalue_reference_v<Op>)
[[nodiscard]] auto owned(Op&& op) {
  delegate::check_startable<Op>();
  return delegate::owned_op<Op>{std::move(op)};
}

}  // namespace trust
