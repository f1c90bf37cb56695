// SPDX-License-Identifier: MIT
#pragma once
// share: what one owner has of a batch that is scattered over several, and the closure that brings it there.
//
//     place    [ entry ]  ---- the closure runs ---->  [ result ]
//
// The places of one owner lie side by side in a block of the caller's, so each of their lines comes from the caller and goes back there once,
// with a result where the entry was. Between call and answer they are the owner's alone. Beside them and the closure itself it touches
// nothing of the caller's, but for one word when an element throws.
// Promise          all entries are used up, whatever some of them throw; results are there up to the first that threw.
// Tests: tests/unit/delegate/scatter.cpp   Price: bench/map.cpp

#include <trust/base/exceptions.hpp>
#include <trust/delegate/borrow.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace trust::delegate {

/// An element of a batch: where it lies, or itself where its range makes elements on the way. `Ref` is the range's reference type.
template <class Ref> class element {
 public:
  element(Ref x, std::uint64_t) : kept_{std::addressof(x)} {}
  [[nodiscard]] Ref get() const noexcept { return *kept_; }

 private:
  std::remove_reference_t<Ref>* kept_;
};
template <class Ref>
  requires(!std::is_lvalue_reference_v<Ref>)
class element<Ref> {
 public:
  element(Ref&& x, std::uint64_t) : kept_{std::forward<Ref>(x)} {}
  [[nodiscard]] std::remove_cvref_t<Ref>&& get() noexcept { return std::move(kept_); }

 private:
  std::remove_cvref_t<Ref> kept_;
};

/// Where an entry lies, and in its place what became of it: that line comes from the caller and goes back there once.
template <class Entry, class R> class batch_place {
 public:
  static constexpr bool shared = std::is_nothrow_move_constructible_v<Entry>;  // else side by side
  [[nodiscard]] Entry* entry() noexcept { return reinterpret_cast<Entry*>(bytes_); }
  [[nodiscard]] R* result() noexcept { return reinterpret_cast<R*>(bytes_ + at); }

 private:
  static constexpr std::size_t at = shared ? 0 : (sizeof(Entry) + alignof(R) - 1) / alignof(R) * alignof(R);
  static constexpr std::size_t size = at + sizeof(R) > sizeof(Entry) ? at + sizeof(R) : sizeof(Entry);
  alignas(Entry) alignas(R) std::byte bytes_[size];
};

/// Calls f(object, entry) for the entries in the places from `first` to `last`, and puts into them what it gives.
template <class T, class Entry, class F> class share_closure {
  using R = unwrapped_t<std::invoke_result_t<F&, T&, Entry&>>;
  struct nothing {};

 public:
  using place = batch_place<Entry, std::conditional_t<std::is_void_v<R>, nothing, R>>;

  /// `failed` is set if an entry throws.
  share_closure(place* all, std::uint32_t first, std::uint32_t last, std::uint32_t& failed, const F& f)
      : places_{all}, first_{first}, last_{last}, failed_{&failed}, f_{f} {}

  void operator()(T& object) {
    std::uint32_t at = first_;
    std::exception_ptr thrown;
    while (base::attempt(
        [&] {
          for (std::uint32_t i = at; i != last_; ++i) at = i, use(object, places_[i], !thrown);
          return false;
        },
        [&](std::exception_ptr e) {
          if (!thrown) {
            thrown = std::move(e);
            *failed_ = at;
          }
          ++at;
          return true;
        })) {}
    if (thrown) base::rethrow(std::move(thrown));
  }

 private:
  void use(T& object, place& p, bool wanted) {
    if constexpr (place::shared) {
      Entry e(std::move(*p.entry()));
      p.entry()->~Entry();
      keep(object, p, e, wanted);
    } else {
      keep(object, p, *p.entry(), wanted);
    }
  }
  void keep(T& object, place& p, Entry& e, bool wanted) {
    if constexpr (std::is_void_v<R>) {
      f_(object, e);
    } else if (wanted) [[likely]] {
      ::new (static_cast<void*>(p.result())) R(unwrap(f_(object, e)));
    } else {
      static_cast<void>(f_(object, e));
    }
  }

  place* places_;
  std::uint32_t first_, last_;
  std::uint32_t* failed_;
  [[no_unique_address]] F f_;
};

}  // namespace trust::delegate
