// SPDX-License-Identifier: MIT
// A latch keeps an object whole across a suspension. A launched task shares its object with others whenever it waits:
// read, wait, write loses updates, as the first run shows. `latch<T>` is exclusive use for the coroutines of one trustee,
// first come, first served, with no atomics: the second run loses none. `locked` is for those who need it in one go only.
#include <trust/trust.hpp>

#include <iostream>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr int tasks = 50;

struct page {
  int lines = 0;
};

trust::task<void> careless(page& p) {
  int lines = p.lines;
  co_await trust::sleep_for(100us);  // others run here, and read the same number
  p.lines = lines + 1;
}

trust::task<void> careful(trust::latch<page>& l) {
  auto p = co_await l.lock();  // waits in line; a guard with * and ->
  int lines = p->lines;
  co_await trust::sleep_for(100us);  // others run here, but not on this page
  p->lines = lines + 1;
}

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 2}};
  auto open = rt.emplace<page>(trust::on(1));
  auto latched = rt.emplace<trust::latch<page>>(trust::on(1));

  auto [lost, kept] = rt.block_on([&]() -> trust::task<std::pair<int, int>> {
    using loose = decltype(open.launch(careless));
    using tight = decltype(latched.launch(careful));
    std::vector<loose> without;
    std::vector<tight> with;
    for (int i = 0; i < tasks; ++i) {
      without.push_back(open.launch(careless));
      with.push_back(latched.launch(careful));
    }
    co_await trust::when_all(trust::when_all(std::move(without)), trust::when_all(std::move(with)));
    int first = co_await open.with([](const page& p) { return p.lines; });
    int second = co_await latched.locked([](page& p) { return p.lines; });  // in one go, in its turn among the holders
    co_return std::pair{tasks - first, second};
  });

  std::cout << tasks << " tasks add a line each. Without a latch " << lost << " lines are lost; with one there are "
            << kept << " lines\n";
  return lost > 0 && kept == tasks ? 0 : 1;
}
