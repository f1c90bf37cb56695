// SPDX-License-Identifier: MIT
// A call that does nothing goes to the hall of every worker that there is a lane to.

#include <trust/coro/sleep.hpp>
#include <trust/delegate/calls.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/delegate/flush.hpp>

#include <vector>

namespace trust {
namespace delegate {

// Not in a nameless namespace: a coroutine's frame holds them, and g++ warns of that where files are compiled together.
struct nothing {
  void operator()(const nothing&) const noexcept {}
};
using ping = op<apply_kind<const nothing, bound<nothing>, false>>;

}  // namespace delegate

task<> flush() {
  worker::loop& w = *worker::here();
  std::vector<delegate::ping> pings;
  pings.reserve(w.lanes_out().size());
  for (const auto& o : w.lanes_out()) {
    if (o->trustee == nullptr) continue;
    pings.emplace_back(o->trustee->hall, link::record_bits::answered, false,
                       delegate::bound<delegate::nothing>{std::in_place, delegate::nothing{}});
  }
  auto all = when_all(pings);
  co_await all;
  while (!w.own_queue_empty()) co_await yield();
}

}  // namespace trust
