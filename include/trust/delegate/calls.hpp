// SPDX-License-Identifier: MIT
#pragma once
// calls: the kinds of call behind the verbs: apply and with, apply_each and apply_batch, launch, post, extract.
//
// Each is a `Kind` for op.hpp and thunk.hpp. A closure that must not wait is told so by the compiler.

#include <trust/coro/task.hpp>
#include <trust/delegate/op.hpp>
#include <trust/delegate/root_task.hpp>

#include <concepts>
#include <type_traits>

namespace trust::delegate {

/// What lives in a worker's hall: the object of calls that are for a worker.
struct nowhere {};

template <class C, class T> using raw_result = decltype(std::declval<C&>()(std::declval<T&>()));

/// apply, with: the closure runs in one go.
template <class T, class C, bool Hazardous> struct apply_kind {
  using Object = T;
  using Closure = C;
  using Raw = raw_result<C, T>;
  using Result = unwrapped_t<Raw>;
  static constexpr bool waits = true;
  static constexpr bool hazardous = Hazardous;
  static constexpr bool has_shortcut = true;
  static constexpr bool wants_to_be_alone = false;

  static_assert(!awaitable_result<Raw>,
                "trust-tee: this closure returns a task or another awaitable, but apply runs its closure in one go on "
                "the trustee, which "
                "must not wait; use launch for a closure that waits, or attend for a task of the object's own");

  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<op<apply_kind>&>(c).closure.get();
  }

  static status body(Closure& c, record& r, void* out) {
    check_result<T, Raw>();
    T& object = object_of<T>(r);
    result_place<Result>* place = nullptr;
    if constexpr (!fits_reply<Result>) place = &static_cast<op<apply_kind>*>(static_cast<worker::call*>(r.who))->place;
    make_result<Result>(out, place, [&]() -> Result {
      if constexpr (is_unchecked<Raw>) {
        return std::move(c(object).value);
      } else {
        return c(object);
      }
    });
    return status::value;
  }
};

/// launch: the closure returns a task, which runs on the trustee and keeps the object alive.
template <class T, class C, bool Hazardous> struct launch_kind {
  static constexpr bool lasts = true;
  using Object = T;
  using Closure = C;
  using Task = raw_result<C, T>;
  static_assert(is_task<Task>,
                "trust-tee: launch takes a closure that returns a trust::task; use apply for one that does not wait");
  using Raw = typename Task::value_type;
  using Result = unwrapped_t<Raw>;
  static constexpr bool waits = true;
  static constexpr bool hazardous = Hazardous;
  static constexpr bool has_shortcut = false;
  static constexpr bool wants_to_be_alone = false;

  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<op<launch_kind>&>(c).closure.get();
  }

  static status body(Closure& c, record& r, void* out) {
    check_result<T, Raw>();
    return launched<launch_kind>::start(c, r, out);
  }
};

/// post: nobody waits; small closures travel in the record.
template <class T, class C> struct post_kind {
  using Object = T;
  using Closure = C;
  using Raw = raw_result<C, T>;
  using Result = void;
  static constexpr bool waits = false;

  static_assert(!awaitable_result<Raw>,
                "trust-tee: this closure returns a task or another awaitable, but post runs its closure in one go on "
                "the trustee; use "
                "launch_then for a closure that waits, or attend for a task of the object's own");

  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<call_with_closure<post_kind>&>(c).closure.get();
  }

  static status body(Closure& c, record& r, void*) {
    static_cast<void>(c(object_of<T>(r)));
    return status::value;
  }
};

/// attend: a post whose closure starts a task that does not keep the object alive.
template <class T, class C> struct attend_kind {
  static constexpr bool lasts = true;
  using Object = T;
  using Closure = C;
  using Task = raw_result<C, T>;
  using Result = void;
  static constexpr bool waits = false;
  static_assert(is_task<Task>, "trust-tee: attend takes a closure that returns a trust::task");

  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<call_with_closure<attend_kind>&>(c).closure.get();
  }

  static status body(Closure& c, record& r, void*) {
    attending<attend_kind>::start(c, r);
    return status::value;
  }
};

/// extract: takes the value out, if nobody else holds the object.
template <class T> struct extract_kind {
  static constexpr bool lasts = true;
  struct Closure {};
  using Object = T;
  using Result = T;
  static constexpr bool waits = true;
  static constexpr bool hazardous = false;
  static constexpr bool has_shortcut = false;
  static constexpr bool wants_to_be_alone = true;

  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<op<extract_kind>&>(c).closure.get();
  }

  static status body(Closure&, record& r, void* out) {
    auto& cell = *static_cast<worker::cell*>(r.target);
    if (!cell.handles.sole() || cell.pins != 0 || !cell.attendants.empty() || cell.queued > 1) {
      const auto code = static_cast<std::uint64_t>(errc::shared);
      std::memcpy(out, &code, sizeof code);
      return status::refused;
    }
    T& object = object_of<T>(r);
    result_place<T>* place = nullptr;
    if constexpr (!fits_reply<T>) place = &static_cast<op<extract_kind>*>(static_cast<worker::call*>(r.who))->place;
    make_result<T>(out, place, [&]() -> T { return std::move(object); });
    worker::here()->gone(cell);
    object.~T();
    return status::value;
  }
};

}  // namespace trust::delegate
