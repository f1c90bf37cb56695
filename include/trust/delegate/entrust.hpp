// SPDX-License-Identifier: MIT
#pragma once
// entrust: the runtime's entrust and emplace, with a place and a name before the value.
//
// Without a place trustees are chosen in turn, the dedicated ones if there are any. What a name is good for: rt.dump, stall reports, operator<<.
// How the object then comes to its trustee is in make.hpp.   Tests: tests/unit/delegate/entrust.cpp

#include <trust/delegate/make.hpp>
#include <trust/delegate/where.hpp>
#include <trust/worker/runtime.hpp>

namespace trust {
namespace delegate {

[[nodiscard]] inline worker::port& port_at(worker::core& c, std::size_t index) {
  if (index < c.workers()) return c.at(index);
  base::raise(error{errc::bad_option, "there is no worker " + std::to_string(index) + ": this runtime has " +
                                          std::to_string(c.workers())});
}

template <class X>
concept place = std::same_as<std::remove_cvref_t<X>, on> || std::same_as<std::remove_cvref_t<X>, struct beside>;
template <class X>
concept naming = std::same_as<std::remove_cvref_t<X>, named>;

/// Takes a place and a name off the front of `args`.
template <class T, class... Args>
[[nodiscard]] remote<T> make_with(worker::core&, worker::port& p, std::string_view name, Args&&... args) {
  return make_on<T>(p, name, std::forward<Args>(args)...);
}
template <class T, naming N, class... Args>
[[nodiscard]] remote<T> make_with(worker::core&, worker::port& p, std::string_view, N&& name, Args&&... args) {
  return make_on<T>(p, name.name, std::forward<Args>(args)...);
}

}  // namespace delegate

template <class T, class... Args> remote<T> runtime::emplace(Args&&... args) {
  const auto placed = [&]<class First, class... Rest>(First&& first, Rest&&... rest) {
    if constexpr (delegate::place<First>) {
      return delegate::make_with<T>(*core_, delegate::port_at(*core_, first.index), {}, std::forward<Rest>(rest)...);
    } else {
      return delegate::make_with<T>(*core_, core_->next_trustee(), {}, std::forward<First>(first),
                                    std::forward<Rest>(rest)...);
    }
  };
  if constexpr (sizeof...(Args) == 0) {
    return delegate::make_on<T>(core_->next_trustee(), {});
  } else {
    return placed(std::forward<Args>(args)...);
  }
}

template <class T> remote<std::decay_t<T>> runtime::entrust(T&& value) {
  return emplace<std::decay_t<T>>(std::forward<T>(value));
}
template <class T> remote<std::decay_t<T>> runtime::entrust(on place, T&& value) {
  return emplace<std::decay_t<T>>(place, std::forward<T>(value));
}
template <class T> remote<std::decay_t<T>> runtime::entrust(struct beside place, T&& value) {
  return emplace<std::decay_t<T>>(place, std::forward<T>(value));
}
template <class T> remote<std::decay_t<T>> runtime::entrust(const named& name, T&& value) {
  return emplace<std::decay_t<T>>(name, std::forward<T>(value));
}
template <class Place, class T> remote<std::decay_t<T>> runtime::entrust(Place place, const named& name, T&& value) {
  return emplace<std::decay_t<T>>(place, name, std::forward<T>(value));
}

}  // namespace trust
