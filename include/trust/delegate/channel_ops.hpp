// SPDX-License-Identifier: MIT
#pragma once
// channel_ops: what send() and receive() of a remote_channel give: awaited, got or started, as ops are.
//
// Each tries the way without a message first: a send the outlet of its worker, or the door on the channel's own worker, a receive the hub there;
// there it waits too. From elsewhere, or when nobody awaits (get, future, start), it launches a task at the hub that does the same there.
// What can end at once does so even where a stop was requested; else a stop that was requested before ends it at once.
// Who owns what    the value lies in the op until it is taken; cancelled or refused, it dies with the op. An op refers to the handle that it
//                  was made from, unless that was a temporary.   Tests: tests/unit/delegate/remote_channel.cpp

#include <trust/coro/sleep.hpp>
#include <trust/delegate/channel_office.hpp>
#include <trust/delegate/combine.hpp>

#include <optional>
#include <utility>

namespace trust::delegate {

template <class X> [[nodiscard]] X& object_in(worker::cell* c, std::uint32_t bits) noexcept {
  return *std::launder(
      reinterpret_cast<X*>(reinterpret_cast<std::byte*>(c) + (bits >> link::record_bits::offset_shift)));
}

/// The object of `c` if a task of this worker may use it in place (promise 5), else null. The step budget is the caller's matter.
template <class X> [[nodiscard]] X* in_place(worker::cell* c, std::uint32_t bits) noexcept {
  worker::loop* const w = worker::here();
  if (w == nullptr || c == nullptr || c->owner.get() != w->face().shortcut || !c->runs_in_place) return nullptr;
  return &object_in<X>(c, bits);
}

// What is done at the hub, on its worker.

/// Waits for an element, or for the end.
template <class T> struct taking : sync::in_one_row<taking<T>> {
  struct waiter : channel_hub::receiver {
    waiter() noexcept {
      this->meet = [](channel_hub::receiver& r, void* element) noexcept {
        T& x = *std::launder(static_cast<T*>(element));
        static_cast<waiter&>(r).got.emplace(std::move(x));
        x.~T();
      };
    }
    std::optional<T> got;
  };
  using value_type = std::optional<T>;
  explicit taking(channel_hub& h) noexcept : hub{h} {}
  [[nodiscard]] bool try_now(waiter& w) const noexcept {
    if (!hub.ready()) return false;
    hub.take_if_any(w.got);
    return true;
  }
  [[nodiscard]] auto& row() const noexcept { return hub.receivers(); }
  void left() const noexcept {}
  void pass_on(waiter&) const noexcept {}  // its element dies with it
  [[nodiscard]] value_type value(waiter& w) const noexcept { return std::move(w.got); }
  channel_hub& hub;
};

/// Sends `value` at the door.
template <class T> class at_door : public coro::ours, private placing<T> {
 public:
  at_door(channel_hub::door& d, T& value) noexcept : placing<T>{value}, door_{d} {}

  class awaiter {
   public:
    explicit awaiter(at_door& a) noexcept : self_{a} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      frame_.frame = coro::turn_of(h);
      return self_.begin_at(self_.door_, frame_, *h.promise().env);
    }
    [[nodiscard]] errc await_resume() const noexcept { return self_.failed(); }

   private:
    at_door& self_;
    coro::resumable frame_;
  };
  [[nodiscard]] awaiter operator co_await() & noexcept { return awaiter{*this}; }

 private:
  channel_hub::door& door_;
};

/// What a launched task says instead of `why`: the end of its runtime is not its caller's doing.
[[nodiscard]] inline failure told(const failure& why, const stop_token& mine) {
  if (why == errc::cancelled && mine.state()->reason() == coro::stop_reason::ending)
    return failure{errc::runtime_stopped};
  return why;
}

