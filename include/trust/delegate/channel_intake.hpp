// SPDX-License-Identifier: MIT
#pragma once
// channel_intake: places for elements on the worker where they are sent into a remote_channel, and the row of those who wait for one. It
// is what a worker's outlet (channel_outlet.hpp) and the door of the channel's own worker (channel_hub.hpp) have in common.
//
//     taken                 pushed          limit: taken, as known here, and the capacity
//     | on its way          | free          |
//
//     open       sends are taken
//     closed     errc::closed
//     stopped    errc::runtime_stopped, errc::forked
// Who owns what    places from `pushed` on are the worker's; the others' elements are the receiver's side's. A send that waits lies in its op, and
//                  its element with it; who goes on has either put it here or failed: cancelled, closed, stopped.
// First come, first served: nobody is let in before those who wait.   Tests: tests/unit/delegate/remote_channel.cpp

#include <trust/sync/row.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace trust::delegate {

/// What is known of the elements of a channel, without their type.
struct element_type {
  std::size_t bytes;
  std::size_t alignment;
  void (*destroy)(void*) noexcept;
};

/// Raw storage, a power of two of places; a position that has grown past them means the place that it comes round to.
class element_ring {
 public:
  /// At least `places` of them; throws std::bad_alloc.
  element_ring(const element_type& type, std::size_t places);
  element_ring(const element_ring&) = delete;
  element_ring& operator=(const element_ring&) = delete;
  ~element_ring();

  [[nodiscard]] static std::size_t mask_for(std::size_t places) noexcept;
  [[nodiscard]] static constexpr std::size_t most(std::size_t bytes) noexcept { return PTRDIFF_MAX / 2 / bytes; }
  [[nodiscard]] std::byte* begin() const noexcept { return bytes_; }
  [[nodiscard]] void* at(std::uint64_t position) const noexcept { return bytes_ + (position & mask_) * type_.bytes; }
  template <class T> [[nodiscard]] T* at(std::uint64_t position) const noexcept {
    return reinterpret_cast<T*>(bytes_) + (position & mask_);
  }
  void destroy(std::uint64_t from, std::uint64_t to) const noexcept {
    for (; from != to; ++from) type_.destroy(at(from));
  }

 private:
  const element_type& type_;
  const std::size_t mask_;
  std::byte* const bytes_;
};

/// A send that may have to wait at an intake of its worker.
class queued_send : private sync::waiter, private coro::stop_node {
 public:
  /// Why it has failed, if it has.
  [[nodiscard]] errc failed() const noexcept { return why; }

 protected:
  explicit queued_send(void (*enter)(queued_send&, void*) noexcept) noexcept;
  /// Destroyed before it went on (the end of a worker): it stands nowhere any more.
  ~queued_send();
  bool fails(errc e) noexcept {
    why = e;
    return false;
  }

 private:
  friend class intake;
  void (*const enter_)(queued_send&, void* place) noexcept;  // builds its element there
  coro::resumable* done_ = nullptr;                          // until it goes on
};

class intake {
 public:
  intake(const element_type& t, std::size_t capacity);
  intake(const intake&) = delete;
  intake& operator=(const intake&) = delete;

  /// errc{} while sends are taken, or why not.
  [[nodiscard]] errc over() const noexcept { return over_; }
  [[nodiscard]] bool has_room() const noexcept { return pushed_ < limit_ && waiting_.empty(); }

 protected:
  ~intake() = default;
  /// There is room. Throws what T's constructor throws, and has taken nothing then.
  template <class T, class U> void put(U&& value) {
    ::new (static_cast<void*>(ring_.at<T>(pushed_))) T(std::forward<U>(value));
    ++pushed_;
  }
  /// There is none: `done` goes on when `s` has been let in or has failed.
  void enter(queued_send& s, coro::resumable& done, coro::environment& env) noexcept;
  /// So many were taken ever.
  void frees(std::uint64_t taken) noexcept {
    if (over_ == errc{}) limit_ = taken + capacity_;
  }
  /// Lets in who waits, as far as there is room; whether that was anybody.
  bool admit() noexcept;
  void refuse_waiting(errc why) noexcept;
  /// Takes no more. The first reason stays, but for a runtime that is gone.
  void ends(errc why) noexcept;

  element_ring ring_;
  std::uint64_t pushed_ = 0;
  std::uint64_t limit_;  // 0 when it is over
  const std::uint64_t capacity_;
  errc over_{};
  sync::row<> waiting_;
};

/// A send of `value`, which lies with its maker.
template <class T> class placing : public queued_send {
 public:
  explicit placing(T& value) noexcept : queued_send{&placing::enters}, value_{value} {}

  /// False: it has ended, `failed` says how.
  template <class Intake> [[nodiscard]] bool begin_at(Intake& in, coro::resumable& done, coro::environment& env) {
    if (in.over() != errc{}) return this->fails(in.over());
    if (in.has_room()) {
      in.template push<T>(std::move(value_));
      return false;
    }
    if (env.stop.requested()) return this->fails(errc::cancelled);
    in.wait(*this, done, env);
    return true;
  }

 private:
  static void enters(queued_send& s, void* place) noexcept {
    ::new (place) T(std::move(static_cast<placing&>(s).value_));
  }
  T& value_;
};

}  // namespace trust::delegate
