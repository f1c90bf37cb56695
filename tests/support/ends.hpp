// SPDX-License-Identifier: MIT
#pragma once
// ends: what tests ask about the end of an object: has it gone, and did it live and die where it should.
//
// An object is destroyed on its trustee some time after its last handle was dropped, so a test waits for it, and never for long.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

namespace support {

[[nodiscard]] inline bool gone(const ledger& book) {
  return support::eventually([&] { return book.died == 1; });
}

// Waits in a way that lets a simulation go on.
[[nodiscard]] inline bool gone(trust::runtime& rt, const ledger& book) {
  return rt.block_on(
      [&book]() -> trust::task<bool> { co_return co_await support::soon([&book] { return book.died != 0; }); });
}

inline void check_at_home(const ledger& book, std::size_t owner) {
  CHECK(book.born == 1);
  CHECK(book.died == 1);
  CHECK(book.born_on == owner);
  CHECK(book.died_on == owner);
}

}  // namespace support
