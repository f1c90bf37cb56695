// SPDX-License-Identifier: MIT
#pragma once
// channel: values from the tasks of one worker to other tasks of it, in order, with room for a bounded number of them.
//
//     open      a value goes to the first receiver that waits, else into the buffer, else its sender waits; nobody waits on both sides
//     closed    senders that wait, and all that come later, fail with errc::closed; what is in the buffer can still be received
//     drained   closed and empty: receive gives nothing
// Capacity 0 is a rendez-vous: a value goes from hand to hand. Many senders and receivers, each side first in, first out.
// Who owns what    a value is its operation's until it is sent, and stays there whole when the send fails (`value()`); then it is the channel's, then the
//                  receiver's. One whose receiver is destroyed before it went on (the end of a worker) goes to the next that waits, else to
//                  the front of the buffer if there is room, else it dies with that receiver.
// It belongs to one worker, and must outlive those who wait for it (asserted in debug builds). No atomics; between workers: remote_channel.
// A T whose move constructor may throw is refused.   Tests: tests/unit/sync/channel.cpp, tests/stress/cancel_sync.cpp

#include <trust/coro/travel.hpp>
#include <trust/sync/row.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace trust {

template <class T> class channel {
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && !std::is_array_v<T>,
                "trust-tee: a channel carries values: no references, arrays or const");
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "trust-tee: a channel moves a value from task to task, where nobody could be told of a failure, so its "
                "move constructor must be noexcept; send a std::unique_ptr to it instead");

  struct sender : sync::waiter {
    T* value = nullptr;
  };
  struct receiver : sync::waiter {
    std::optional<T> got;
  };

  struct putting : sync::in_one_row<putting> {
    using waiter = sender;
    using value_type = void;
    putting(channel& c, T& x) noexcept : of{c}, value_of_sender{x} {}
    [[nodiscard]] bool try_now(sender& w) const noexcept {
      if (!of.closed_) return of.put(value_of_sender);
      w.why = errc::closed;
      return true;
    }
    [[nodiscard]] auto& row() const noexcept { return of.senders_; }
    void enter(sender& w) const noexcept {
      w.value = &value_of_sender;
      of.senders_.enter(w);
    }
    void left() const noexcept {}
    void pass_on(sender&) const noexcept {}  // it is sent
    void value(sender&) const noexcept {}
    channel& of;
    T& value_of_sender;
  };
  struct taking : sync::in_one_row<taking> {
    using waiter = receiver;
    using value_type = std::optional<T>;
    explicit taking(channel& c) noexcept : of{c} {}
    [[nodiscard]] bool try_now(receiver& w) const noexcept { return of.take(w.got) || of.closed_; }
    [[nodiscard]] auto& row() const noexcept { return of.receivers_; }
    void left() const noexcept {}
    void pass_on(receiver& w) const noexcept {
      if (w.got) of.put_back(*w.got);
    }
    [[nodiscard]] std::optional<T> value(receiver& w) const noexcept { return std::move(w.got); }
    channel& of;
  };

 public:
  using value_type = T;

  /// What send gives. Await it once; it must not move meanwhile.
  template <bool Hazardous> class [[nodiscard]] sending : public coro::ours {
   public:
    static constexpr bool hazardous = Hazardous;
    template <class U> sending(channel& c, std::in_place_t, U&& x) : channel_{c}, value_(std::forward<U>(x)) {}

    [[nodiscard]] auto operator co_await() & noexcept { return sync::awaiter<putting>{putting{channel_, value_}}; }
    template <bool H = Hazardous> [[nodiscard]] auto operator co_await() && noexcept {
      coro::check_temporary<H>();
      return sync::awaiter<putting>{putting{channel_, value_}};
    }
    /// What was to be sent: whole before it is sent and after the send failed, moved from after it did not.
    [[nodiscard]] T& value() noexcept { return value_; }

   private:
    channel& channel_;
    T value_;
  };

  /// Room for `capacity` values is made here, once: std::bad_alloc, std::length_error.
  explicit channel(std::size_t capacity) : buffer_(capacity) {}
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  /// `co_await c.send(x)` goes on when x is in the buffer or has been given to a receiver. A stop request while waiting:
  /// errc::cancelled; a channel that is closed, before or meanwhile: errc::closed. Then nothing was sent: x dies with what send gave, or, if that
  /// has a name, `auto s = c.send(std::move(x))`, is still there as s.value().
  template <class U = T>
    requires std::constructible_from<T, U>
  [[nodiscard]] auto send(U&& x) {
    return sending<coro::hazardous<U>()>{*this, std::in_place, std::forward<U>(x)};
  }
  /// Sends x at once, if there is room or a receiver waits. If not, or if the channel is closed: false, and x is untouched.
  [[nodiscard]] bool try_send(T&& x) noexcept { return !closed_ && put(x); }
  [[nodiscard]] bool try_send(const T& x)
    requires std::copy_constructible<T>
  {
    if (closed_ || (receivers_.empty() && count_ == buffer_.size())) return false;
    T copy(x);
    return put(copy);
  }
  /// `std::optional<T> x = co_await c.receive();` waits for a value; nothing, if the channel is closed and drained. A stop request
  /// while waiting: errc::cancelled, and nothing was taken. (Of a race that two receivers win at once, a value is dropped, as of any race.)
  [[nodiscard]] auto receive() noexcept { return sync::awaitable{taking{*this}}; }
  /// A value that is there now, also one of a sender that waits.
  [[nodiscard]] std::optional<T> try_receive() noexcept {
    std::optional<T> got;
    take(got);
    return got;
  }
  /// From now on nothing can be sent. Who waits is queued: senders fail with errc::closed, receivers get nothing. Closing twice is closing once.
  void close() noexcept {
    closed_ = true;
    while (senders_.go_on(errc::closed) != nullptr) {}
    while (receivers_.go_on() != nullptr) {}
  }
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  /// Values in the buffer. Those of senders that wait do not count.
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.size(); }

 private:
  /// Moves `x` to who waits for it, or into the buffer; false: there is no room.
  bool put(T& x) noexcept {
    if (receiver* r = receivers_.front()) {
      r->got.emplace(std::move(x));
      receivers_.go_on();
      return true;
    }
    if (count_ == buffer_.size()) return false;
    place(first_ + count_).emplace(std::move(x));
    ++count_;
    return true;
  }
  /// Moves the first value out of the buffer, and the first waiting sender's into it.
  bool take(std::optional<T>& to) noexcept {
    if (count_ != 0) {
      std::optional<T>& front = place(first_);
      to.emplace(std::move(*front));
      front.reset();
      first_ = (first_ + 1) % buffer_.size();
      --count_;
      if (sender* s = senders_.front()) {
        place(first_ + count_).emplace(std::move(*s->value));
        ++count_;
        senders_.go_on();
      }
      return true;
    }
    sender* s = senders_.front();
    if (s == nullptr) return false;
    to.emplace(std::move(*s->value));
    senders_.go_on();
    return true;
  }
  void put_back(T& x) noexcept {
    if (!receivers_.empty()) {
      put(x);
    } else if (count_ < buffer_.size()) {
      first_ = (first_ + buffer_.size() - 1) % buffer_.size();
      place(first_).emplace(std::move(x));
      ++count_;
    }
  }
  [[nodiscard]] std::optional<T>& place(std::size_t i) noexcept { return buffer_[i % buffer_.size()]; }

  std::vector<std::optional<T>> buffer_;  // a ring
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  bool closed_ = false;
  sync::row<sender> senders_;      // only while the buffer is full and nobody waits to receive
  sync::row<receiver> receivers_;  // only while the buffer is empty and nobody waits to send
};

}  // namespace trust
