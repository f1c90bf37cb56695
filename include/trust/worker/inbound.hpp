// SPDX-License-Identifier: MIT
#pragma once
// inbound: a lane as its trustee sees it.
//
// Its client makes it and sends it as the letter that registers the lane; from then on it is the trustee's. It holds the core of the client's
// runtime, so the client's bell can be rung until the trustee has let the lane go. It has lines of its own: the client makes it beside its
// outbound, which it reads for every call while the trustee writes here.

#include <trust/base/list.hpp>
#include <trust/coro/timers.hpp>
#include <trust/worker/call.hpp>
#include <trust/worker/port.hpp>

#include <cstdint>

namespace trust::worker {

struct alignas(128) inbound : letter, base::hook, way_back {
  explicit inbound(lane& lane_of_client) noexcept
      : way_back{true, this}, l{&lane_of_client}, client{lane_of_client.client} {}
  lane* l;
  port* client;
  std::uint32_t idle_passes = 0;
  std::uint32_t burst = 0;  ///< so many requests of it are served in a pass, at most
  std::uint64_t later = 0;  ///< answers that are still owed as completions
  inbound* next_telling = nullptr;
  bool telling = false;  ///< stands in the list of lanes whose completions are to be published
  bool parted = false;   ///< the client has left

  /// Asks the client to send a record behind all that it has sent, see relay.hpp.
  struct fence : letter {
    inbound* of = nullptr;
  } asks;
  bool asked = false;  ///< it has not come yet
  time_point due{};    ///< in a simulation: what shows in the lane is under way until then; no time: not drawn yet
};

}  // namespace trust::worker
