// SPDX-License-Identifier: MIT
#pragma once
// sharded_set: a hash set that is spread over all trustees of a runtime: sharded_map without values.
//
//     trust::sharded_set<std::string> seen{rt};
//     if (co_await seen.insert(url)) co_await fetch(url);                // one of all who ask is told true
//     std::vector<bool> fresh = co_await seen.insert_each(urls);         // one message to each owner
//
// What is said in sharded_map.hpp of handles, ops, keys, order and moments holds here too.
// Tests: tests/unit/delegate/sharded_set.cpp, tests/refuse/sharded.cpp

#include <trust/delegate/sharded_table.hpp>

#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace trust {
namespace delegate {
struct no_value {};
}  // namespace delegate

template <class K, class Hash = std::hash<K>, class Eq = std::equal_to<K>>
class sharded_set : public delegate::sharded_table<K, delegate::no_value, Hash, Eq> {
  using base = delegate::sharded_table<K, delegate::no_value, Hash, Eq>;
  using typename base::part;

 public:
  using value_type = K;

  sharded_set() noexcept = default;
  /// An empty set with a part on each trustee of `rt`. Any thread. Throws as sharded_map's constructor.
  explicit sharded_set(runtime& rt, Hash hash = {}, Eq eq = {})
      : base{rt.entrust_sharded<part>(std::move(eq)), std::move(hash)} {}
  sharded_set(runtime& rt, const named& name, Hash hash = {}, Eq eq = {})
      : base{rt.entrust_sharded<part>(name, std::move(eq)), std::move(hash)} {}

  // Also: contains, erase, size, clear, reserve, contains_each, erase_each.

  /// Result: bool, whether it is new.
  template <class Q = K> [[nodiscard]] auto insert(Q&& key) const {
    return this->template about<delegate::on_table::emplace_new, delegate::any_hazardous<Q>>(
        this->keep(std::forward<Q>(key)));
  }
  /// The same for each key of a range; the elements of a temporary are moved from. Result: std::vector<bool>, in the order of the keys.
  template <std::ranges::range Range> [[nodiscard]] auto insert_each(Range&& keys) const {
    using ref = std::ranges::range_reference_t<std::remove_reference_t<Range>>;
    return this->template scatter<delegate::on_table::hashed_element<ref>, delegate::any_hazardous<Range>>(
        std::forward<Range>(keys), std::identity{},
        delegate::on_table::each_new_key<delegate::on_table::gives_away<Range>>{});
  }
  /// f(const K&) for every key, where it lives: all owners at the same time, each in one go and with its own copy of f, so it sees each part at a
  /// moment of its own. While it goes over a part, that part's owner does nothing else.
  template <class F> [[nodiscard]] auto for_each(F&& f) const {
    delegate::check_copies<F>();
    using D = std::decay_t<F>;
    static_assert(std::invocable<D&, const K&>, "trust-tee: this closure cannot be called with a key, a const K&");
    return this->template visit_all<delegate::any_hazardous<F>>(delegate::on_table::visit<D>{std::forward<F>(f)});
  }
};

}  // namespace trust
