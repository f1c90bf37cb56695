// SPDX-License-Identifier: MIT
// dropped_on_worker: a runtime that is destroyed on a worker would wait for itself; the program ends with a sentence instead of hanging.
//
// Inside a closure, inside a task, and on a worker of another runtime, which may be waiting for this one.
#include "child.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <memory>

namespace {

using tests::in_a_child;

trust::options one_worker() {
  trust::options o;
  o.workers = 1;
  o.pin = trust::pinning::none;
  return o;
}

void check_told(const tests::ended& e) {
  CAPTURE(e.said);
  CHECK(e.by(SIGABRT));
  CHECK(e.said.find("trust-tee: a runtime was destroyed on a worker") != std::string::npos);
}

}  // namespace

TEST_CASE("a runtime dropped inside a closure ends the program with a sentence") {
  check_told(in_a_child([] {
    auto rt = std::make_unique<trust::runtime>(one_worker());
    auto* raw = &rt;
    const auto r = (*raw)->entrust(0);
    r.apply([raw](int&) { raw->reset(); }).get();
    return 0;
  }));
}

TEST_CASE("a runtime dropped inside a task ends the program with a sentence") {
  check_told(in_a_child([] {
    auto rt = std::make_unique<trust::runtime>(one_worker());
    auto& core = *rt;
    core.block_on([&]() -> trust::task<> {
      co_await trust::yield();
      rt.reset();
    });
    return 0;
  }));
}

TEST_CASE("a runtime dropped on a worker of another runtime ends the program with a sentence") {
  check_told(in_a_child([] {
    trust::runtime other{one_worker()};
    auto rt = std::make_unique<trust::runtime>(one_worker());
    other.block_on([&]() -> trust::task<> {
      rt.reset();
      co_return;
    });
    return 0;
  }));
}

TEST_CASE("a runtime dropped where it may be ends cleanly") {
  const auto e = in_a_child([] {
    auto rt = std::make_unique<trust::runtime>(one_worker());
    const auto r = rt->entrust(7);
    const int seven = r.apply([](int& n) { return n; }).get();
    rt.reset();
    return seven == 7 ? 0 : 1;
  });
  CAPTURE(e.said);
  CHECK(e.cleanly());
  CHECK(e.said.empty());
}
