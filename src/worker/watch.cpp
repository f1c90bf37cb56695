// SPDX-License-Identifier: MIT
// The stall report: see the header.

#include <trust/worker/watch.hpp>

#include <trust/base/topology.hpp>
#include <trust/worker/core.hpp>

namespace trust::worker {

watch::watch(core& home) : core_{home}, thread_{[this] { work(); }} {}

watch::~watch() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (core_.forked()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void watch::wake() noexcept {
  {
    const std::lock_guard lock{mutex_};
    woken_ = true;
  }
  changed_.notify_all();
}

void watch::work() {
  base::name_this_thread("trust/watch");
  std::vector<seen> before(core_.workers());
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (look(before)) {
      changed_.wait_for(lock, core_.opts().stall_report, [&] { return stopping_; });
      continue;
    }
    woken_ = false;
    core_.watch_sleeps.set(1);
    changed_.wait(lock, [&] { return stopping_ || woken_; });
    core_.watch_sleeps.set(0);
  }
}

bool watch::look(std::vector<seen>& before) {
  bool awake = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    port& p = core_.at(i);
    const std::uint64_t passes = p.count.passes.read();
    const bool runs = p.parker.peek() == link::awake;
    awake |= runs;
    if (!runs || passes != before[i].passes) {
      before[i] = {passes, false};
      continue;
    }
    if (before[i].reported) continue;
    before[i].reported = true;
    p.stalled.set(1);
    core_.log(severity::warning, "trust/" + std::to_string(i) + " has been in one closure or slice for longer than " +
                                     std::to_string(core_.opts().stall_report.count() / 1'000'000) + " ms");
  }
  return awake;
}

}  // namespace trust::worker
