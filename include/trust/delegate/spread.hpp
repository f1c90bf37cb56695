// SPDX-License-Identifier: MIT
#pragma once
// spread: which of n owners has a key: its hash, mixed, and the owner that the mixed hash falls to.
//
// std::hash of an integer is the integer itself, so a hash says little in its upper bits or in its lower ones: `mix` makes
// each of its bits depend on all of them, with one multiplication. The owner is taken from the upper half of the mixed
// hash, without a division; a table of the owner uses the lower half, so the keys of one owner still fill all of its table.
// Promise          the same key has the same owner as long as hash and number of owners are the same.
// Tests: tests/unit/delegate/sharded.cpp

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>

namespace trust::delegate {

/// A hash whose bits each depend on all bits of `hash`.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(hash ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The owner, one of `owners`, that a mixed hash falls to.
[[nodiscard]] constexpr std::size_t owner_of(std::uint64_t mixed, std::size_t owners) noexcept {
  return static_cast<std::size_t>(((mixed >> 32) * owners) >> 32);
}

/// Text that std::hash would take for a pointer.
template <class Key>
concept bare_text =
    (std::is_array_v<Key> || std::is_pointer_v<Key>) && std::is_convertible_v<const Key&, std::string_view>;

/// std::hash of a key, mixed; of a character array or pointer that of the text, as for a std::string.
template <class Key> [[nodiscard]] std::uint64_t spread(const Key& key) {
  if constexpr (bare_text<Key>) {
    return mix(std::hash<std::string_view>{}(key));
  } else {
    static_assert(std::is_invocable_v<std::hash<Key>, const Key&>,
                  "trust-tee: this key has no std::hash, by which its owner would be found; specialise std::hash, or "
                  "give the part of it that has one");
    return mix(std::hash<Key>{}(key));
  }
}

}  // namespace trust::delegate
