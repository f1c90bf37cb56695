// SPDX-License-Identifier: MIT
#pragma once
// stream: a coroutine that gives many values, one whenever it is asked: co_yield in it, `while (auto x = co_await s.next())` outside.
//
//     asleep     it has not begun, or stands at a co_yield: nobody waits; it may be dropped
//     awaited    somebody awaits its next: it runs, or waits in a co_await of its own; it may not be dropped (asserted)
//     ended      it returned or threw: next() gives nothing, at once
// `next()` gives a std::optional<T>, which owns the value, so that the stream may go on; of a stream<T&> a T*, null at the end: there is no
// optional of a reference, and `*x` reads the same. What it throws comes to next(), once.
// Who owns what    the frame comes from the worker's pool and lives on one worker. What is yielded lies in that frame until it is taken.
// Environment      stop request, deadline and context are those of who awaits next(), each time anew; so a token that it has read, or a
//                  scope of its own, must not outlive the next co_yield. Cancelled in an await, it throws as any task, and has ended.
// Both transfers, to it and back, take a step of the budget (promise 12). Who is destroyed while it awaits next() (the end of a worker) takes
// the stream's frame along.   Tests: tests/unit/coro/stream.cpp

#include <trust/coro/promise.hpp>
#include <trust/coro/travel.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace trust {

template <class T> class stream;

namespace coro {

/// What of a stream is no matter of how its values are yielded.
template <class T> struct stream_promise : promise_base {
  using value = std::remove_reference_t<T>;

  value* at = nullptr;  ///< what stands at a co_yield
  std::exception_ptr thrown;
  bool awaited = false;

  /// At a co_yield: who asked goes on.
  struct handing_over : final_awaiter {
    handing_over() noexcept {}
  };
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { thrown = std::current_exception(); }

  [[nodiscard]] handing_over hand_over(value& x) noexcept {
    at = std::addressof(x);
    return handing_over{};
  }
};

/// Said where a co_yield is given a temporary that g++ before 13 would destroy twice.
template <class T> consteval void check_yielded() {
  static_assert(!hazardous<T>(),
                "trust-tee: g++ before 13 destroys a temporary aggregate or closure twice when it stands inside the "
                "co_yield. Name it, and co_yield the name (which copies) or trust::unchecked(std::move(name))");
}

/// A stream of values, which are moved out of the place where they are yielded.
template <class T> struct yielding_values : stream_promise<T> {
  using typename stream_promise<T>::handing_over;

  /// A copy, made in the stream's frame.
  class copied : public handing_over {
   public:
    explicit copied(const T& x) : copy_{x} {}
    template <class P> [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      h.promise().at = std::addressof(copy_);
      return handing_over::await_suspend(h);
    }

   private:
    T copy_;
  };

  [[nodiscard]] handing_over yield_value(T&& x) noexcept {
    check_yielded<T>();
    return this->hand_over(x);
  }
  [[nodiscard]] handing_over yield_value(unchecked_value<T>&& x) noexcept { return this->hand_over(x.value); }
  [[nodiscard]] copied yield_value(const T& x)
    requires std::copy_constructible<T>
  {
    return copied{x};
  }
};

template <class T> struct yielding_references : stream_promise<T> {
  using typename stream_promise<T>::handing_over;
  using typename stream_promise<T>::value;

  [[nodiscard]] handing_over yield_value(value& x) noexcept { return this->hand_over(x); }
  [[nodiscard]] handing_over yield_value(value&& x) noexcept
    requires std::is_const_v<value>
  {
    check_yielded<std::remove_const_t<value>>();
    return this->hand_over(x);
  }
};

/// What `f` makes of a stream's value, as a stream gives it.
template <class F, class T> struct mapped_value {
  using R = std::invoke_result_t<F&, T>;
  static_assert(!std::is_void_v<R>, "trust-tee: map takes a function that returns something");
  static_assert(!std::derived_from<std::remove_cvref_t<R>, ours>,
                "trust-tee: map takes a function that does not wait; write a stream that awaits and yields");
  using type = std::conditional_t<std::is_lvalue_reference_v<R>, R, std::remove_cvref_t<R>>;
};

/// What is next of a stream: awaited, a std::optional<T>, or a T* of a stream<T&>.
template <class T> class [[nodiscard]] next_of : public ours {
 public:
  using value_type = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*,
                                        std::optional<std::remove_reference_t<T>>>;
  explicit next_of(stream<T>& s) noexcept : stream_{s} {}

  class awaiter {
   public:
    explicit awaiter(stream<T>& s) noexcept : stream_{s} {}
    awaiter(const awaiter&) = delete;
    awaiter& operator=(const awaiter&) = delete;
    ~awaiter() {
      if (waits_) stream_.awaiter_gone();
    }
    [[nodiscard]] bool await_ready() const noexcept { return stream_.ended() && base::take_step(*base::here); }
    template <class P> [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      require_our_coroutine<P>();
      scheduler& s = *here();
      asker_.frame = h;
      if (stream_.ended()) {
        asker_.frame = turn_of(h);
        s.give_way(asker_);
        return std::noop_coroutine();
      }
      const std::coroutine_handle<> frame = stream_.begin_next(asker_, h.promise().env);
      waits_ = true;
      if (base::take_step(s)) return frame;
      start_.frame = turn_of(frame, *h.promise().env);
      s.give_way(start_);
      return std::noop_coroutine();
    }
    [[nodiscard]] value_type await_resume() {
      if (!std::exchange(waits_, false)) return {};
      return stream_.take_next();
    }

   private:
    stream<T>& stream_;
    resumable asker_;
    resumable start_;
    bool waits_ = false;
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{stream_}; }

 private:
  stream<T>& stream_;
};

}  // namespace coro

