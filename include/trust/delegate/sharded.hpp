// SPDX-License-Identifier: MIT
#pragma once
// sharded: one T on each trustee, under one handle: what is too much for one owner is spread over all of them by key.
//
//     auto hits = rt.entrust_sharded<counts>();
//     co_await hits.on(user).apply(&counts::add, user);                                   // the shard that owns the key
//     long all = co_await hits.map_reduce(&counts::total, 0L, std::plus{});               // of every shard, added up here
//     std::vector<long> of = co_await hits.apply_each(users, &counts::of);                // one message to each owner
//
// A handle like a remote: empty by default, cheap to copy, it keeps the shards alive and may outlive the runtime. `on`, `shard` and `local`
// give a remote, so all its verbs are there. What goes to several shards is begun on all of them before any is waited for, and is an op too:
// await it, get() it, put it into when_all. There is no order, and no moment in common, between two shards.
// The trustees are all workers, or the dedicated ones if there are any: shard i lives on the i-th. To entrust does not wait on a worker, and what
// a constructor throws comes to every call of that shard.
// Each shard gets its own copy of a closure and of its arguments. What a closure captures by reference, all shards use at the same time.
// Tests: tests/unit/delegate/sharded.cpp, tests/refuse/sharded.cpp   Price: bench/map.cpp

#include <trust/delegate/batch.hpp>
#include <trust/delegate/entrust.hpp>
#include <trust/delegate/everywhere.hpp>
#include <trust/delegate/scatter.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace trust {
namespace delegate {

template <class T> struct shards_of;

/// The mixed hash of that part of an element which is its key.
template <class KeyOf> class spread_by {
 public:
  explicit spread_by(KeyOf key_of) : key_of_{std::move(key_of)} {}
  template <class E> [[nodiscard]] std::uint64_t operator()(const E& e) const {
    return spread(std::invoke(key_of_, e));
  }

 private:
  [[no_unique_address]] KeyOf key_of_;
};

/// f(T&, element&).
template <class F> class on_element {
 public:
  static constexpr bool borrowed = captures_by_reference<F>;
  template <class G> explicit on_element(std::in_place_t, G&& f) : f_{std::forward<G>(f)} {}
  template <class T, class E> auto operator()(T& object, E& e) {
    check_element_result<T, std::invoke_result_t<F&, T&, decltype(e.get())>>();
    return std::invoke(f_, object, e.get());
  }

 private:
  [[no_unique_address]] F f_;
};

}  // namespace delegate

