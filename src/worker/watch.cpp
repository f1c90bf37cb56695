// SPDX-License-Identifier: MIT
// The stall report: see the header.
//
// A worker that the kernel has not let run is no stall of ours: it must have used the time itself, or be blocked in a call. Going to sleep
// is Dekker again, as in link/parker.hpp: the flag, a barrier, a second look; where the barrier is not to be had the sleep is bounded.

#include <trust/base/topology.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/watch.hpp>

#include <fstream>

namespace trust::worker {
namespace {

/// Whether the thread is on a CPU or waits for one ('R'); false when it is blocked, or not to be found.
bool runnable(int thread) {
  std::ifstream stat{"/proc/self/task/" + std::to_string(thread) + "/stat"};
  std::string line;
  if (!std::getline(stat, line)) return false;
  const std::size_t name_end = line.rfind(')');
  return name_end != std::string::npos && name_end + 2 < line.size() && line[name_end + 2] == 'R';
}

}  // namespace

watch::watch(core& home) : core_{home}, before_(home.workers()), thread_{[this] { work(); }} {}

watch::~watch() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
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
  std::unique_lock lock{mutex_};
  const auto half = core_.opts().stall_report / 2;
  while (!stopping_) {
    if (look()) {
      changed_.wait_for(lock, half, [&] { return stopping_; });
      continue;
    }
    woken_ = false;
    core_.watch_sleeps.set(1);
    if (!machine::membarrier()) {
      changed_.wait_for(lock, core_.opts().stall_report, [&] { return stopping_ || woken_; });
    } else if (!look()) {
      changed_.wait(lock, [&] { return stopping_ || woken_; });
    }
    core_.watch_sleeps.set(0);
  }
}

bool watch::look() noexcept {
  bool awake = false;
  const time_point t = clock::now();
  for (std::size_t i = 0; i < before_.size(); ++i) {
    port& p = core_.at(i);
    seen& s = before_[i];
    const std::uint64_t passes = p.count.passes.read();
    const bool runs = p.parker.peek() == link::awake;
    awake |= runs;
    if (!runs || passes != s.passes || s.since == time_point{}) {
      s = {passes, t, core_.cpu_time(i), false};
      continue;
    }
    const auto limit = core_.opts().stall_report;
    if (s.reported || t - s.since < limit) continue;
    base::attempt(
        [&] {
          if (core_.cpu_time(i) - s.cpu < limit * 3 / 4 && runnable(p.thread)) return;  // it was kept from running
          s.reported = true;
          p.stalled.set(1);
          core_.log(severity::warning, "trust/" + std::to_string(i) +
                                           " has been in one closure or slice for longer than " +
                                           std::to_string(limit.count() / 1'000'000) + " ms");
        },
        [](std::exception_ptr) {});
  }
  return awake;
}

}  // namespace trust::worker
