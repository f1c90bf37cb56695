// SPDX-License-Identifier: MIT
#pragma once
// lease: objects of one trustee that somebody wants for himself for a while: what together and move_to are made of.
//
//     described    not with the trustee yet
//     queued       has a place in the FIFO of each object
//     granted      first in all of them: they are claimed, and stay so
//     lent         nothing runs on them
//     over         given back: described again
// While the first of a FIFO is a lease that waits or is granted, its object is claimed: what lasts (a launch, an attend, an extract) waits behind
// it, and so does what the same client sends after that; all else runs, and so does all that a launched task waits for, of this object or of
// another, since somebody may wait for that task. So the tasks that are under way come to their end, whatever they call. Objects are lent
// only while no launched task is left of any of them; who finds one lets go of what was lent before, and waits: he holds nothing that a
// task needs.
// Places are taken at once in all objects of a trustee, and trustees are asked in one order, so leases cannot wait for each other in a circle.
// Who owns what    its maker's until it is described to the trustee, then the trustee's until the answer; given back by a letter, which is the
//                  lease itself, so giving back never fails.
// Tests: tests/unit/delegate/together.cpp, tests/stress/together.cpp   Files: src/worker/leases.cpp

#include <trust/worker/call.hpp>
#include <trust/worker/cell.hpp>

#include <cstdint>
#include <memory>
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
  keep,   ///< granted -> lent, if no launched task is left; else false
  let,    ///< lent -> granted
  calm,   ///< granted: answered when no launched task is left
  run,  ///< `work` at once, if it is granted and no launched task is left, or nothing is in the way; then it is over. Else false
  wait,  ///< `work` when it is granted and no launched task is left; then it is over
  move   ///< the same with `moves`; answered when the object has moved
};

struct lease final : letter, stoppable, parked_request {
  enum class stage : std::uint8_t { described, queued, granted, lent };
  struct place : entry {
    place(lease& l, cell& c) noexcept : entry{nullptr, true}, of{&l}, object{&c} {}
    lease* of;
    cell* object;
  };

  /// For objects of one trustee. Throws std::bad_alloc.
  explicit lease(const std::vector<cell*>& mine);
  ~lease();

  std::vector<place> places;
  stage at = stage::described;
  lease_wish wish = lease_wish::have;  ///< while `who` waits
  call* who = nullptr;                 ///< the request that waits, or null
  way_back* from = nullptr;
  void (*work)(lease&) noexcept = nullptr;  ///< in one go, on the trustee
  void* data = nullptr;                     ///< the maker's, for `work`
  std::unique_ptr<migration> moves;         ///< of one object
};

}  // namespace trust::worker
