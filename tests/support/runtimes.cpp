// SPDX-License-Identifier: MIT
// runtimes: see the header.

#include <support/runtimes.hpp>

namespace support {

void on_real_runtimes(const std::function<void(trust::runtime&)>& body, trust::options base) {
  const auto run = [&](const std::string& kind, const trust::options& o) {
    INFO(kind);
    trust::runtime rt{o};
    body(rt);
  };
  run("workers with lanes of the usual size", base);
  trust::options small = base;
  small.lane_capacity = 2;
  run("workers with lanes of two granules", small);
  trust::options shuffled = base;
  shuffled.shortcut = false;
  shuffled.shuffle = 42;
  run("workers without shortcut, shuffled", shuffled);
}

void on_each_runtime(const std::function<void(trust::runtime&)>& body, std::size_t workers) {
  on_real_runtimes(body, trust::options{.workers = workers});
  const auto simulate = [&](const std::string& kind, const trust::simulated& s) {
    INFO(kind);
    trust::runtime rt{s};
    body(rt);
  };
  simulate("simulated", trust::simulated{.workers = workers});
  simulate("simulated, lanes of two granules", trust::simulated{.seed = 7, .workers = workers, .lane_capacity = 2});
  simulate("simulated, no shortcut", trust::simulated{.seed = 11, .workers = workers, .shortcut = false});
}

void run(trust::runtime& rt, const std::function<trust::task<>()>& body) {
  rt.block_on([&] { return body(); });
}

bool eventually(const std::function<bool()>& done) {
  for (int i = 0; i < 10'000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

trust::task<bool> soon(std::function<bool()> done) {
  for (int i = 0; i < 10'000; ++i) {
    if (done()) co_return true;
    co_await trust::sleep_for(1ms);
  }
  co_return false;
}

}  // namespace support