template <class T> struct receive_there {
  task<result<std::optional<T>>> operator()(hub_exit& e) const {
    const stop_token mine = co_await this_task::stop_token();
    sync::awaitable receives{taking<T>{*e.hub}};
    result<std::optional<T>> r = co_await as_result(receives);
    if (!r.has_value()) co_return told(r.error(), mine);
    co_return r;
  }
};
template <class T> struct send_there {
  explicit send_there(T&& x) noexcept : value{std::move(x)} {}
  task<result<void>> operator()(hub_entry& e) {
    const stop_token mine = co_await this_task::stop_token();
    at_door<T> sends{e.hub->open_door(), value};
    const errc why = co_await sends;
    if (why != errc{}) co_return told(failure{why}, mine);
    co_return result<void>::done();
  }
  T value;
};

/// What both have in common: the launched call, where one is needed.
template <class Self, class Object, class Closure, class Value>
class channel_call : public coro::ours, public startable<Self, Value> {
 public:
  using value_type = Value;
  static constexpr bool borrowed = false;

  [[nodiscard]] worker::core* home() const noexcept { return cell_ != nullptr ? cell_->home : nullptr; }
  void own() noexcept {
    if (cell_ == nullptr || hold_) return;
    cell_->handles.add();
    hold_ = access::adopt<Object>(cell_, bits_);
  }
  void check_room() const { check_room_at(cell_); }

 protected:
  /// Null: of an empty handle.
  explicit channel_call(const remote<Object>* r) noexcept {
    if (r == nullptr) return;
    cell_ = access::cell(*r);
    bits_ = access::bits(*r);
  }
  channel_call(channel_call&& o) noexcept : cell_{o.cell_}, bits_{o.bits_}, hold_{std::move(o.hold_)} {}
  ~channel_call() = default;

  void keep(remote<Object>&& r) noexcept { hold_ = std::move(r); }
  [[nodiscard]] bool launch(Closure&& c, coro::resumable& done, coro::environment* env) {
    call_.emplace(cell_, bits_ | link::record_bits::answered, false, std::move(c));
    return call_->begin(done, env);
  }
  [[nodiscard]] Object* in_place() const noexcept { return delegate::in_place<Object>(cell_, bits_); }
  [[nodiscard]] bool launched() const noexcept { return call_.has_value(); }
  [[nodiscard]] Value taken() { return call_->take().value(); }
  [[nodiscard]] result<Value> taken_result() {
    auto r = call_->take_result();
    if (!r.has_value()) return std::move(r).error();
    return *std::move(r);
  }

 private:
  worker::cell* cell_ = nullptr;
  std::uint32_t bits_ = 0;
  remote<Object> hold_;  // where the handle that it was described with may go first
  std::optional<op<launch_kind<Object, Closure, false>>> call_;
};

