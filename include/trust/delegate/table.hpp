// SPDX-License-Identifier: MIT
#pragma once
// table: what one owner holds of a sharded map or set: a hash table of its own, in one piece of memory, on one thread.
//
//     slot     tag | entry          tag 0: free; else the key's hash, its lowest bit set; the rest of the hash says where a search begins
//
// A search goes from there over the slots that follow, until it finds the tag with the key or a free slot; what is erased is filled from behind,
// so there are no graves. At least three eighths of the slots are free. The hash comes with the key, mixed already (spread.hpp), stays in the
// tag, and is never asked for again. An entry that is large, or whose move may throw, lies in a block of its own; then it never moves.
// Promise          what throws (Eq, a constructor, memory) has changed nothing.
// Rejected         std::unordered_map, also with the hash kept in its nodes: 9.0, 12.4 and 48.8 ns for a look-up among 1024, 65536 and
//                  1048576 longs in random order, against 3.3, 5.2 and 10.2 here (g++ 12 -O3, one thread; Zipf 0.99: 9.7, 13.1, 19.6
//                  against 1.5, 2.1, 4.1). Asking ahead for the slots of a batch saves 2 ns of the 10.2 and costs 0.7 of the 3.3.
// Tests: tests/unit/delegate/table.cpp   Price: bench/map.cpp

#include <trust/base/exceptions.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace trust::delegate {

/// A key with its value. `V` may be empty.
template <class K, class V> struct table_entry {
  template <class Q, class... Args>
  explicit table_entry(Q&& k, std::in_place_t, Args&&... args)
      : key(std::forward<Q>(k)), value(std::forward<Args>(args)...) {}
  K key;
  [[no_unique_address]] V value;
};

