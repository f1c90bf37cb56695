// SPDX-License-Identifier: MIT
#pragma once
// outcome: where the result of a call lies until its caller takes it.
//
// A result of up to 8 bytes that is trivially copyable comes in the reply line and is kept in call::small; any other is built by the trustee
// in the op, in the caller's frame, which outlives the round trip; void is nothing. So no result needs memory, whatever its size.

#include <trust/base/result.hpp>
#include <trust/worker/call.hpp>

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace trust::delegate {

template <class R>
inline constexpr bool fits_reply = std::is_trivially_copyable_v<R> && sizeof(R) <= 8 && alignof(R) <= 8;
template <> inline constexpr bool fits_reply<void> = true;

/// Storage for an R that the trustee builds.
template <class R> class result_place {
 public:
  [[nodiscard]] void* raw() noexcept { return storage_; }
  [[nodiscard]] R& get() noexcept { return *std::launder(reinterpret_cast<R*>(storage_)); }

 private:
  alignas(R) std::byte storage_[sizeof(R)];
};
template <class R>
  requires(fits_reply<R>)
class result_place<R> {};

/// Runs `make` and puts its result where it belongs: `out` for 8 bytes, else the place in the op.
template <class R, class Make> void make_result(void* out, result_place<R>* place, Make&& make) {
  if constexpr (std::is_void_v<R>) {
    make();
  } else if constexpr (fits_reply<R>) {
    const R r = make();
    std::memcpy(out, &r, sizeof r);
  } else {
    ::new (place->raw()) R(make());
  }
}

/// Why a call has no value.
[[nodiscard]] inline failure failure_of(worker::call& c) noexcept {
  if (c.status == link::status::error) return failure{c.give_up_error()};
  return failure{static_cast<errc>(c.small)};
}

/// Throws it.
[[noreturn]] inline void raise_failure(worker::call& c) {
  if (c.status == link::status::error) base::rethrow(c.give_up_error());
  base::raise(error{static_cast<errc>(c.small)});
}

/// Moves the value of an ended call out of `place`, or out of the call.
template <class R> [[nodiscard]] R take_value(worker::call& c, result_place<R>& place) {
  if constexpr (std::is_void_v<R>) {
    static_cast<void>(c);
    static_cast<void>(place);
  } else if constexpr (fits_reply<R>) {
    static_cast<void>(place);
    alignas(R) std::byte bytes[sizeof(R)];
    std::memcpy(bytes, &c.small, sizeof(R));
    return *std::launder(reinterpret_cast<R*>(bytes));
  } else {
    struct destroyer {
      explicit destroyer(R& x) noexcept : r{x} {}
      ~destroyer() { r.~R(); }
      R& r;
    } const at_end{place.get()};
    return std::move(place.get());
  }
}

}  // namespace trust::delegate
