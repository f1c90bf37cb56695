// SPDX-License-Identifier: MIT
#pragma once
// sharded_map: a hash map that is spread over all trustees of a runtime, with the interface that people know, awaited.
//
//     trust::sharded_map<std::string, int> ages{rt};
//     bool fresh = co_await ages.insert("ada", 36);
//     std::optional<int> age = co_await ages.find(name);
//     co_await ages.update(name, [](int& n) { ++n; });                                    // in place, on the owner of the key
//     std::vector<std::optional<int>> all = co_await ages.find_each(names);               // one message to each owner
//
// A handle like a remote: empty by default, copied for one more owner, may outlive its runtime. What a verb gives is an op: it begins when it is
// awaited, or by get(), future(), start(), and stands in as_result and when_all. It refers to the handle: keep that until it has ended.
// Calls of one thread about one key run in the order in which they were made; there is no order between keys of different owners, and no
// moment at which size, for_each or a batch sees them all. Nothing refers into the map: what comes out is a value.
// A key is hashed once, where the call is made. A key that is looked up and has a name is used where it lies, if it is not small: leave it alone
// until the call has ended. Where Hash and Eq are both transparent, whatever they take can be looked up.
// What throws (a constructor, Hash, Eq, f) has not changed the map, but for what f did, and the value that upsert built.
// Tests: tests/unit/delegate/sharded_map.cpp, tests/stress/sharded_map.cpp, tests/refuse/sharded.cpp   Price: bench/map.cpp

#include <trust/delegate/sharded_table.hpp>

#include <functional>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace trust {

template <class K, class V, class Hash = std::hash<K>, class Eq = std::equal_to<K>>
class sharded_map : public delegate::sharded_table<K, V, Hash, Eq> {
  using base = delegate::sharded_table<K, V, Hash, Eq>;
  using typename base::part;
  using typename base::rules;
  template <class F> using callable = std::conditional_t<std::is_lvalue_reference_v<F>, F, std::decay_t<F>>;

 public:
  using mapped_type = V;

  sharded_map() noexcept = default;
  /// An empty map with a part on each trustee of `rt`: every worker, or the dedicated ones if there are any. Any thread; on a worker it does
  /// not wait. Throws std::bad_alloc, errc::runtime_stopped, errc::forked.
  explicit sharded_map(runtime& rt, Hash hash = {}, Eq eq = {})
      : base{rt.entrust_sharded<part>(std::move(eq)), std::move(hash)} {}
  /// With a name for reports: its parts are called name/0, name/1.
  sharded_map(runtime& rt, const named& name, Hash hash = {}, Eq eq = {})
      : base{rt.entrust_sharded<part>(name, std::move(eq)), std::move(hash)} {}

  // One key: a K, what converts to it, or what a transparent Hash and Eq take. Also: contains, erase.

  /// A copy of the value. Result: std::optional<V>.
  template <class Q = K> [[nodiscard]] auto find(Q&& key) const {
    return this->template about<delegate::on_table::look, delegate::any_hazardous<Q>>(
        this->look_up(std::forward<Q>(key)));
  }
  /// Takes the value out. Result: std::optional<V>.
  template <class Q = K> [[nodiscard]] auto extract(Q&& key) const {
    return this->template about<delegate::on_table::take_out, delegate::any_hazardous<Q>>(
        this->look_up(std::forward<Q>(key)));
  }
  /// Result: bool, whether it is new; a value that is there stays.
  template <class Q = K, class W = V> [[nodiscard]] auto insert(Q&& key, W&& value) const {
    check_value<W>();
    return this->template about<delegate::on_table::emplace_new, delegate::any_hazardous<Q, W>, V>(
        this->keep(std::forward<Q>(key)), std::forward<W>(value));
  }
  /// Result: bool, whether it is new; a value that is there is replaced.
  template <class Q = K, class W = V> [[nodiscard]] auto insert_or_assign(Q&& key, W&& value) const {
    check_value<W>();
    return this->template about<delegate::on_table::emplace_or_assign, delegate::any_hazardous<Q, W>, V>(
        this->keep(std::forward<Q>(key)), std::forward<W>(value));
  }
  /// Builds V{args...} on the owner if the key is new. Arguments travel as those of an apply. Result: bool, whether it is.
  template <class Q = K, class... Args> [[nodiscard]] auto try_emplace(Q&& key, Args&&... args) const {
    static_assert(std::is_constructible_v<V, delegate::travelling_t<Args>...>,
                  "trust-tee: no value can be built from these arguments, which reach its constructor as rvalues");
    return this->template about<delegate::on_table::emplace_new, delegate::any_hazardous<Q, Args...>,
                                delegate::carried_t<Args>...>(this->keep(std::forward<Q>(key)),
                                                              std::forward<Args>(args)...);
  }
  /// f(V&, args...) on the owner, in one go, if the key is there. Result: an optional of what f gives; of void a bool, whether it was there.
  template <class Q = K, class F, class... Args> [[nodiscard]] auto update(Q&& key, F&& f, Args&&... args) const {
    delegate::check_callable<V, F, Args...>();
    return this->template about<delegate::on_table::change, delegate::any_hazardous<Q, F, Args...>, callable<F>,
                                delegate::carried_t<Args>...>(this->look_up(std::forward<Q>(key)), std::forward<F>(f),
                                                              std::forward<Args>(args)...);
  }
  /// The same, on a value built from nothing first if there is none. Result: what f gives.
  template <class Q = K, class F, class... Args> [[nodiscard]] auto upsert(Q&& key, F&& f, Args&&... args) const {
    delegate::check_callable<V, F, Args...>();
    return this->template about<delegate::on_table::change_or_build, delegate::any_hazardous<Q, F, Args...>,
                                callable<F>, delegate::carried_t<Args>...>(
        this->keep(std::forward<Q>(key)), std::forward<F>(f), std::forward<Args>(args)...);
  }

