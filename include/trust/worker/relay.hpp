// SPDX-License-Identifier: MIT
#pragma once
// relay: how an object moves to another worker while calls to it go on: in their order, and none is lost.
//
//     old owner                                               new owner
//     claims the object, calls it `moving`; relays
//     what is held, and what comes from now on --- arrive --> becomes the owner: clients find their way to it. Runs what is
//                                              <-- switched-- relayed; holds what comes directly
//     asks each client lane for a fence record,
//     which stands behind all that was sent here
//     all have come: nothing comes any more    --- final  --> live: what was held runs
//     tells who asked for the move             <-- done ----
//
// Order: what a client sent to the old owner is relayed before `final`, and what it sends to the new one is held until then. Letters between two
// workers keep their order. A client that makes its first lane to the old owner looks at the object's owner again when the lane is registered.
// A relayed request is answered by way of the old owner, whose lane it came by: `later`, then a completion. A stop request goes the same way.
// Calls of a foreign thread that nobody awaits may be overtaken by its later ones while the object moves: such a thread has no lane to fence.
// Files: src/worker/moving.cpp   Tests: tests/unit/delegate/move_to.cpp, tests/stress/move_to.cpp

#include <trust/link/halt.hpp>
#include <trust/worker/call.hpp>
#include <trust/worker/inbound.hpp>
#include <trust/worker/lease.hpp>

#include <cstddef>
#include <cstdint>

namespace trust::worker {

/// A request that lies with another worker than the one it was sent to. Made and ended on that one, its home.
struct relayed final : letter, way_back, stoppable {
  relayed(port& h, port& t, way_back* f, std::uint32_t n, const link::record& r) noexcept;
  relayed(const relayed&) = delete;

  port& home;
  port& there;
  way_back* from;              ///< its way back from home
  stoppable* inner = nullptr;  ///< where it waits there; that worker's
  link::status ended = link::status::value;
  link::halt<machine> talk;  ///< home's
  struct stop_letter : letter {
    relayed* of = nullptr;
  } stops;
  std::uint32_t granules;
  link::record head;  ///< followed by the closure

  [[nodiscard]] static std::size_t bytes(std::uint32_t granules) noexcept {
    return sizeof(relayed) + (granules - 1) * link::granule_bytes;
  }
};

/// An object on its way. Made by who asks for it.
struct migration {
  struct step : letter {
    migration* of = nullptr;
  };
  migration(cell& c, port& t) noexcept : object{c}, to{t} {}
  migration(const migration&) = delete;

  cell& object;
  port& to;
  port* old = nullptr;
  call* who = nullptr;  ///< waits for its end
  way_back* from = nullptr;
  step next;  ///< from one to the other and back
  migration* next_fencing = nullptr;
};

}  // namespace trust::worker
