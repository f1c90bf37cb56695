// SPDX-License-Identifier: MIT
#pragma once
// scatter: a batch over several owners: its elements are grouped by owner, each owner gets one message, results come in the order of the elements.
//
//     described   the range, what finds the owner of an element, and f; movable
//     begun       the elements have been gone over twice (how many has each owner; then each into its place) and lie in one block, owner by
//                 owner, with a message for each owner that has any
//     ended       every message has been answered; `take` brings the results into order, or throws
//
// Who owns what    the block is the caller's; the places of a message are its owner's until it has been answered (share.hpp). The list that brings
//                  results into order is read by the caller only, and lies apart.
// Promise          all elements are run, whatever some of them throw; then the failure of the first of them (in the order of the range) is
//                  thrown. A message that was refused counts as the failure of its first element.
// Tests: tests/unit/delegate/scatter.cpp, tests/unit/delegate/sharded_map.cpp   Price: bench/map.cpp

#include <trust/delegate/combine.hpp>
#include <trust/delegate/remote.hpp>
#include <trust/delegate/share.hpp>
#include <trust/delegate/spread.hpp>

#include <cstdint>
#include <iterator>
#include <limits>
#include <new>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

namespace trust {
template <class T> class sharded;
}

namespace trust::delegate {

/// The message to one owner, and how it went.
template <class Op> struct scattered_message {
  scattered_message(std::uint32_t from, std::uint32_t to) noexcept : first{from}, last{to}, failed{to} {}
  std::uint32_t first, last;  ///< places
  std::uint32_t failed;       ///< the first that threw, if any did: written by the owner
  std::uint32_t built = 0;    ///< results are there up to this place: known when it has been answered
  bool ran = false;           ///< its entries have been used up: known at the same time
  std::optional<child<Op>> call;
};

/// `Mixed`: (element) -> mixed hash. `Entry`: what travels of an element, made of it and of its mixed hash. `F`: (T&, Entry&) -> result.
template <class T, class Range, class Mixed, class Entry, class F, bool Hazardous>
class [[nodiscard]] scattered
    : public coro::ours,
      public startable<scattered<T, Range, Mixed, Entry, F, Hazardous>,
                       typename gathered<unwrapped_t<std::invoke_result_t<F&, T&, Entry&>>>::type> {
  using Raw = std::invoke_result_t<F&, T&, Entry&>;
  using R = unwrapped_t<Raw>;
  static_assert(std::ranges::forward_range<Range>,
                "trust-tee: the elements of this batch are gone over twice, but the range lets that be done once only; "
                "collect them in a container first");
  static_assert(std::copy_constructible<F>,
                "trust-tee: each owner gets a copy of this closure, but it cannot be copied; share what it moves along "
                "through a shared_ptr to const, or apply it to one shard at a time");

  using Part = share_closure<T, Entry, F>;
  using Place = typename Part::place;
  using Op = op<apply_kind<T, Part, false>>;
  using Message = scattered_message<Op>;

 public:
  using value_type = typename gathered<R>::type;
  static constexpr bool hazardous = Hazardous;
  static constexpr bool borrowed = std::is_lvalue_reference_v<Range> || borrows<Range>::value ||
                                   borrowed_argument<std::ranges::range_value_t<Range>> || is_borrowed<F>();

  scattered(const sharded<T>& owners, Range range, Mixed mixed, F f)
      : owners_{owners}, range_{static_cast<Range&&>(range)}, mixed_{std::move(mixed)}, f_{std::move(f)} {}
  scattered(scattered&& o)
      : owners_{std::move(o.owners_)},
        range_{static_cast<Range&&>(o.range_)},
        mixed_{std::move(o.mixed_)},
        f_{std::move(o.f_)} {
    TRUST_ASSERT(o.block_ == nullptr, "a batch was moved after it had begun");
  }
  scattered& operator=(scattered&&) = delete;
  ~scattered() { clear(); }

  [[nodiscard]] auto operator co_await() & noexcept { return all_awaiter<scattered>{*this}; }
  template <bool H = Hazardous> [[nodiscard]] auto operator co_await() && noexcept {
    coro::check_temporary<H>();
    return all_awaiter<scattered>{*this};
  }

  // For startable and the combinators.
  [[nodiscard]] worker::core* home() const noexcept { return owners_ ? access::cell(*owners_.begin())->home : nullptr; }
  void own() noexcept {}  // it holds its owners

  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* env) {
    if (!owners_) {
      unbegun_.emplace(errc::empty);
      return false;
    }
    const bool grouped = base::attempt([&] { return group(), true; },
                                       [&](std::exception_ptr e) { return unbegun_.emplace(std::move(e)), false; });
    if (!grouped || message_count_ == 0) return false;
    begun_ = true;
    join_.emplace();
    return join_->begin(done, message_count_, [&](std::size_t i, coro::resumable& one) {
      return messages_[(i + first_message_) % message_count_].call->begin(one, env);
    });
  }