template <class T> class sharded {
 public:
  using element_type = T;

  sharded() noexcept = default;
  sharded(std::nullptr_t) noexcept {}
  sharded(const sharded&) noexcept = default;
  sharded(sharded&& o) noexcept : shards_{std::move(o.shards_)}, count_{std::exchange(o.count_, 0)} {}
  sharded& operator=(const sharded&) noexcept = default;
  sharded& operator=(sharded&& o) noexcept {
    sharded{std::move(o)}.swap(*this);
    return *this;
  }

  [[nodiscard]] explicit operator bool() const noexcept { return count_ != 0; }
  /// How many shards there are; 0 for an empty handle.
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  void reset() noexcept { *this = sharded{}; }
  void swap(sharded& o) noexcept {
    shards_.swap(o.shards_);
    std::swap(count_, o.count_);
  }
  [[nodiscard]] const remote<T>* begin() const noexcept { return shards_.get(); }
  [[nodiscard]] const remote<T>* end() const noexcept { return shards_.get() + count_; }

  // One shard. Of an empty handle an empty remote.

  /// The shard that owns `key`, by std::hash (character arrays and pointers: of their text). The same key has the same owner for as long as
  /// the shards live, and in every sharded<> with as many shards.
  template <class Key> [[nodiscard]] const remote<T>& on(const Key& key) const& { return at(delegate::spread(key)); }
  template <class Key> [[nodiscard]] remote<T> on(const Key& key) && { return at(delegate::spread(key)); }
  /// By a hash of the caller's own, which is mixed.
  template <class Key, class Hash> [[nodiscard]] const remote<T>& on(const Key& key, const Hash& hash) const& {
    return at(delegate::mix(hash(key)));
  }
  template <class Key, class Hash> [[nodiscard]] remote<T> on(const Key& key, const Hash& hash) && {
    return at(delegate::mix(hash(key)));
  }
  /// Shard i, from 0 to size() - 1, on the i-th trustee; else throws errc::bad_option.
  [[nodiscard]] const remote<T>& shard(std::size_t i) const& { return checked(i); }
  [[nodiscard]] remote<T> shard(std::size_t i) && { return checked(i); }
  /// The shard that lives on this worker; an empty remote where there is none.
  [[nodiscard]] const remote<T>& local() const& noexcept { return here(); }
  [[nodiscard]] remote<T> local() && noexcept { return here(); }

  // All shards.

  /// f(T&, args...) once on each shard. Result: a vector of f's results in the order of the shards; of void nothing. When all have run, throws
  /// the failure of the first shard that has one.
  template <class F, class... Args> [[nodiscard]] auto on_all(F&& f, Args&&... args) const {
    delegate::check_everywhere<T, F, Args...>();
    return delegate::everywhere<delegate::any_hazardous<F, Args...>>(
        begin(), count_, delegate::bind_copy(std::forward<F>(f), std::forward<Args>(args)...));
  }
  /// reduce(reduce(init, map(shard 0)), map(shard 1)) and so on: `map` runs on the shards, `reduce` here, in the order of the shards, when all
  /// have answered.
  template <class Map, class Value, class Reduce>
  [[nodiscard]] auto map_reduce(Map&& map, Value&& init, Reduce&& reduce) const {
    delegate::check_everywhere<T, Map>();
    auto all = delegate::everywhere<delegate::any_hazardous<Map, Value, Reduce>>(
        begin(), count_, delegate::bind_copy(std::forward<Map>(map)));
    return delegate::reduced<decltype(all), std::decay_t<Value>, std::decay_t<Reduce>>{
        std::move(all), std::forward<Value>(init), std::forward<Reduce>(reduce)};
  }
  /// f(shard, element&) for each element of `range`, on the shard that owns key_of(element), which is the element itself if it is not given.
  /// One message for each owner; there in the order of the range. Result: f's results in the order of the range; of void nothing. All run,
  /// then the failure of the first element that has one is thrown. An lvalue range is used in place, an rvalue one travels.
  template <class Range, class F, class KeyOf = std::identity>
  [[nodiscard]] auto apply_each(Range&& range, F&& f, KeyOf key_of = {}) const {
    using ref = std::ranges::range_reference_t<std::remove_reference_t<Range>>;
    using each = delegate::on_element<std::decay_t<F>>;
    delegate::check_writable<T>();
    static_assert(std::invocable<std::decay_t<F>&, T&, ref>,
                  "trust-tee: this closure cannot be called with a shard and an element of this range");
    return delegate::scattered<T, Range, delegate::spread_by<KeyOf>, delegate::element<ref>, each,
                               delegate::any_hazardous<F, Range, KeyOf>>{*this, std::forward<Range>(range),
                                                                         delegate::spread_by<KeyOf>{std::move(key_of)},
                                                                         each{std::in_place, std::forward<F>(f)}};
  }
  /// Ends when every shard has been built; throws what a constructor threw.
  [[nodiscard]] auto ready() const {
    return on_all([](const T&) {});
  }
  /// Ends when every call that this thread has made to any shard has run (launched tasks: up to their first suspension).
  [[nodiscard]] auto flush() const { return ready(); }

  friend bool operator==(const sharded& a, const sharded& b) noexcept { return a.shards_ == b.shards_; }
  /// Prints the type and how many shards there are; never their values.
  friend std::ostream& operator<<(std::ostream& os, const sharded& s) {
    if (!s) return os << "sharded(empty)";
    return os << "sharded<" << base::type_text<T>() << ">(" << s.size() << " shards)";
  }

 private:
  template <class> friend struct delegate::shards_of;

  sharded(std::shared_ptr<const remote<T>[]> shards, std::size_t count) noexcept
      : shards_{std::move(shards)}, count_{count} {}

  [[nodiscard]] static const remote<T>& nobody() noexcept {
    static const remote<T> none;
    return none;
  }
  [[nodiscard]] const remote<T>& at(std::uint64_t mixed) const noexcept {
    if (count_ == 0) [[unlikely]]
      return nobody();
    return shards_[static_cast<std::ptrdiff_t>(delegate::owner_of(mixed, count_))];
  }
  [[nodiscard]] const remote<T>& checked(std::size_t i) const {
    if (i < count_) return shards_[static_cast<std::ptrdiff_t>(i)];
    if (count_ == 0) return nobody();
    base::raise(
        error{errc::bad_option, "there is no shard " + std::to_string(i) + ": there are " + std::to_string(count_)});
  }
  [[nodiscard]] const remote<T>& here() const noexcept {
    for (const remote<T>& r : *this) {
      if (r.is_here()) return r;
    }
    return nobody();
  }

  std::shared_ptr<const remote<T>[]> shards_;
  std::size_t count_ = 0;
};

