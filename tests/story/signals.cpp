// SPDX-License-Identifier: MIT
// signals: request_stop from a signal handler ends what waits, and the program, cleanly. The library installs no handlers of its own.
#include "child.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <csignal>

namespace {

using namespace std::chrono_literals;

trust::runtime* to_stop = nullptr;
extern "C" void on_signal(int) { to_stop->request_stop(); }

int serve_until_stopped(bool many) {
  trust::options o;
  o.workers = many ? 4 : 1;
  o.pin = trust::pinning::none;
  o.stall_report = 0ns;  // a machine may hold a worker up, which is not what is asked here
  trust::runtime rt{o};
  to_stop = &rt;
  std::signal(SIGINT, on_signal);
  bool cancelled = false;
  const auto sleepers = rt.entrust(0);
  for (int i = 0; i < 20; ++i) {
    rt.spawn(
          [](trust::remote<int> r) -> trust::task<> {
            co_await r.launch([](int& n) -> trust::task<> {
              ++n;
              co_await trust::sleep_for(1h);
            });
          },
          sleepers)
        .detach();
  }
  rt.block_on([&]() -> trust::task<> {
    rt.spawn([]() -> trust::task<> {
        co_await trust::sleep_for(50ms);
        ::kill(::getpid(), SIGINT);
      }).detach();
    try {
      co_await trust::sleep_for(1h);
    } catch (const trust::error& e) {
      cancelled = e.code() == trust::errc::cancelled;
    }
  });
  return cancelled ? 0 : 1;
}

}  // namespace

TEST_CASE("a signal handler that asks for the stop ends block_on and everything else") {
  for (const bool many : {false, true}) {
    CAPTURE(many);
    const auto begin = std::chrono::steady_clock::now();
    const auto e = tests::in_a_child([many] { return serve_until_stopped(many); });
    CAPTURE(e.said);
    CHECK(e.cleanly());
    CHECK(e.said.empty());
    CHECK(std::chrono::steady_clock::now() - begin < 8s);  // the grace of 10 s is not used up
  }
}

TEST_CASE("a runtime leaves the handlers of its process alone") {
  struct sigaction before[32];
  for (int s = 1; s < 32; ++s) ::sigaction(s, nullptr, &before[s]);
  {
    trust::options o;
    o.workers = 2;
    o.pin = trust::pinning::none;
    trust::runtime rt{o};
    rt.entrust(1).apply([](int& n) { return n; }).get();
    for (int s = 1; s < 32; ++s) {
      struct sigaction now{};
      ::sigaction(s, nullptr, &now);
      CHECK((now.sa_handler == before[s].sa_handler));
    }
  }
}