  // Many keys: one message for each owner that has any. Results are in the order of the range; all elements are dealt with, in that order at each
  // owner, then the failure of the first that has one is thrown. A named range is used in place, a temporary travels. Each owner gets its own
  // copy of f. Also: contains_each, erase_each.

  /// Result: std::vector<std::optional<V>>.
  template <std::ranges::range Range> [[nodiscard]] auto find_each(Range&& keys) const {
    return this->template each_key<delegate::on_table::look>(std::forward<Range>(keys));
  }
  /// `insert` for each element, a pair of a key and a value; the elements of a temporary are moved from. Result: std::vector<bool>.
  template <std::ranges::range Range> [[nodiscard]] auto insert_each(Range&& pairs) const {
    return each_pair<false>(std::forward<Range>(pairs));
  }
  /// `insert_or_assign` for each element, likewise; of several with one key the last one stays.
  template <std::ranges::range Range> [[nodiscard]] auto insert_or_assign_each(Range&& pairs) const {
    return each_pair<true>(std::forward<Range>(pairs));
  }
  /// f(V&, element&) for each element whose key, key_of(element), is there; the element itself is the key if key_of is not given. Result: a vector
  /// of optionals of what f gives; of void a vector of bool.
  template <std::ranges::range Range, class F, class KeyOf = std::identity>
  [[nodiscard]] auto update_each(Range&& range, F&& f, KeyOf key_of = {}) const {
    return each_value<delegate::on_table::change>(std::forward<Range>(range), std::forward<F>(f), std::move(key_of));
  }
  /// The same, with a value built from nothing first where there is none. Result: a vector of what f gives; of void nothing.
  template <std::ranges::range Range, class F, class KeyOf = std::identity>
  [[nodiscard]] auto upsert_each(Range&& range, F&& f, KeyOf key_of = {}) const {
    return each_value<delegate::on_table::change_or_build>(std::forward<Range>(range), std::forward<F>(f),
                                                           std::move(key_of));
  }

  /// f(const K&, V&) for every entry, where it lives: all owners at the same time, each in one go and with its own copy of f, so it sees each
  /// part at a moment of its own, and never the whole map at one. While it goes over a part, that part's owner does nothing else.
  template <class F> [[nodiscard]] auto for_each(F&& f) const {
    delegate::check_copies<F>();
    using D = std::decay_t<F>;
    static_assert(std::invocable<D&, const K&, V&>,
                  "trust-tee: this closure cannot be called with a key and a value, const K& and V&");
    return this->template visit_all<delegate::any_hazardous<F>>(delegate::on_table::visit<D>{std::forward<F>(f)});
  }

 private:
  template <class Range>
  using element_of = delegate::on_table::hashed_element<std::ranges::range_reference_t<std::remove_reference_t<Range>>>;

  template <class W> static consteval void check_value() {
    static_assert(std::is_convertible_v<W, V>, "trust-tee: this does not convert to the value type of the map");
  }
  template <bool Assigns, class Range> [[nodiscard]] auto each_pair(Range&& pairs) const {
    return this->template scatter<element_of<Range>, delegate::any_hazardous<Range>>(
        std::forward<Range>(pairs), delegate::on_table::key_of_pair{},
        delegate::on_table::each_pair<delegate::on_table::gives_away<Range>, Assigns>{});
  }
  template <class Verb, class Range, class F, class KeyOf>
  [[nodiscard]] auto each_value(Range&& range, F&& f, KeyOf key_of) const {
    using ref = std::ranges::range_reference_t<std::remove_reference_t<Range>>;
    using each = delegate::on_table::each_value<Verb, rules, KeyOf, std::decay_t<F>>;
    static_assert(std::invocable<std::decay_t<F>&, V&, ref>,
                  "trust-tee: this closure cannot be called with a value of the map and an element of this range");
    return this->template scatter<element_of<Range>, delegate::any_hazardous<Range, F, KeyOf>>(
        std::forward<Range>(range), key_of, each{key_of, std::forward<F>(f)});
  }
};

}  // namespace trust
