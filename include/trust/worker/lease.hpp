// SPDX-License-Identifier: MIT
#pragma once
// lease: objects of one trustee that somebody wants for himself for a while: what together and move_to are made of.
//
//     described    not with the trustee yet
//     queued       has a place in the FIFO of each object
//     granted      first in all of them, and no launched task of any is left: they are claimed, and stay so
//     lent         nothing runs on them
//     over         given back: described again
// While the first of a FIFO is a lease that waits or is granted, its object is claimed: what lasts (a launch, an attend, an extract) waits behind
// it, and so does what the same client sends after that; all else runs. So the tasks that it waits for can go on, also by calls of others to
// this object. A launch that such a task waits for passes, however far away it was made, since it could never end otherwise.
// Places are taken at once in all objects of a trustee, and trustees are asked in one order, so leases cannot wait for each other in a circle.
// Who owns what    its maker's until it is described to the trustee, then the trustee's until the answer; given back by a letter, which is the
//                  lease itself, so giving back never fails.
// Tests: tests/unit/delegate/together.cpp, tests/stress/together.cpp   Files: src/worker/leases.cpp

#include <trust/worker/call.hpp>
#include <trust/worker/cell.hpp>

#include <cstdint>
#include <vector>

namespace trust::worker {

/// Which objects a launched task keeps, for whose call it runs: how a chain of calls that wait for each other is followed. In the task's block.
struct pinning {
  const cell* object;
  const call* caller;
};

/// Whether a task that runs in `e`, or one that waits for it, is a launched task of one of `objects`. Any thread that has a call of it.
[[nodiscard]] bool is_pinned_by(const coro::environment* e, const std::vector<cell*>& objects) noexcept;

/// What its maker asks of the trustee.
enum class lease_wish : std::uint8_t {
  have,   ///< lent at once if nothing is in the way; else false and nothing was done
  queue,  ///< granted, sooner or later
  keep,   ///< granted -> lent
  run,    ///< `work` at once, if it is granted or nothing is in the way; then it is over. Else false
  wait    ///< `work` when it is granted; then it is over
};

struct lease final : letter, stoppable, parked_request {
  enum class stage : std::uint8_t { described, queued, granted, lent };
  using wish = lease_wish;
  struct place : entry {
    place(lease& l, cell& c) noexcept : entry{nullptr, true}, of{&l}, object{&c} {}
    lease* of;
    cell* object;
  };

  /// `mine` of all the objects, those of one trustee; `all` those that the maker wants together. Throws std::bad_alloc.
  lease(const std::vector<cell*>& mine, const std::vector<cell*>& all);
  ~lease() = default;

  std::vector<place> places;
  std::vector<cell*> wanted;  ///< together with those of other trustees
  stage at = stage::described;
  call* who = nullptr;  ///< the request that waits
  way_back* from = nullptr;
  bool works = false;                       ///< when it is granted
  void (*work)(lease&) noexcept = nullptr;  ///< in one go, on the trustee
  void* data = nullptr;                     ///< the maker's, for `work`
};

}  // namespace trust::worker
