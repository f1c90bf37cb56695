// SPDX-License-Identifier: MIT
// misused_stream: a stream that somebody awaits must stay where it is; a debug build ends the program with a sentence.
#include "child.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <chrono>

#ifndef NDEBUG
namespace {

using trust::stream;
using trust::task;
using namespace std::chrono_literals;

enum class misuse { drop, move, ask };

tests::ended misused(misuse how) {
  return tests::in_a_child([how] {
    trust::runtime rt{trust::simulated{}};
    rt.block_on([how]() -> task<> {
      const auto sleeps = []() -> stream<int> {
        co_await trust::sleep_for(1s);
        co_yield 1;
      };
      auto s = sleeps();
      auto asking =
          trust::this_runtime().spawn(trust::unchecked([&]() -> task<> { static_cast<void>(co_await s.next()); }));
      co_await trust::sleep_for(1ms);
      if (how == misuse::drop) s = stream<int>{};
      if (how == misuse::move) const auto moved = std::move(s);
      if (how == misuse::ask) static_cast<void>(co_await s.next());
      co_await asking;
    });
    return 0;
  });
}

void check_told(const tests::ended& e, const char* sentence) {
  CAPTURE(e.said);
  CHECK(e.by(SIGABRT));
  CHECK(e.said.find(sentence) != std::string::npos);
}

}  // namespace

TEST_CASE("a stream that is dropped or moved while somebody awaits its next ends the program with a sentence") {
  const char* const sentence = "trust-tee: a stream was moved or dropped while somebody awaits its next";
  check_told(misused(misuse::drop), sentence);
  check_told(misused(misuse::move), sentence);
}

TEST_CASE("a stream that two ask for its next at once ends the program with a sentence") {
  check_told(misused(misuse::ask), "trust-tee: two ask a stream for its next at once");
}
#endif
