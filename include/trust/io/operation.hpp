// SPDX-License-Identifier: MIT
#pragma once
// operation: what a completion finds by the word that came with it.
//
// Whoever submits work to a ring owns an `operation`, usually inside an awaiter in a coroutine's frame, and passes its
// address as the ring's user data. It is 8-aligned, so three bits are left for a tag: zero means a pointer to an
// operation, the others are the driver's own (its bell, and messages between rings). The driver's thread calls
// `complete` from park() or poll(), never elsewhere; the call may destroy the operation unless more completions were
// announced in the flags. Its owner keeps it and its buffers in place until that last completion, also after a cancel.

#include <cstdint>

namespace trust::io {

struct alignas(8) operation {
  // `result` is the kernel's: a count, or a negated errno. `flags` are the ring's, zero from epoll.
  using completion = void (*)(operation& self, std::int32_t result, std::uint32_t flags) noexcept;

  explicit operation(completion what) noexcept : complete{what} {}

  completion complete;
};

}  // namespace trust::io
