// SPDX-License-Identifier: MIT
// Calls inside calls. A closure given to `apply` runs in one go and cannot wait; a launched coroutine can, and may call
// whom it likes: another object, whose task calls back, or its own. On its own trustee an awaited call is a *shortcut*:
// it runs at once, without a message, so that recursion through the handle costs about what a function call costs.
#include <trust/trust.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <optional>

namespace {

using memo = std::map<int, long>;

// The n-th Fibonacci number, each looked up and written down through the handle, wherever this runs.
trust::task<long> fibonacci(trust::remote<memo> known, int n) {
  if (n < 2) co_return n;
  std::optional<long> found = co_await known.with(
      [](const memo& m, int key) {
        auto at = m.find(key);
        return at == m.end() ? std::optional<long>{} : at->second;
      },
      n);
  if (found) co_return *found;
  long value = co_await fibonacci(known, n - 1) + co_await fibonacci(known, n - 2);
  co_await known.apply([](memo& m, int key, long v) { m[key] = v; }, n, value);
  co_return value;
}

// Two objects on two workers whose tasks launch each other until n is 0: n round trips deep, and no dead-lock, since a
// trustee never waits for what it has launched.
struct player {
  int hits = 0;
};

trust::task<int> rally(player& p, trust::remote<player> self, trust::remote<player> other, int n) {
  ++p.hits;
  if (n == 0) co_return 0;
  int rest = co_await other.launch(rally, other, self, n - 1);
  co_return rest + 1;
}

template <class F> double microseconds(F f) {
  auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 2}};

  long from_afar = 0;
  long at_home = 0;
  auto far = rt.emplace<memo>(trust::on(1));
  double messages = microseconds([&] { from_afar = rt.block_on(fibonacci, far, 80); });  // block_on runs on worker 0

  auto near = rt.emplace<memo>(trust::on(1));
  double shortcuts = microseconds([&] {
    // The same coroutine, launched on the memo's own trustee: there every call is a shortcut.
    at_home = near.launch([](memo&, trust::remote<memo> m, int n) { return fibonacci(m, n); }, near, 80).get();
  });
  std::cout << "fibonacci(80) = " << at_home << ": " << messages << " us through messages, " << shortcuts
            << " us on the memo's own trustee\n";

  auto white = rt.emplace<player>(trust::on(0));
  auto black = rt.emplace<player>(trust::on(1));
  int returns = white.launch(rally, white, black, 1000).get();
  auto hits_of = [](const player& p) { return p.hits; };
  int hits = white.with(hits_of).get() + black.with(hits_of).get();
  std::cout << "a rally of " << returns << " returns, " << hits << " hits\n";

  return from_afar == 23416728348467685 && at_home == from_afar && returns == 1000 && hits == 1001 ? 0 : 1;
}