  value_type take() {
    if (const std::optional<failure> f = settle()) f->raise();
    return collect();
  }
  [[nodiscard]] result<value_type> take_result() {
    if (std::optional<failure> f = settle()) return std::move(*f);
    return result_of([&]() -> value_type { return collect(); });
  }

 private:
  /// Room for n of X in a block that is laid out piece by piece.
  template <class X>
  [[nodiscard]] static std::size_t lay(std::size_t& size, std::size_t n, std::size_t align = alignof(X)) {
    const std::size_t at = (size + align - 1) / align * align;
    size = at + n * sizeof(X);
    return at;
  }
  template <class X> [[nodiscard]] static X* at(void* block, std::size_t offset) noexcept {
    return reinterpret_cast<X*>(static_cast<std::byte*>(block) + offset);
  }
  struct scratch {
    explicit scratch(std::size_t n) : bytes{n}, block{coro::frame_pool::allocate(n)} {}
    scratch(const scratch&) = delete;
    ~scratch() { coro::frame_pool::release(block, bytes); }
    std::size_t bytes;
    void* block;
  };

  void group() {
    const auto wide = static_cast<std::size_t>(std::ranges::distance(range_));
    if (wide >= std::numeric_limits<std::uint32_t>::max()) base::raise(std::bad_array_new_length{});
    const auto n = static_cast<std::uint32_t>(wide);
    if (n == 0) return;
    const std::size_t count = owners_.size();
    std::size_t size = 0;
    const std::size_t messages = lay<Message>(size, n < count ? n : count);
    const std::size_t wheres = lay<std::uint32_t>(size, n);
    const std::size_t places = lay<Place>(size, n, alignof(Place) > 64 ? alignof(Place) : 64);
    block_ = coro::frame_pool::allocate(size);
    block_bytes_ = size;
    messages_ = at<Message>(block_, messages);
    where_ = at<std::uint32_t>(block_, wheres);
    places_ = at<Place>(block_, places);

    // How many has each owner; from then on end[o] is where the next entry of owner o goes, and at last where they end.
    std::size_t scratch_size = 0;
    const std::size_t hashes = lay<std::uint64_t>(scratch_size, n);
    const std::size_t ends = lay<std::uint32_t>(scratch_size, count + 1);
    const scratch kept{scratch_size};
    auto* const mixed = at<std::uint64_t>(kept.block, hashes);
    auto* const end = at<std::uint32_t>(kept.block, ends);
    auto* const where = where_;
    for (std::size_t o = 0; o <= count; ++o) end[o] = 0;
    std::uint32_t i = 0;
    for (auto it = std::ranges::begin(range_); i != n; ++it, ++i) {
      const std::uint64_t h = mixed_(*it);
      const std::size_t owner = owner_of(h, count);
      mixed[i] = h;
      where[i] = static_cast<std::uint32_t>(owner);
      ++end[owner + 1];
    }
    for (std::size_t o = 0; o < count; ++o) end[o + 1] += end[o];
    enter(n, end, mixed);
    std::uint32_t from = 0;
    for (std::size_t o = 0; o < count; ++o) {
      if (end[o] == from) continue;
      auto* const s = ::new (static_cast<void*>(messages_ + message_count_)) Message{from, end[o]};
      const remote<T>& owner = owners_.begin()[o];
      s->call.emplace(access::call<false>(owner, Part{places_, from, end[o], s->failed, f_}));
      ++message_count_;
      sent_ = from = end[o];
      if (owner.is_here()) first_message_ = message_count_;  // the others begin before its own thread has work
    }
  }

