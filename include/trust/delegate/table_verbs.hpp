// SPDX-License-Identifier: MIT
#pragma once
// table_verbs: what is done with a table on its owner, for one key or for each entry of a batch: the closures behind sharded_map and sharded_set.
//
// Results are values. What a user's own function gives is checked as an apply's is: nothing that refers into the table leaves it.
// Tests: tests/unit/delegate/sharded_map.cpp, tests/refuse/sharded.cpp

#include <trust/delegate/batch.hpp>
#include <trust/delegate/borrow.hpp>
#include <trust/delegate/share.hpp>
#include <trust/delegate/table.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trust::delegate::on_table {

/// `f(value, args...)`, whose result leaves the owner: unwrapped is what it is without `unchecked`.
template <class V, class F, class... Args> [[nodiscard]] decltype(auto) use_value(V& value, F&& f, Args&&... args) {
  using R = std::invoke_result_t<F, V&, Args...>;
  static_assert(!awaitable_result<R>,
                "trust-tee: this closure returns a task or another awaitable, but it runs in one go on the owner of "
                "the key, which must not wait");
  check_result<V, R>();
  return std::invoke(std::forward<F>(f), value, std::forward<Args>(args)...);
}

struct look {
  template <class K, class V, class Eq, class Q>
  [[nodiscard]] std::optional<V> operator()(table<K, V, Eq>& t, const Q& key, std::uint64_t hash) const {
    static_assert(
        std::is_copy_constructible_v<V>,
        "trust-tee: find gives a copy of the value, which cannot be copied; use update(key, f) on it where it "
        "is, or extract(key)");
    if (const V* const v = t.find(key, hash)) return *v;
    return std::nullopt;
  }
};

struct look_whether {
  template <class Table, class Q> [[nodiscard]] bool operator()(Table& t, const Q& key, std::uint64_t hash) const {
    return t.find(key, hash) != nullptr;
  }
};

struct emplace_new {
  template <class Table, class Q, class... Args>
  [[nodiscard]] bool operator()(Table& t, Q& key, std::uint64_t hash, Args&&... args) const {
    return t.try_emplace(std::move(key), hash, unwrap(std::forward<Args>(args))...).second;
  }
};

struct emplace_or_assign {
  template <class Table, class Q, class V>
  [[nodiscard]] bool operator()(Table& t, Q& key, std::uint64_t hash, V&& value) const {
    auto [there, built] = t.try_emplace(std::move(key), hash, std::forward<V>(value));
    if (!built) *there = std::forward<V>(value);  // not used up yet
    return built;
  }
};

struct remove {
  template <class Table, class Q> [[nodiscard]] bool operator()(Table& t, const Q& key, std::uint64_t hash) const {
    return t.erase(key, hash);
  }
};

struct take_out {
  template <class Table, class Q> [[nodiscard]] auto operator()(Table& t, const Q& key, std::uint64_t hash) const {
    return t.extract(key, hash);
  }
};

/// Of what f gives for a value that is there: whether it was, or an optional.
struct change {
  template <class K, class V, class Eq, class Q, class F, class... Args>
  [[nodiscard]] auto operator()(table<K, V, Eq>& t, const Q& key, std::uint64_t hash, F&& f, Args&&... args) const {
    using R = std::invoke_result_t<F, V&, unwrapped_t<Args>...>;
    V* const v = t.find(key, hash);
    const auto use = [&]() -> decltype(auto) {
      return use_value(*v, std::forward<F>(f), unwrap(std::forward<Args>(args))...);
    };
    if constexpr (std::is_void_v<R>) {
      if (v != nullptr) use();
      return v != nullptr;
    } else if constexpr (is_unchecked<R>) {
      using found = std::optional<unwrapped_t<R>>;
      return v != nullptr ? unchecked(found{use().value}) : unchecked(found{});
    } else {
      using found = std::optional<std::decay_t<R>>;
      return v != nullptr ? found{use()} : found{};
    }
  }
};

