// SPDX-License-Identifier: MIT
// The same program in a simulation. `trust::simulated` gives a runtime whose workers all live on the calling thread, with
// a clock that jumps: an hour passes in no time, and a seed fixes the order of everything. Code that takes `runtime&` or
// `remote<T>` is tested unchanged.
#include <trust/trust.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

using diary = std::vector<std::string>;

trust::task<void> guest(trust::remote<diary> d, std::string name, int visits) {
  for (int i = 0; i < visits; ++i) {
    co_await trust::sleep_for(10min);
    co_await d.apply([](diary& lines, std::string line) { lines.push_back(std::move(line)); },
                     name + " " + std::to_string(i));
  }
}

// The program under test: it does not know what kind of runtime this is.
diary evening(trust::runtime& rt) {
  auto d = rt.emplace<diary>(trust::on(0));
  rt.block_on([&]() -> trust::task<void> {
    std::vector<trust::task_handle<void>> guests;
    std::size_t at = 0;
    for (const char* name : {"ada", "grace", "edsger"})
      guests.push_back(rt.spawn(trust::on(++at % rt.workers()), guest, d, std::string{name}, 6));
    for (auto& g : guests) co_await g;
  });
  return d.extract().get();
}

diary simulate(std::uint64_t seed) {
  trust::runtime rt{trust::simulated{.seed = seed}};
  return evening(rt);
}

}  // namespace

int main() {
  auto begin = std::chrono::steady_clock::now();
  diary once = simulate(7);
  diary again = simulate(7);
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);

  std::cout << "two evenings of an hour each, simulated in " << took.count() << " ms\n";
  for (const auto& line : once) std::cout << line << (&line == &once.back() ? "\n" : ", ");

  return once.size() == 18 && once == again && took < 10s ? 0 : 1;
}
