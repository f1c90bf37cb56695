// SPDX-License-Identifier: MIT
#pragma once
// entry: what waits in an object's FIFO: requests that are held, and the places of leases.
//
// A request is held while its object is being built, lent or moved, and while it is claimed and the request may not pass the claim. One FIFO for
// all of them, so nobody overtakes. The owner's alone.   Tests: tests/unit/delegate/together.cpp, tests/unit/delegate/move_to.cpp

namespace trust::worker {

/// How the result of a request that was answered `later` comes to its caller. Null stands for the inbox and the worker's own queue.
struct way_back {
  way_back(bool comes_by_lane, const void* key) noexcept : by_lane{comes_by_lane}, client{key} {}
  const bool by_lane;        ///< it is an inbound; else a relay (relay.hpp)
  const void* const client;  ///< the same for all requests of one client
};

/// What waits in an object's FIFO.
struct entry {
  entry(way_back* f, bool c) noexcept : from{f}, is_claim{c} {}
  entry* next = nullptr;
  way_back* from;
  bool is_claim;  ///< a place of a lease (lease.hpp); else a held request
};

}  // namespace trust::worker