/// A value that is not there is built from nothing first.
struct change_or_build {
  template <class K, class V, class Eq, class Q, class F, class... Args>
  auto operator()(table<K, V, Eq>& t, Q&& key, std::uint64_t hash, F&& f, Args&&... args) const {
    static_assert(std::is_default_constructible_v<V>,
                  "trust-tee: upsert builds a value that is not there from nothing, but it has no such constructor; "
                  "use try_emplace(key, args...), then update(key, f)");
    return use_value(*t.try_emplace(std::move(key), hash).first, std::forward<F>(f),
                     unwrap(std::forward<Args>(args))...);
  }
};

/// f for every entry.
template <class F> class visit {
 public:
  static constexpr bool borrowed = captures_by_reference<F>;
  template <class G>
    requires(!std::is_same_v<std::remove_cvref_t<G>, visit>)
  explicit visit(G&& f) : f_(std::forward<G>(f)) {}
  template <class K, class V, class Eq> void operator()(table<K, V, Eq>& t) {
    t.for_each([this](const K& key, V& value) {
      const auto go = [&]() -> decltype(auto) {
        if constexpr (std::invocable<F&, const K&, V&>) {
          return std::invoke(f_, key, value);
        } else {
          return std::invoke(f_, key);
        }
      };
      static_assert(!awaitable_result<decltype(go())>,
                    "trust-tee: this closure returns a task or another awaitable, but it runs in one go on the owner "
                    "of the key, which must not wait");
      static_cast<void>(go());
    });
  }

 private:
  [[no_unique_address]] F f_;
};

// For each entry of a batch: the `F` of a scattered one (scatter.hpp), called with the table and an entry, which brings the hash of its key.

/// An element of a batch that is not itself a key.
template <class Ref> class hashed_element : public element<Ref> {
 public:
  hashed_element(Ref x, std::uint64_t h) : element<Ref>{static_cast<Ref&&>(x), h}, hash{h} {}
  std::uint64_t hash;
};

/// Verb on a key that is the element.
template <class Verb> struct each_key {
  template <class Table, class Key> [[nodiscard]] auto operator()(Table& t, Key& k) const {
    return Verb{}(t, std::as_const(k.get()), k.hash);
  }
};

/// Elements are keys that are to stay. `Moves`: nobody else wants them.
template <bool Moves> struct each_new_key {
  template <class Table, class E> [[nodiscard]] bool operator()(Table& t, E& e) const {
    auto&& key = e.get();
    if constexpr (Moves) {
      return t.try_emplace(std::move(key), e.hash).second;
    } else {
      return t.try_emplace(std::as_const(key), e.hash).second;
    }
  }
};

/// Elements are pairs of a key and a value. `Assigns`: a value that is there is replaced.
template <bool Moves, bool Assigns> struct each_pair {
  template <class Table, class E> [[nodiscard]] bool operator()(Table& t, E& e) const {
    auto&& pair = e.get();
    using X = std::remove_reference_t<decltype(pair)>;
    using as = std::conditional_t<Moves, X&&, const X&>;
    auto [there, built] = t.try_emplace(std::get<0>(static_cast<as>(pair)), e.hash, std::get<1>(static_cast<as>(pair)));
    if constexpr (Assigns) {
      if (!built) *there = std::get<1>(static_cast<as>(pair));  // not used up yet
    }
    return built;
  }
};
struct key_of_pair {
  template <class P> [[nodiscard]] const auto& operator()(const P& pair) const { return std::get<0>(pair); }
};

/// Whether the elements of a range that was passed as a `Range` may be moved from: it travels, and they are its own.
template <class Range>
inline constexpr bool gives_away =
    !std::is_lvalue_reference_v<Range> &&
    (!borrows<Range>::value || !std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>);

/// Verb with f(value, element) on the key of an element.
template <class Verb, class Rules, class KeyOf, class F> class each_value {
 public:
  static constexpr bool borrowed = captures_by_reference<F>;
  template <class G> each_value(KeyOf key_of, G&& f) : key_of_{std::move(key_of)}, f_{std::forward<G>(f)} {}
  template <class Table, class E> auto operator()(Table& t, E& e) {
    auto&& x = e.get();
    const auto& key = std::invoke(key_of_, std::as_const(x));
    return Verb{}(t, Rules::seen(key), e.hash, f_, std::forward<decltype(x)>(x));
  }

 private:
  [[no_unique_address]] KeyOf key_of_;
  [[no_unique_address]] F f_;
};

}  // namespace trust::delegate::on_table
