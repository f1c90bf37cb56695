// SPDX-License-Identifier: MIT
// Timeout and retry: `with_timeout` ends the waiting for whatever a task awaits, with errc::timed_out; a loop tries again,
// and waits longer each time. The oracle answers slowly at first.
#include <trust/trust.hpp>

#include <chrono>
#include <iostream>

namespace {

using namespace std::chrono_literals;

/// Thinks for an hour the first two times.
trust::task<int> ask(int& asked) {
  co_await trust::sleep_for(++asked < 3 ? trust::clock::duration{1h} : trust::clock::duration{1ms});
  co_return 42;
}

trust::task<int> ask_patiently(int& asked) {
  trust::clock::duration patience = 5ms;
  for (;;) {
    const trust::result<int> answer = co_await trust::as_result(trust::with_timeout(ask(asked), patience));
    if (answer.has_value()) co_return answer.value();
    if (answer.error() != trust::errc::timed_out) answer.error().raise();
    std::cout << "no answer within " << std::chrono::duration_cast<std::chrono::milliseconds>(patience).count()
              << " ms\n";
    patience *= 100;
  }
}

}  // namespace

int main() {
  trust::runtime rt;
  int asked = 0;
  const int answer = rt.block_on(&ask_patiently, std::ref(asked));
  std::cout << "the answer is " << answer << ", asked " << asked << " times\n";
  return answer == 42 && asked >= 3 ? 0 : 1;
}
