// SPDX-License-Identifier: MIT
#pragma once
// sharded_table: what sharded_map and sharded_set have in common: the handle to the parts, and the verbs that know of keys only.
//
// Each part is a `table` on a trustee of its own. A verb about one key is an apply to the part that owns it, a batch is scattered over the
// parts (scatter.hpp), what is about all of them goes to each (everywhere.hpp); so what they give are ops, and nothing here waits.
// Who owns what    the parts are entrusted, and live as long as any handle. A verb's op refers to the handle that it was made from; what goes to
//                  several parts keeps them alive by itself.
// Tests: tests/unit/delegate/sharded_map.cpp, tests/unit/delegate/sharded_set.cpp

#include <trust/delegate/keyed.hpp>
#include <trust/delegate/sharded.hpp>
#include <trust/delegate/table_verbs.hpp>

#include <cstddef>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace trust::delegate {

template <class K, class V, class Hash, class Eq> class sharded_table {
  static_assert(std::is_same_v<K, std::decay_t<K>> && std::is_same_v<V, std::decay_t<V>>,
                "trust-tee: keys and values of a sharded map or set are object types, not references or const types");
  static_assert(
      !refers_elsewhere<K>,
      "trust-tee: these keys refer to what somebody else owns (a view, an iterator, a reference_wrapper), but "
      "they would stay in the table, on another thread; use keys that own what they hold, such as std::string");
  static_assert(!refers_elsewhere<V>,
                "trust-tee: these values refer to what somebody else owns (a view, an iterator, a reference_wrapper), "
                "but they would stay in the table, on another thread; use values that own what they hold");
  static_assert(std::is_invocable_v<const Hash&, const K&>,
                "trust-tee: these keys have no std::hash; specialise it, or give the table a Hash");

 public:
  using key_type = K;
  using hasher = Hash;
  using key_equal = Eq;

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(parts_); }
  void reset() noexcept { parts_.reset(); }
  friend bool operator==(const sharded_table& a, const sharded_table& b) noexcept { return a.parts_ == b.parts_; }

  /// Result: bool.
  template <class Q = K> [[nodiscard]] auto contains(Q&& key) const {
    return about<on_table::look_whether, any_hazardous<Q>>(look_up(std::forward<Q>(key)));
  }
  /// Result: bool, whether it was there.
  template <class Q = K> [[nodiscard]] auto erase(Q&& key) const {
    return about<on_table::remove, any_hazardous<Q>>(look_up(std::forward<Q>(key)));
  }
  /// The same for each key of a range, in one message for each owner. Result: std::vector<bool>, in the order of the keys.
  template <std::ranges::range Range> [[nodiscard]] auto contains_each(Range&& keys) const {
    return each_key<on_table::look_whether>(std::forward<Range>(keys));
  }
  template <std::ranges::range Range> [[nodiscard]] auto erase_each(Range&& keys) const {
    return each_key<on_table::remove>(std::forward<Range>(keys));
  }

  /// How many there are: each part's number at a moment of its own, added up. Result: std::size_t.
  [[nodiscard]] auto size() const { return parts_.map_reduce(&table<K, V, Eq>::size, std::size_t{0}, std::plus<>{}); }
  /// Each part is emptied at a moment of its own; its memory stays for what comes next.
  [[nodiscard]] auto clear() const { return parts_.on_all(&table<K, V, Eq>::clear); }
  /// Memory for n entries, if they spread evenly; then none of them makes a part grow.
  [[nodiscard]] auto reserve(std::size_t n) const {
    return parts_.on_all(&table<K, V, Eq>::reserve, parts_ ? n / parts_.size() + n / parts_.size() / 8 + 1 : n);
  }

 protected:
  using part = table<K, V, Eq>;
  using rules = key_rules<K, Hash, Eq>;

  sharded_table() noexcept = default;
  sharded_table(sharded<part> parts, Hash hash) : parts_{std::move(parts)}, hash_{std::move(hash)} {}

  template <class Q> [[nodiscard]] auto look_up(Q&& key) const {
    rules::template check<Q>();
    return rules::look_up(hash_, std::forward<Q>(key));
  }
  /// For a key that is to stay.
  template <class Q> [[nodiscard]] auto keep(Q&& key) const {
    static_assert(std::is_convertible_v<Q, K>, "trust-tee: this does not convert to the key type of the table");
    return rules::keep(hash_, std::forward<Q>(key));
  }

  /// Verb{}(table, key, hash, args...) on the key's owner; `Kept` is what the arguments travel as.
  template <class Verb, bool Hazardous, class... Kept, class Key, class... Args>
  [[nodiscard]] auto about(Key key, Args&&... args) const {
    const std::uint64_t hash = key.hash;
    return access::call<Hazardous>(owner_of_hash(hash),
                                   on_key<Verb, Key, Kept...>{std::move(key), std::forward<Args>(args)...});
  }
  /// Verb{}(table, key, hash) for each key of a range.
  template <class Verb, class Range> [[nodiscard]] auto each_key(Range&& keys) const {
    using ref = std::ranges::range_reference_t<std::remove_reference_t<Range>>;
    rules::template check<ref>();
    return scatter<typename rules::template looked_up<ref>, any_hazardous<Range>>(
        std::forward<Range>(keys), std::identity{}, on_table::each_key<Verb>{});
  }
  /// f(table, entry) for each element of a range, where its key, key_of(element), lives.
  template <class Entry, bool Hazardous, class Range, class KeyOf, class F>
  [[nodiscard]] auto scatter(Range&& range, KeyOf key_of, F f) const {
    using mixed = hash_by<rules, Hash, KeyOf>;
    return scattered<part, Range, mixed, Entry, F, Hazardous>{parts_, std::forward<Range>(range),
                                                              mixed{hash_, std::move(key_of)}, std::move(f)};
  }
  /// closure(table) on each part.
  template <bool Hazardous, class C> [[nodiscard]] auto visit_all(C closure) const {
    return everywhere<Hazardous>(parts_.begin(), parts_.size(), closure);
  }

 private:
  [[nodiscard]] const remote<part>& owner_of_hash(std::uint64_t mixed) const {
    if (!parts_) [[unlikely]]
      return parts_.shard(0);
    return parts_.begin()[owner_of(mixed, parts_.size())];
  }

  sharded<part> parts_;
  [[no_unique_address]] Hash hash_;
};

}  // namespace trust::delegate
