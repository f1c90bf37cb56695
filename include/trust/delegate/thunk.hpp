// SPDX-License-Identifier: MIT
#pragma once
// thunk: the function of a record that knows its closure's type: runs it, moves it, drops it, names it.
//
// There are two for each kind of call: `in_record`, where the closure travels with the record, and `in_call`, where it stays in the call that the
// record names. A `Kind` has
//     Closure                        what travels
//     body(Closure&, record&, out)   runs it, and says what becomes of the request; it may throw
//     waits                          whether somebody waits: then record.who is the call
// The closure dies right after it has run, on the trustee; an exception is in the call, and nothing else holds it, before the answer shows.

#include <trust/base/type_name.hpp>
#include <trust/worker/loop.hpp>

#include <new>
#include <type_traits>

namespace trust::delegate {

using link::record;
using link::status;
using link::verb;

/// What a record of this kind says of itself. A kind that has `lasts` begins a task, or ends the object.
template <class Kind> consteval std::uint32_t flags_of() {
  return requires { Kind::lasts; } ? link::record_bits::lasts : 0;
}

/// The object that a record is for.
template <class T> [[nodiscard]] T& object_of(const record& r) noexcept {
  return *std::launder(
      reinterpret_cast<T*>(static_cast<std::byte*>(r.target) + (r.bits >> link::record_bits::offset_shift)));
}

/// Where the closure lies in a record: nowhere, in the word of the waiter that nobody needs, or in granules of its own.
template <class Kind> struct in_record_layout {
  using C = typename Kind::Closure;
  static constexpr bool empty = std::is_empty_v<C> && std::is_trivially_copyable_v<C>;
  static constexpr bool in_who =
      !Kind::waits && !empty && sizeof(C) <= 8 && alignof(C) <= 8 && std::is_trivially_copyable_v<C>;
  static constexpr std::size_t own = empty || in_who ? 0 : (sizeof(C) + link::granule_bytes - 1) / link::granule_bytes;
  static constexpr bool fits =
      own + 1 <= link::longest_record && alignof(C) <= link::granule_bytes && std::is_nothrow_move_constructible_v<C>;
  static constexpr std::uint32_t granules = fits ? static_cast<std::uint32_t>(own + 1) : 0;

  [[nodiscard]] static void* place(record& r) noexcept {
    if constexpr (in_who) return &r.who;
    return empty ? static_cast<void*>(&r.who) : r.body();
  }
};

template <class C> struct closure_guard {
  explicit closure_guard(C& x) noexcept : c{x} {}
  ~closure_guard() { c.~C(); }
  C& c;
};

template <class Kind> status run_guarded(typename Kind::Closure& c, record& r, void* out) noexcept {
  return base::attempt(
      [&] {
        const closure_guard guard{c};
        return Kind::body(c, r, out);
      },
      [&](std::exception_ptr e) {
        if (Kind::waits || (r.bits & link::record_bits::answered) != 0)
          return static_cast<worker::call*>(r.who)->fails(std::move(e));
        worker::here()->unheard(std::move(e), base::type_name<typename Kind::Closure>());
        return status::value;
      });
}

template <class Kind> status in_record(verb v, record& r, void* out) {
  using L = in_record_layout<Kind>;
  using C = typename Kind::Closure;
  if constexpr (L::fits) {
    alignas(C) std::byte nothing[L::empty ? sizeof(C) : 1];
    C& c = *std::launder(reinterpret_cast<C*>(L::empty ? static_cast<void*>(nothing) : L::place(r)));
    switch (v) {
      case verb::run:
        return run_guarded<Kind>(c, r, out);
      case verb::relocate:
        if constexpr (!L::empty && !L::in_who) {
          ::new (static_cast<record*>(out)->body()) C(std::move(c));
          c.~C();
        }
        break;
      case verb::drop:
        if constexpr (!L::empty) c.~C();
        break;
      case verb::describe:
        *static_cast<const char**>(out) = base::type_name<C>();
        break;
    }
  }
  return status::value;
}

template <class Kind> status in_call(verb v, record& r, void* out) {
  using C = typename Kind::Closure;
  switch (v) {
    case verb::run:
      return run_guarded<Kind>(Kind::closure_of(*static_cast<worker::call*>(r.who)), r, out);
    case verb::relocate:
      break;
    case verb::drop:
      Kind::closure_of(*static_cast<worker::call*>(r.who)).~C();
      break;
    case verb::describe:
      *static_cast<const char**>(out) = base::type_name<C>();
      break;
  }
  return status::value;
}

/// A closure that has `leaves()` is told that its call begins and takes it along: what it would read at its caller's, it takes along too.
template <class Kind> void move_to_record(worker::call& c, record& r) noexcept {
  using C = typename Kind::Closure;
  C& from = Kind::closure_of(c);
  if constexpr (requires { from.leaves(); }) from.leaves();
  ::new (in_record_layout<Kind>::place(r)) C(std::move(from));
  from.~C();
}

/// Null where there is nothing to move.
template <class Kind> consteval auto mover_of() -> void (*)(worker::call&, record&) noexcept {
  if constexpr (in_record_layout<Kind>::fits && !in_record_layout<Kind>::empty) {
    return &move_to_record<Kind>;
  } else {
    return nullptr;
  }
}

template <class Kind>
inline constexpr worker::call_type type_of{&in_record<Kind>, &in_call<Kind>, mover_of<Kind>(),
                                           in_record_layout<Kind>::granules, &base::type_name<typename Kind::Closure>};

}  // namespace trust::delegate
