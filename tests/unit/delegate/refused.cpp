// SPDX-License-Identifier: MIT
// A call that is refused has its closure destroyed, once, where it was made.
#include <trust/trust.hpp>

#include <doctest/doctest.h>
#include <support/runtimes.hpp>

#include <memory>
#include <optional>

using trust::errc;
using trust::task;

TEST_CASE("a foreign thread's call that is refused destroys its closure, once") {
  const auto witness = std::make_shared<int>(0);
  const auto refused_with = [&](const trust::remote<int>& r) {
    auto f = [held = witness](int& n) { n += *held; };
    CHECK(witness.use_count() == 2);
    return support::code_of([&] { r.apply(trust::moved(f)).get(); });
  };
  CHECK(refused_with({}) == errc::empty);
  CHECK(witness.use_count() == 1);

  std::optional<trust::runtime> rt{std::in_place, trust::options{.workers = 1}};
  const trust::remote<int> left = rt->entrust(1);
  rt.reset();
  CHECK(refused_with(left) == errc::runtime_stopped);
  CHECK(witness.use_count() == 1);
}

TEST_CASE("an awaited call that is refused destroys its closure, once") {
  support::on_each_runtime([](trust::runtime& rt) {
    const auto witness = std::make_shared<int>(0);
    support::run(rt, [&]() -> task<> {
      auto f = [held = witness](int& n) { n += *held; };
      const trust::remote<int> nothing;
      auto call = nothing.apply(trust::moved(f));
      CHECK(witness.use_count() == 2);
      std::error_code code;
      try {
        co_await call;
      } catch (const trust::error& e) {
        code = e.code();
      }
      CHECK(code == errc::empty);
      CHECK(witness.use_count() == 1);  // before the op itself goes
    });
    CHECK(witness.use_count() == 1);
  });
}
