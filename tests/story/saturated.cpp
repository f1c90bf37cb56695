// SPDX-License-Identifier: MIT
// saturated: two workers that never park call each other's object as fast as they can, and the program prints how often. Run on its own it only
// checks the sum; tests/story/alone_few_syscalls.py runs it under strace.
#include <trust/trust.hpp>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

trust::task<> call_often(trust::remote<long> there, long calls) {
  for (long i = 0; i < calls; ++i) co_await there.apply([](long& n) { ++n; });
}

}  // namespace

int main(int argc, char** argv) {
  const long calls = argc > 1 ? std::atol(argv[1]) : 2000;
  constexpr int coroutines = 64;
  trust::options o;
  o.workers = 2;
  o.spin = trust::spinning::never_park;
  trust::runtime rt{o};
  const auto zero = rt.entrust(trust::on(0), 0L);
  const auto one = rt.entrust(trust::on(1), 0L);
  std::vector<trust::task_handle<void>> tasks;
  for (int i = 0; i < coroutines; ++i) {
    tasks.push_back(rt.spawn(trust::on(0), call_often, one, calls));
    tasks.push_back(rt.spawn(trust::on(1), call_often, zero, calls));
  }
  for (auto& t : tasks) t.get();
  const long total = zero.with([](const long& n) { return n; }).get() + one.with([](const long& n) { return n; }).get();
  if (total != 2 * coroutines * calls) {
    std::fprintf(stderr, "%ld calls were run instead of %ld\n", total, 2 * coroutines * calls);
    return 1;
  }
  std::printf("%ld operations\n", total);
  return 0;
}
