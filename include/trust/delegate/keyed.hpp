// SPDX-License-Identifier: MIT
#pragma once
// keyed: how a key travels to the owner of its part of a table, and the closures that go with it.
//
// A key is hashed once, at the caller; the hash travels along. A key that is looked up and has a name is used where its caller has it (he waits),
// unless it is so small that it fits a message anyway; a temporary travels. A key that is to stay in the table always travels.
// Text in the form of an array goes as the map's key type, or, where Hash and Eq are transparent, as a string_view.
// Tests: tests/unit/delegate/sharded_map.cpp, tests/refuse/sharded.cpp

#include <trust/delegate/borrow.hpp>
#include <trust/delegate/spread.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trust::delegate {

/// What must not be kept in a table, where it would outlive what it refers to. A table's values may share with others what they point to.
template <class X> inline constexpr bool refers_elsewhere = borrows<X>::value;
template <class X> inline constexpr bool refers_elsewhere<std::shared_ptr<X>> = false;
template <class X> inline constexpr bool refers_elsewhere<std::weak_ptr<X>> = false;

/// A key that travels with its hash. Made of a key, or of an element of a batch, and the hash.
template <class Q> class key_along {
 public:
  static constexpr bool borrowed = borrowed_argument<Q> && !std::is_pointer_v<Q>;
  template <class X> key_along(X&& key, std::uint64_t h) : hash{h}, key_(std::forward<X>(key)) {}
  [[nodiscard]] Q& get() noexcept { return key_; }
  std::uint64_t hash;

 private:
  Q key_;
};

/// A key that stays where its caller has it.
template <class Q> class key_there {
 public:
  static constexpr bool borrowed = true;
  key_there(const Q& key, std::uint64_t h) noexcept : hash{h}, key_{std::addressof(key)} {}
  [[nodiscard]] const Q& get() const noexcept { return *key_; }
  std::uint64_t hash;

 private:
  const Q* key_;
};

/// The keys of a map: what may stand for one of them, and how it is hashed.
template <class K, class Hash, class Eq> class key_rules {
  static constexpr bool transparent = requires {
    typename Hash::is_transparent;
    typename Eq::is_transparent;
  };
  template <class X> struct kept_as {
    using type =
        std::conditional_t<std::is_same_v<X, K> || !transparent, K,
                           std::conditional_t<std::is_array_v<X> && std::is_convertible_v<const X&, std::string_view>,
                                              std::string_view, X>>;
  };

 public:
  /// What a `Q` is looked up as: a K, or itself where Hash and Eq take that.
  template <class Q> using as = typename kept_as<std::remove_cvref_t<Q>>::type;
  template <class Q>
  static constexpr bool in_place = std::is_lvalue_reference_v<Q> && std::is_same_v<std::remove_cvref_t<Q>, as<Q>> &&
                                   !(std::is_trivially_copyable_v<as<Q>> && sizeof(as<Q>) <= 16);
  /// What travels when a `Q` is looked up.
  template <class Q> using looked_up = std::conditional_t<in_place<Q>, key_there<as<Q>>, key_along<as<Q>>>;

  template <class Q> static consteval void check() {
    static_assert(std::is_convertible_v<Q, as<Q>>,
                  "trust-tee: this is no key of this map: it does not convert to the key type, and Hash and Eq are not "
                  "both transparent");
  }
  /// The same key as the map sees it, here.
  template <class Q> [[nodiscard]] static decltype(auto) seen(const Q& q) {
    if constexpr (std::is_same_v<Q, as<Q>>) {
      return (q);
    } else {
      return as<Q>(q);
    }
  }
  template <class Q> [[nodiscard]] static std::uint64_t hash(const Hash& h, const Q& q) { return mix(h(seen(q))); }

  template <class Q> [[nodiscard]] static looked_up<Q> look_up(const Hash& h, Q&& q) {
    if constexpr (std::is_same_v<std::remove_cvref_t<Q>, as<Q>>) {
      const std::uint64_t hashed = mix(h(std::as_const(q)));
      return {std::forward<Q>(q), hashed};
    } else {
      as<Q> made(std::forward<Q>(q));
      const std::uint64_t hashed = mix(h(std::as_const(made)));
      return {std::move(made), hashed};
    }
  }
  /// For a key that is to stay.
  template <class Q> [[nodiscard]] static key_along<K> keep(const Hash& h, Q&& q) {
    K made(std::forward<Q>(q));
    const std::uint64_t hashed = mix(h(std::as_const(made)));
    return {std::move(made), hashed};
  }
};

/// A closure about one key: Verb{}(table, key, hash, args...). An lvalue reference among `Args` is something that its caller keeps.
template <class Verb, class Key, class... Args> class on_key {
 public:
  static constexpr bool borrowed = Key::borrowed || ((borrowed_callable<Args> || borrowed_argument<Args>) || ...);
  template <class... As>
  explicit on_key(Key&& key, As&&... as) : key_{std::move(key)}, args_{std::forward<As>(as)...} {}

  template <class Table> decltype(auto) operator()(Table& t) {
    return std::apply(
        [&](auto&... a) -> decltype(auto) { return Verb{}(t, key_.get(), key_.hash, static_cast<Args&&>(a)...); },
        args_);
  }

 private:
  Key key_;
  [[no_unique_address]] std::tuple<Args...> args_;
};

/// The hash of that part of an element which is its key.
template <class Rules, class Hash, class KeyOf> class hash_by {
 public:
  hash_by(Hash hash, KeyOf key_of) : hash_{std::move(hash)}, key_of_{std::move(key_of)} {}
  template <class E> [[nodiscard]] std::uint64_t operator()(const E& e) const {
    return Rules::hash(hash_, std::invoke(key_of_, e));
  }

 private:
  [[no_unique_address]] Hash hash_;
  [[no_unique_address]] KeyOf key_of_;
};

}  // namespace trust::delegate