  void enter(std::uint32_t n, std::uint32_t* end, const std::uint64_t* mixed) {
    std::uint32_t i = 0;
    base::undoing(
        [&] {
          auto* const where = where_;
          auto* const places = places_;
          for (auto it = std::ranges::begin(range_); i != n; ++it, ++i) {
            const std::uint32_t place = end[where[i]];
            ::new (static_cast<void*>(places[place].entry())) Entry(*it, mixed[i]);
            ++end[where[i]];
            where[i] = place;
          }
        },
        [&] { entered_ = i; });
    entered_ = n;
  }

  /// Asks every message how it ended; the failure of the first element that has one.
  [[nodiscard]] std::optional<failure> settle() {
    if (unbegun_) return std::move(unbegun_);
    begun_ = false;
    std::optional<failure> first;
    std::uint32_t first_at = 0;
    for (std::uint32_t i = 0; i < message_count_; ++i) {
      Message& s = messages_[i];
      result<void> r = s.call->take_result();
      s.ran = r.has_value() || s.failed != s.last;
      s.built = s.ran ? s.failed : s.first;
      if (r.has_value()) continue;
      const std::uint32_t place = s.ran ? s.failed : s.first;
      std::uint32_t at = 0;
      while (where_[at] != place) ++at;
      if (first && first_at < at) continue;
      first.emplace(std::move(r).error());
      first_at = at;
    }
    return first;
  }

  [[nodiscard]] value_type collect() {
    if constexpr (!std::is_void_v<R>) {
      const auto in_order = std::views::transform(
          std::span{where_, entered_}, [this](std::uint32_t place) -> R& { return *places_[place].result(); });
      return value_type(std::make_move_iterator(in_order.begin()), std::make_move_iterator(in_order.end()));
    }
  }

  void clear() noexcept {
    if (block_ == nullptr) return;
    if (begun_) static_cast<void>(settle());
    for (std::uint32_t i = 0; i < message_count_; ++i) {
      Message& s = messages_[i];
      if constexpr (!std::is_void_v<R> && !std::is_trivially_destructible_v<R>) {
        for (std::uint32_t at = s.first; at < s.built; ++at) places_[at].result()->~R();
      }
      if constexpr (!std::is_trivially_destructible_v<Entry>) {
        if (!s.ran || !Place::shared) forget(s.first, s.last);
      }
      s.~Message();
    }
    if constexpr (!std::is_trivially_destructible_v<Entry>) forget_unsent();
    coro::frame_pool::release(block_, block_bytes_);
  }
  void forget(std::uint32_t first, std::uint32_t last) noexcept {
    for (std::uint32_t at = first; at < last; ++at) places_[at].entry()->~Entry();
  }
  /// It failed before all could be entered, or before all messages were made.
  void forget_unsent() noexcept {
    for (std::uint32_t i = 0; i < entered_; ++i) {
      if (where_[i] >= sent_) places_[where_[i]].entry()->~Entry();
    }
  }

  sharded<T> owners_;
  Range range_;
  [[no_unique_address]] Mixed mixed_;
  [[no_unique_address]] F f_;
  std::optional<failure> unbegun_;  // why it could not even begin
  void* block_ = nullptr;
  std::size_t block_bytes_ = 0;
  std::optional<join_point> join_;
  std::uint32_t* where_ = nullptr;  // of each element, its place
  Message* messages_ = nullptr;
  Place* places_ = nullptr;
  std::uint32_t entered_ = 0;
  std::uint32_t message_count_ = 0;
  std::uint32_t sent_ = 0;  // places that some message is about
  std::uint32_t first_message_ = 0;
  bool begun_ = false;  // and not settled yet
};

}  // namespace trust::delegate
