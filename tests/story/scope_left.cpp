// SPDX-License-Identifier: MIT
// scope_left: a scope that is left by an exception while its children run would destroy frames in use; the program ends with a sentence instead.
#include "child.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

TEST_CASE("a scope that is left with children ends the program with a sentence") {
  const tests::ended e = tests::in_a_child([] {
    trust::options o;
    o.workers = 1;
    o.pin = trust::pinning::none;
    trust::runtime rt{o};
    rt.block_on([]() -> trust::task<> {
      trust::scope s;
      co_await s.spawn([]() -> trust::task<> { co_await trust::sleep_for(std::chrono::hours{1}); });
      throw std::runtime_error{"nobody has joined"};
    });
    return 0;
  });
  CAPTURE(e.said);
  CHECK(e.by(SIGABRT));
  CHECK(e.said.find("trust-tee: a trust::scope was left while its children still ran") != std::string::npos);
}

TEST_CASE("a scope whose worker ends is taken apart with its children") {
  trust::options o;
  o.workers = 1;
  o.pin = trust::pinning::none;
  o.grace = std::chrono::milliseconds{1};
  trust::runtime rt{o};
  auto h = rt.spawn([]() -> trust::task<> {
    trust::scope s{1};
    const auto deaf = []() -> trust::task<> {
      for (;;) co_await trust::yield();
    };
    co_await s.spawn(deaf);
    co_await s.spawn(deaf);  // waits for room until the end
  });
  CHECK(rt.stop());
  try {
    h.get();
    FAIL("the task cannot have ended");
  } catch (const trust::error& e) {
    CHECK(e.code() == trust::errc::runtime_stopped);
  }
}