namespace delegate {

template <class T, class... Args> struct shard_type {
  using type = T;
};
template <class Make> struct shard_type<void, Make> {
  static_assert(std::invocable<Make&, std::size_t>,
                "trust-tee: entrust_sharded without a type takes a callable that makes shard i from i, a std::size_t");
  using type = std::invoke_result_t<Make&, std::size_t>;
};
template <class Make> struct shard_type<void, named, Make> : shard_type<void, Make> {};

/// Builds what `make(i)` gives.
template <class T, class Make> struct from_number {
  from_number(std::size_t i, const Make& m) : number{i}, make{m} {}
  void operator()(void* raw) { ::new (raw) T(std::invoke(make, number)); }
  std::size_t number;
  Make make;
};

/// The trustees of a runtime: every worker, or the dedicated ones.
struct trustees {
  explicit trustees(const worker::core& c) noexcept
      : first{c.opts().dedicated != 0 ? c.task_workers() : 0}, count{c.workers() - first} {}
  std::size_t first, count;
};

template <class T> struct shards_of {
  /// A shard on each trustee: `one(port, name, i)` makes it.
  template <class One> [[nodiscard]] static sharded<T> make(worker::core& home, const std::string& name, One&& one) {
    const trustees all{home};
    auto made = std::make_shared<remote<T>[]>(all.count);
    for (std::size_t i = 0; i < all.count; ++i) {
      made[static_cast<std::ptrdiff_t>(i)] =
          one(home.at(all.first + i), name.empty() ? name : name + '/' + std::to_string(i), i);
    }
    return sharded<T>{std::move(made), all.count};
  }
};

}  // namespace delegate

template <class T, class... Args>
sharded<typename delegate::shard_type<T, std::decay_t<Args>...>::type> runtime::entrust_sharded(Args&&... args) {
  using X = typename delegate::shard_type<T, std::decay_t<Args>...>::type;
  const auto make = [this]<class... Rest>(const std::string& name, const Rest&... rest) {
    return delegate::shards_of<X>::make(*core_, name, [&](worker::port& p, std::string_view called, std::size_t i) {
      if constexpr (std::is_void_v<T>) {
        delegate::check_unawaited<Rest...>();
        delegate::check_copies<Rest...>();
        return delegate::make_by<X>(p, called, delegate::from_number<X, Rest...>{i, rest...});
      } else {
        delegate::check_copies<Rest...>();
        return delegate::make_on<X>(p, called, rest...);
      }
    });
  };
  const auto unnamed = [&]<class First, class... Rest>(const First& first, const Rest&... rest) {
    if constexpr (std::is_same_v<First, named>) {
      return make(first.name, rest...);
    } else {
      return make({}, first, rest...);
    }
  };
  if constexpr (sizeof...(Args) == 0) {
    return make({});
  } else {
    return unnamed(args...);
  }
}

}  // namespace trust