template <class K, class V, class Eq> class table {
  using entry = table_entry<K, V>;
  static constexpr bool in_slot = sizeof(entry) <= 64 && std::is_nothrow_move_constructible_v<entry>;

  struct slot {
    using kept = std::conditional_t<in_slot, entry, std::unique_ptr<entry>>;
    std::uint64_t tag;
    alignas(kept) std::byte bytes[sizeof(kept)];

    [[nodiscard]] kept& place() noexcept { return *std::launder(reinterpret_cast<kept*>(bytes)); }
    [[nodiscard]] entry& get() noexcept {
      if constexpr (in_slot) {
        return place();
      } else {
        return *place();
      }
    }
    template <class... Args> void fill(std::uint64_t t, Args&&... args) {
      if constexpr (in_slot) {
        ::new (static_cast<void*>(bytes)) entry(std::forward<Args>(args)...);
      } else {
        ::new (static_cast<void*>(bytes)) kept(std::make_unique<entry>(std::forward<Args>(args)...));
      }
      tag = t;
    }
    void take(slot& o) noexcept {
      ::new (static_cast<void*>(bytes)) kept(std::move(o.place()));
      tag = o.tag;
      o.free();
    }
    void free() noexcept {
      place().~kept();
      tag = 0;
    }
  };

 public:
  explicit table(Eq eq = {}) : eq_{std::move(eq)} {}
  table(table&& o) noexcept
      : slots_{std::exchange(o.slots_, nullptr)},
        mask_{std::exchange(o.mask_, 0)},
        size_{std::exchange(o.size_, 0)},
        eq_{std::move(o.eq_)} {}
  table& operator=(table&&) = delete;
  ~table() {
    clear();
    give_back(slots_, mask_ + 1);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The value of `key`, or null.
  template <class Q> [[nodiscard]] V* find(const Q& key, std::uint64_t hash) {
    slot* const s = look(key, hash);
    return s != nullptr ? std::addressof(s->get().value) : nullptr;
  }
  /// The value of `key`, and whether it was built now, from `args`. The key is built from `key` then.
  template <class Q, class... Args> std::pair<V*, bool> try_emplace(Q&& key, std::uint64_t hash, Args&&... args) {
    if (V* const there = find(key, hash)) return {there, false};
    if ((size_ + 1) * 8 > slot_count() * 5) grow(slot_count() != 0 ? slot_count() * 2 : 8);
    slot& s = free_slot(slots_, mask_, hash | 1);
    s.fill(hash | 1, std::forward<Q>(key), std::in_place, std::forward<Args>(args)...);
    ++size_;
    return {std::addressof(s.get().value), true};
  }
  template <class Q> bool erase(const Q& key, std::uint64_t hash) {
    slot* const s = look(key, hash);
    if (s == nullptr) return false;
    remove(*s);
    return true;
  }
  template <class Q> [[nodiscard]] std::optional<V> extract(const Q& key, std::uint64_t hash) {
    slot* const s = look(key, hash);
    if (s == nullptr) return std::nullopt;
    std::optional<V> value{std::move(s->get().value)};
    remove(*s);
    return value;
  }
  /// f(const K&, V&) for each, in no order.
  template <class F> void for_each(F&& f) {
    for (std::size_t i = 0; i < slot_count(); ++i) {
      if (slots_[i].tag != 0) f(std::as_const(slots_[i].get().key), slots_[i].get().value);
    }
  }
  /// The memory stays for what comes next.
  void clear() noexcept {
    for (std::size_t i = 0; size_ != 0; ++i) {
      if (slots_[i].tag == 0) continue;
      slots_[i].free();
      --size_;
    }
  }
  /// So that n entries need no more memory.
  void reserve(std::size_t n) {
    std::size_t count = slot_count() != 0 ? slot_count() : 8;
    while (n * 8 > count * 5) count *= 2;
    if (count > slot_count()) grow(count);
  }

 private:
  [[nodiscard]] std::size_t slot_count() const noexcept { return slots_ != nullptr ? mask_ + 1 : 0; }
  [[nodiscard]] static std::size_t home_of(std::uint64_t tag, std::size_t mask) noexcept { return (tag >> 1) & mask; }

  template <class Q> [[nodiscard]] slot* look(const Q& key, std::uint64_t hash) {
    if (size_ == 0) return nullptr;
    const std::uint64_t tag = hash | 1;
    for (std::size_t i = home_of(tag, mask_);; i = (i + 1) & mask_) {
      slot& s = slots_[i];
      if (s.tag == tag && eq_(std::as_const(s.get().key), key)) return &s;
      if (s.tag == 0) return nullptr;
    }
  }
  [[nodiscard]] static slot& free_slot(slot* slots, std::size_t mask, std::uint64_t tag) noexcept {
    std::size_t i = home_of(tag, mask);
    while (slots[i].tag != 0) i = (i + 1) & mask;
    return slots[i];
  }

  /// Frees a slot, and brings closer to their home those behind it that may be.
  void remove(slot& s) noexcept {
    s.free();
    --size_;
    auto hole = static_cast<std::size_t>(&s - slots_);
    for (std::size_t i = (hole + 1) & mask_; slots_[i].tag != 0; i = (i + 1) & mask_) {
      const std::size_t home = home_of(slots_[i].tag, mask_);
      if (((i - home) & mask_) < ((i - hole) & mask_)) continue;  // its home lies behind the hole
      slots_[hole].take(slots_[i]);
      hole = i;
    }
  }

  void grow(std::size_t count) {
    auto* const made = static_cast<slot*>(::operator new(count * sizeof(slot), std::align_val_t{alignof(slot)}));
    for (std::size_t i = 0; i < count; ++i) made[i].tag = 0;
    for (std::size_t i = 0; i < slot_count(); ++i) {
      if (slots_[i].tag != 0) free_slot(made, count - 1, slots_[i].tag).take(slots_[i]);
    }
    give_back(slots_, mask_ + 1);
    slots_ = made;
    mask_ = count - 1;
  }
  static void give_back(slot* slots, std::size_t count) noexcept {
    if (slots != nullptr) ::operator delete(slots, count * sizeof(slot), std::align_val_t{alignof(slot)});
  }

  slot* slots_ = nullptr;
  std::size_t mask_ = 0;  // their number, a power of two, less one
  std::size_t size_ = 0;
  [[no_unique_address]] Eq eq_;
};

}  // namespace trust::delegate
