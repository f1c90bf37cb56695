// SPDX-License-Identifier: MIT
// Unit test of an order that a quiet machine never shows: the completion of a launch is there before the answer `later` of the same launch
// has been collected. A simulation makes it: a trustee that destroys an object serves its whole lane at once, more than a client collects
// in one visit, and the launched task ends before the next one.

#include <support/runtimes.hpp>

#include <chrono>
#include <tuple>
#include <vector>

namespace {

using trust::task;
using namespace std::chrono_literals;

int counted(int& n) { return ++n; }

TEST_CASE("a completion that shows before its own answer has been collected resumes its caller once, after it") {
  trust::runtime rt{trust::simulated{.lane_capacity = 2048}};
  auto r = rt.entrust(trust::on(1), 0);
  auto doomed = rt.entrust(trust::on(1), 0);
  const int sum = rt.block_on([&]() -> task<int> {
    co_await r.ready();
    co_await doomed.ready();
    auto slow = r.launch([](int&) -> task<int> {
      co_await trust::sleep_for(1h);
      co_return 1;
    });
    std::vector<decltype(r.apply(&counted))> many;
    for (int i = 0; i < 1'000; ++i) many.push_back(r.apply(&counted));
    auto all = trust::when_all(many);
    // It begins after the others, and its frame goes as soon as it is resumed.
    auto quick = rt.spawn(
        trust::on(0),
        [](trust::remote<int> there) -> task<int> {
          const int n = co_await there.launch([](int&) -> task<int> {
            co_await trust::yield();
            co_return 2;
          });
          co_return n;
        },
        r);
    doomed.reset();
    auto together = trust::when_all(slow, all);
    const auto [first, counts] = co_await together;
    const int last = co_await quick;
    CHECK(counts.size() == 1'000);
    CHECK(counts.back() == 1'000);
    co_return first + last;
  });
  CHECK(sum == 3);
}

}  // namespace
