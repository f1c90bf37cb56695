// SPDX-License-Identifier: MIT
// Concurrent launches. A launched coroutine starts in its turn and runs to its first suspension; while it sleeps, the
// others of the same object go on, so that a hundred sleeps of 20 ms take about 20 ms and not two seconds. Between two
// suspension points a task has its object to itself: `inside` below never exceeds one.
#include <trust/trust.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct kitchen {
  int cooking = 0;  // tasks between their first and last line
  int most_cooking = 0;
  int inside = 0;  // tasks between two suspension points
  bool crowded = false;
  std::vector<int> started;
};

trust::task<int> cook(kitchen& k, int dish) {
  k.started.push_back(dish);
  k.crowded |= ++k.inside != 1;
  k.most_cooking = std::max(k.most_cooking, ++k.cooking);
  --k.inside;

  co_await trust::sleep_for(20ms);  // here, and only here, the others may use the kitchen

  --k.cooking;
  int price = dish * dish;
  co_return price;
}

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 2}};
  auto k = rt.emplace<kitchen>(trust::on(1));

  auto begin = std::chrono::steady_clock::now();
  std::vector<int> dishes = rt.block_on([&]() -> trust::task<std::vector<int>> {
    using cooked = decltype(k.launch(cook, 0));
    std::vector<cooked> orders;
    for (int dish = 0; dish < 100; ++dish) orders.push_back(k.launch(cook, dish));  // described, not begun
    co_return co_await trust::when_all(std::move(orders));                          // begun in order, awaited together
  });
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);

  kitchen after = k.extract().get();
  std::cout << dishes.size() << " dishes of 20 ms each in " << took.count() << " ms, up to " << after.most_cooking
            << " at once, in the order ";
  for (int dish : {0, 1, 2}) std::cout << after.started[static_cast<std::size_t>(dish)] << ' ';
  std::cout << "...\n";

  bool in_order = std::is_sorted(after.started.begin(), after.started.end());
  bool right = dishes.size() == 100 && dishes[0] == 0 && dishes[99] == 99 * 99;
  return right && in_order && !after.crowded && after.most_cooking > 1 && took < 1500ms ? 0 : 1;
}
