// SPDX-License-Identifier: MIT
// Unit tests of coro/sleep: sleeping in real and in virtual time, cancelled sleeps, yield, and the budget of steps that keeps all of it fair.

#include <support/runtimes.hpp>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

TEST_CASE("hours of virtual time pass in no time, to the tick") {
  trust::runtime rt{trust::simulated{}};
  const auto passed = rt.block_on([]() -> task<trust::clock::duration> {
    const auto before = trust::now();
    for (int day = 0; day < 365; ++day) co_await trust::sleep_for(24h);
    co_return trust::now() - before;
  });
  CHECK(passed == 24h * 365);
}

TEST_CASE("who sleeps shorter goes on first, over both workers") {
  trust::runtime rt{trust::simulated{}};
  std::vector<int> order;
  const auto sleeper = [&order](int minutes) -> task<> {
    co_await trust::sleep_for(std::chrono::minutes{minutes});
    order.push_back(minutes);
  };
  std::vector<trust::task_handle<void>> all;
  for (std::size_t i = 0; const int m : {50, 10, 40, 20, 30})
    all.push_back(rt.spawn(trust::on(i++ % 2), trust::unchecked(sleeper), m));
  for (auto& h : all) h.get();
  CHECK(order == std::vector{10, 20, 30, 40, 50});
}

TEST_CASE("a sleep in real time does not end early") {
  trust::runtime rt{trust::options{.workers = 2}};
  support::run(rt, []() -> task<> {
    const auto before = std::chrono::steady_clock::now();
    co_await trust::sleep_for(3ms);
    CHECK(std::chrono::steady_clock::now() - before >= 3ms);
    const auto due = trust::now() + 2ms;
    co_await trust::sleep_until(due);
    CHECK(trust::now() >= due);
    co_await trust::sleep_for(0ns);
    co_await trust::sleep_until(due);
    co_await trust::sleep_for(-5h);
  });
}

TEST_CASE("a stop request ends a sleep with cancelled, and one that begins after it at once") {
  support::on_each_runtime([](trust::runtime& rt) {
    std::vector<std::error_code> codes;
    auto h = rt.spawn(trust::on(1), trust::unchecked([&codes]() -> task<> {
                        for (int i = 0; i < 2; ++i) {
                          try {
                            co_await trust::sleep_for(100h);
                          } catch (const trust::error& e) {
                            codes.push_back(e.code());
                          }
                        }
                        const trust::result<void> third = co_await trust::as_result(trust::sleep_for(100h));
                        codes.push_back(third.has_value() ? std::error_code{} : third.error().code());
                        CHECK(co_await trust::as_result(trust::sleep_for(-1h)));
                        const trust::stop_token token = co_await trust::this_task::stop_token();
                        CHECK(token.stop_requested());
                      }));
    rt.request_stop();
    h.get();
    CHECK(codes == std::vector<std::error_code>{errc::cancelled, errc::cancelled, errc::cancelled});
  });
}

TEST_CASE("yield lets everything else that is ready go first") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  std::string order;
  const auto speaker = [&order](char c) -> task<> {
    for (int i = 0; i < 3; ++i) {
      order += c;
      co_await trust::yield();
    }
  };
  auto a = rt.spawn(trust::unchecked(speaker), 'a');
  auto b = rt.spawn(trust::unchecked(speaker), 'b');
  a.get();
  b.get();
  CHECK(order == "ababab");
}

TEST_CASE("a loop of things that are ready at once starves neither timers nor other tasks") {
  // In real time only: the virtual clock stands still while anybody has something to do.
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        bool rang = false;
        bool other = false;
        auto ringer = rt.spawn(trust::on(0), trust::unchecked([&]() -> task<> {
                                 co_await trust::sleep_for(1ms);
                                 rang = true;
                               }));
        auto beside = rt.spawn(trust::on(0), trust::unchecked([&]() -> task<> {
                                 other = true;
                                 co_return;
                               }));
        auto loop = rt.spawn(trust::on(0), trust::unchecked([&]() -> task<int> {
                               const auto leaf = []() -> task<> { co_return; };
                               const auto past = trust::now();
                               int n = 0;
                               while (!(rang && other) && ++n < 50'000'000) {
                                 co_await leaf();
                                 co_await trust::sleep_until(past);
                               }
                               co_return n;
                             }));
        CHECK(loop.get() < 50'000'000);
        ringer.get();
        beside.get();
      },
      trust::options{.workers = 2});
}

TEST_CASE("now() is the steady clock on a thread that is no worker") {
  const auto before = std::chrono::steady_clock::now();
  const auto now = trust::now();
  CHECK(now >= before);
  CHECK(now <= std::chrono::steady_clock::now());
}

}  // namespace