/// The return type of coroutines that give many values with co_yield. Lazy, move-only, of one worker and one asker at a time.
template <class T> class [[nodiscard]] stream {
  static_assert(!std::is_void_v<T> && !std::is_rvalue_reference_v<T> && !std::is_const_v<T>,
                "trust-tee: a stream gives values (stream<T>) or lvalue references (stream<T&>, stream<const T&>)");

 public:
  struct promise_type
      : std::conditional_t<std::is_reference_v<T>, coro::yielding_references<T>, coro::yielding_values<T>> {
    [[nodiscard]] stream get_return_object() noexcept {
      return stream{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
  };
  using value_type = T;

  /// Has nothing to give.
  stream() noexcept = default;
  stream(stream&& other) noexcept : frame_{other.release()} {}
  stream& operator=(stream&& other) noexcept {
    if (this != &other) {
      reset();
      frame_ = other.release();
    }
    return *this;
  }
  ~stream() { reset(); }

  /// `co_await s.next()` runs the stream to its next co_yield and gives that value, or nothing when it has ended. Throws what it throws.
  [[nodiscard]] coro::next_of<T> next() & noexcept { return coro::next_of<T>{*this}; }
  template <class X = T> [[nodiscard]] coro::next_of<X> next() && noexcept {
    static_assert(!std::is_same_v<X, T>,
                  "trust-tee: this stream is a temporary, which would begin anew at each next(); give it a name");
    return coro::next_of<X>{*this};
  }

  /// A stream of f(value) for each value. What f refers to must live as long as that stream.
  template <class F> [[nodiscard]] auto map(F f) && {
    return mapped<typename coro::mapped_value<F, T>::type>(std::move(*this), std::move(f));
  }
  /// Of those values for which keep(value) is true.
  template <class F> [[nodiscard]] stream filter(F keep) && { return filtered(std::move(*this), std::move(keep)); }
  /// Of the first `n`; the one after them is not asked for.
  [[nodiscard]] stream take(std::size_t n) && { return taken(std::move(*this), n); }

 private:
  friend class coro::next_of<T>::awaiter;
  using handle = std::coroutine_handle<promise_type>;

  explicit stream(handle h) noexcept : frame_{h} {}

  [[nodiscard]] bool ended() const noexcept { return !frame_ || (frame_.done() && !frame_.promise().awaited); }
  [[nodiscard]] std::coroutine_handle<> begin_next(coro::resumable& asker, coro::environment* env) noexcept {
    auto& p = frame_.promise();
    TRUST_ASSERT(!p.awaited, "two ask a stream for its next at once");
    p.awaited = true;
    p.at = nullptr;
    p.done = &asker;
    p.env = env;
    return frame_;
  }
  [[nodiscard]] typename coro::next_of<T>::value_type take_next() {
    auto& p = frame_.promise();
    p.awaited = false;
    if (p.thrown) base::rethrow(std::exchange(p.thrown, nullptr));
    if (frame_.done()) return {};
    if constexpr (std::is_reference_v<T>) {
      return p.at;
    } else {
      return typename coro::next_of<T>::value_type{std::move(*p.at)};
    }
  }
  void awaiter_gone() noexcept {
    frame_.promise().awaited = false;
    reset();
  }
  [[nodiscard]] handle release() noexcept {
    TRUST_ASSERT(!frame_ || !frame_.promise().awaited, "a stream was moved or dropped while somebody awaits its next");
    return std::exchange(frame_, {});
  }
  void reset() noexcept {
    if (handle h = release()) h.destroy();
  }

  /// Passes a value on.
  template <class X> [[nodiscard]] static decltype(auto) passed(X& x) noexcept {
    if constexpr (std::is_reference_v<T>) {
      return *x;
    } else {
      return unchecked(std::move(*x));
    }
  }
  template <class U, class F> static stream<U> mapped(stream from, F f) {
    while (auto x = co_await from.next()) {
      if constexpr (std::is_reference_v<U>) {
        co_yield std::invoke(f, static_cast<T&&>(*x));
      } else {
        co_yield unchecked_value<U>(std::invoke(f, static_cast<T&&>(*x)));
      }
    }
  }
  template <class F> static stream filtered(stream from, F keep) {
    while (auto x = co_await from.next()) {
      if (std::invoke(keep, std::as_const(*x))) co_yield passed(x);
    }
  }
  static stream taken(stream from, std::size_t n) {
    for (; n > 0; --n) {
      auto x = co_await from.next();
      if (!x) break;
      co_yield passed(x);
    }
  }

  handle frame_;
};

template <class X> inline constexpr bool is_stream = false;
template <class T> inline constexpr bool is_stream<stream<T>> = true;

}  // namespace trust
