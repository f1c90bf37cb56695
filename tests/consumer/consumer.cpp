// SPDX-License-Identifier: MIT
// consumer: what somebody else's program looks like. tests/consumer/run.py builds it in every way there is.
#include <trust/trust.hpp>

int main() {
  trust::runtime rt;
  trust::remote<int> hits = rt.entrust(41);
  int seen = rt.block_on([&]() -> trust::task<int> { co_return co_await hits.apply([](int& n) { return ++n; }); });
  return seen == 42 ? 0 : 1;
}