/// What send() gives: describes a send until it begins.
template <class T, bool Hazardous>
class [[nodiscard]] sending : public channel_call<sending<T, Hazardous>, hub_entry, send_there<T>, void>,
                              private placing<T> {
  using super = channel_call<sending, hub_entry, send_there<T>, void>;

 public:
  static constexpr bool hazardous = Hazardous;

  template <class U>
  sending(channel_office* o, U&& x)
      : super{o != nullptr ? &o->entry() : nullptr}, placing<T>{value_}, office_{o}, value_(std::forward<U>(x)) {}
  template <class U> sending(sender_hold&& h, U&& x) : sending{h.get(), std::forward<U>(x)} { hold_ = std::move(h); }
  sending(sending&& o) noexcept
      : super{std::move(o)},
        placing<T>{value_},
        office_{o.office_},
        hold_{std::move(o.hold_)},
        value_(std::move(o.value_)) {}
  sending& operator=(sending&&) = delete;
  ~sending() = default;

  class awaiter {
   public:
    explicit awaiter(sending& s) noexcept : send_{s} {}
    [[nodiscard]] bool await_ready() { return send_.at_once(); }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      coro::require_our_coroutine<P>();
      frame_.frame = coro::turn_of(h);
      return send_.begin(frame_, h.promise().env) || coro::here()->gives_way(frame_);
    }
    void await_resume() { send_.take(); }
    [[nodiscard]] result<void> await_result() { return send_.take_result(); }

   private:
    sending& send_;
    coro::resumable frame_;
  };
  [[nodiscard]] awaiter operator co_await() & noexcept { return awaiter{*this}; }
  template <bool H = Hazardous> [[nodiscard]] awaiter operator co_await() && noexcept {
    coro::check_temporary<H>();
    return awaiter{*this};
  }

  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) {
    if (env != nullptr && env->awaited && office_ != nullptr) {
      worker::loop& w = *worker::here();
      if (office_->has_desk(&w)) {
        if (w.face().parker.peek() == link::forgotten) return this->fails(errc::forked);
        return this->begin_at(office_->open_outlet(w), done, *env);
      }
      if (hub_entry* const e = this->in_place()) return this->begin_at(e->hub->open_door(), done, *env);
    }
    return this->launch(send_there<T>{std::move(value_)}, done, env);
  }
  void take() {
    if (this->launched()) return this->taken();
    if (this->failed() != errc{}) base::raise(error{this->failed()});
  }
  [[nodiscard]] result<void> take_result() {
    if (this->launched()) return this->taken_result();
    if (this->failed() != errc{}) return failure{this->failed()};
    return result<void>::done();
  }

 private:
  /// The straight way: there is credit, and a step left.
  [[nodiscard]] bool at_once() {
    if (office_ == nullptr) [[unlikely]]
      return false;
    worker::loop& w = *worker::here();
    if (office_->has_desk(&w)) [[likely]] {
      channel_outlet* const o = office_->outlet_of(w);
      if (o == nullptr || !o->has_room() || w.face().parker.peek() == link::forgotten || !base::take_step(w))
        return false;
      o->template push<T>(std::move(value_));
      return true;
    }
    hub_entry* const e = this->in_place();
    if (e == nullptr || !e->hub->open_door().has_room() || !base::take_step(w)) return false;
    e->hub->open_door().template push<T>(std::move(value_));
    return true;
  }

  channel_office* office_;
  sender_hold hold_;  // where the handle that it was described with may go first
  T value_;
};

/// What receive() gives.
template <class T>
class [[nodiscard]] receiving : public channel_call<receiving<T>, hub_exit, receive_there<T>, std::optional<T>> {
  using super = channel_call<receiving, hub_exit, receive_there<T>, std::optional<T>>;

 public:
  using value_type = std::optional<T>;
  static constexpr bool hazardous = false;

  explicit receiving(const remote<hub_exit>& e) noexcept : super{&e} {}
  explicit receiving(remote<hub_exit>&& e) noexcept : super{&e} { this->keep(std::move(e)); }
  receiving(receiving&&) noexcept = default;
  receiving& operator=(receiving&&) = delete;
  ~receiving() = default;

  class awaiter {
   public:
    explicit awaiter(receiving& r) noexcept : receive_{r} {}
    [[nodiscard]] bool await_ready() noexcept {
      hub_exit* const e = receive_.in_place();
      if (e == nullptr || !e->hub->ready() || !base::take_step(*base::here)) return false;
      hub_ = e->hub.get();
      return true;
    }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
      coro::require_our_coroutine<P>();
      if (hub_exit* const e = receive_.in_place()) return here_.emplace(taking<T>{*e->hub}).await_suspend(h);
      frame_.frame = coro::turn_of(h);
      return receive_.begin(frame_, h.promise().env) || coro::here()->gives_way(frame_);
    }
    value_type await_resume() {
      if (hub_ != nullptr) [[likely]]
        return hub_->template take_if_any<T>();
      return here_ ? here_->await_resume() : receive_.take();
    }
    [[nodiscard]] result<value_type> await_result() {
      if (hub_ != nullptr) return result<value_type>{hub_->template take_if_any<T>()};
      return here_ ? here_->await_result() : receive_.take_result();
    }

   private:
    receiving& receive_;
    channel_hub* hub_ = nullptr;  // taken from without waiting
    std::optional<sync::awaiter<taking<T>>> here_;
    coro::resumable frame_;
  };
  [[nodiscard]] awaiter operator co_await() noexcept { return awaiter{*this}; }

  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) {
    return this->launch(receive_there<T>{}, done, env);
  }
  value_type take() { return this->taken(); }
  [[nodiscard]] result<value_type> take_result() { return this->taken_result(); }
};

}  // namespace trust::delegate
