// SPDX-License-Identifier: MIT
// A call that does nothing goes to the hall of every worker that there is a lane to.

#include <trust/coro/sleep.hpp>
#include <trust/delegate/calls.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/delegate/flush.hpp>

#include <vector>

namespace trust {
namespace {

struct nothing {
  void operator()(const nothing&) const noexcept {}
};
using ping = op<delegate::apply_kind<const nothing, delegate::bound<nothing>, false>>;

}  // namespace

task<> flush() {
  worker::loop& w = *worker::here();
  std::vector<ping> pings;
  pings.reserve(w.lanes_out().size());
  for (const auto& o : w.lanes_out()) {
    if (o->trustee == nullptr) continue;
    pings.emplace_back(o->trustee->hall, link::record_bits::answered, false,
                       delegate::bound<nothing>{std::in_place, nothing{}});
  }
  auto all = when_all(pings);
  co_await all;
  while (!w.own_queue_empty()) co_await yield();
}

}  // namespace trust
