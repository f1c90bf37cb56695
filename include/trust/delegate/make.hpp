// SPDX-License-Identifier: MIT
#pragma once
// make: how an object comes to its trustee: its cell, and the letter that carries what it is built from.
//
// The cell is made by whoever entrusts; the object is built in it on the trustee, from values that the letter brings. On a worker nothing waits: calls
// that arrive before the object is built are held in its cell, and a constructor's exception comes to every call. Building needs memory
// (cell and letter); it is not on the way of a call.

#include <trust/base/type_name.hpp>
#include <trust/delegate/remote.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trust::delegate {

template <class T> struct cell_of final : worker::cell {
  static constexpr std::size_t line = alignof(T) > 64 ? alignof(T) : 64;

  explicit cell_of(worker::port& p) : worker::cell{p, offset(), type} {
    TRUST_ASSERT(storage - reinterpret_cast<std::byte*>(static_cast<worker::cell*>(this)) == offset(),
                 "an object is not where it should be");
  }

  /// Where the object lies, from the cell's begin: its first line after the cell's own.
  [[nodiscard]] static constexpr std::uint32_t offset() noexcept {
    constexpr std::size_t at = (sizeof(worker::cell) + line - 1) / line * line;
    static_assert(at < link::record_bits::offset_limit);
    return static_cast<std::uint32_t>(at);
  }
  [[nodiscard]] void* raw() noexcept { return storage; }
  [[nodiscard]] T& object() noexcept { return *std::launder(static_cast<T*>(raw())); }

  static inline const worker::cell_type type{
      [](worker::cell& c) noexcept { static_cast<cell_of&>(c).object().~T(); },
      [](worker::cell* c) noexcept { delete static_cast<cell_of*>(c); },
      &base::type_name<T>,
  };

  alignas(line) std::byte storage[sizeof(T)];
};

/// Builds a T in its cell's storage, from values that travel.
template <class T, class... Values> struct from_values {
  template <class... Args>
  explicit from_values(std::in_place_t, Args&&... args) : values{std::forward<Args>(args)...} {}
  void operator()(void* raw) {
    std::apply([&](auto&... v) { ::new (raw) T(std::move(v)...); }, values);
  }
  std::tuple<Values...> values;
};

/// Brings what builds a T: `make(raw)`.
template <class T, class Make> struct builder final : worker::letter {
  builder(cell_of<T>& c, Make&& m) : cell{c}, make{std::move(m)} {
    open = [](worker::letter& l, worker::loop& w) noexcept {
      const std::unique_ptr<builder> self{static_cast<builder*>(&l)};
      self->build(w);
    };
  }

  void build(worker::loop& w) noexcept {
    if (!w.takes_objects()) {
      cell.becomes(worker::cell_state::gone);
      return;
    }
    base::attempt(
        [&] {
          make(cell.raw());
          cell.becomes(worker::cell_state::live);
        },
        [&](std::exception_ptr e) {
          cell.why_failed = std::move(e);
          cell.becomes(worker::cell_state::failed);
        });
    w.built(cell);
  }

  cell_of<T>& cell;
  Make make;
};

template <class T, class Make> [[nodiscard]] remote<T> make_by(worker::port& p, std::string_view name, Make&& make) {
  static_assert(std::is_same_v<T, std::decay_t<T>>,
                "trust-tee: entrust and emplace need an object type, not a reference or const type");
  if (p.parker.peek() == link::forgotten) base::raise(error{errc::forked});
  worker::core& home = *p.home;
  if (home.phase.see() >= worker::destroying) base::raise(error{errc::runtime_stopped});
  auto owned = std::make_unique<cell_of<T>>(p);
  owned->name = name;
  auto letter = std::make_unique<builder<T, Make>>(*owned, std::move(make));
  cell_of<T>* const c = owned.get();
  if (worker::loop* w = worker::here(); w != nullptr && &w->face() == &p) {
    static_cast<void>(owned.release());
    letter->build(*w);
  } else {
    if (!worker::core::post(p, *letter)) base::raise(error{errc::runtime_stopped});
    static_cast<void>(letter.release());
    static_cast<void>(owned.release());
  }
  return access::adopt<T>(c, c->offset() << link::record_bits::offset_shift);
}

template <class T, class... Args>
[[nodiscard]] remote<T> make_on(worker::port& p, std::string_view name, Args&&... args) {
  return make_by<T>(p, name, from_values<T, std::decay_t<Args>...>{std::in_place, std::forward<Args>(args)...});
}

}  // namespace trust::delegate
