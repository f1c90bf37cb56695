// SPDX-License-Identifier: MIT
// Unit tests of promise 2: closures, arguments and results of any size and of alignment up to 128, over every verb, in lanes of every
// capacity; captures and arguments die on the trustee right after the closure, results at the caller.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace {

using support::ledger;
using support::luggage;
using trust::task;

struct box {
  ledger* captures;
  int calls = 0;
  bool ok = true;
};

// What came before was destroyed before the next closure runs: only what this one brought is alive.
template <class Bag> bool check(box& b, const Bag& bag) {
  ++b.calls;
  b.ok = b.ok && bag.intact() && b.captures->alive == 1;
  return b.ok;
}

template <std::size_t Bytes, std::size_t Align> task<> travel(trust::remote<box>& r, ledger& in, ledger& out) {
  using bag = luggage<Bytes, Align>;
  // Arguments.
  for (int i = 0; i < 4; ++i) {
    const bool ok = co_await r.apply([](box& b, bag x) { return check(b, x); }, bag{in});
    CHECK(ok);
    CHECK(in.alive == 0);
  }
  // Captures.
  for (int i = 0; i < 4; ++i) {
    auto op = r.apply([x = bag{in}](box& b) { return check(b, x); });
    const bool ok = co_await op;
    CHECK(ok);
    CHECK(in.alive == 0);
  }
  for (int i = 0; i < 2; ++i) {
    auto op = r.launch(
        [](box& b, bag x) -> task<bool> {
          co_await trust::yield();
          co_return check(b, x);
        },
        bag{in});
    const bool ok = co_await op;
    CHECK(ok);
    CHECK(in.alive == 0);
  }
  for (int i = 0; i < 4; ++i) {
    r.post([x = bag{in}](box& b) { check(b, x); });
    co_await r.flush();
    CHECK(in.alive == 0);
    CHECK(in.died_on == r.owner().index());
  }
  for (int i = 0; i < 4; ++i) {
    auto done = std::make_shared<int>(0);
    r.apply_then([](box& b, bag x) { return check(b, x); }, [done](bool ok) { *done = ok ? 1 : 2; }, bag{in});
    const bool came = co_await support::soon([&done] { return *done != 0; });
    CHECK(came);
    CHECK(*done == 1);
    CHECK(in.alive == 0);
  }
  // Results.
  ledger* const results = &out;
  for (int i = 0; i < 2; ++i) {
    const bag got = co_await r.apply([results](box&) { return bag{*results}; });
    CHECK(got.intact());
    auto op = r.launch([results](box&) -> task<bag> {
      co_await trust::yield();
      co_return bag{*results};
    });
    const bag waited = co_await op;
    CHECK(waited.intact());
    auto done = std::make_shared<int>(0);
    r.apply_then([results](box&) { return bag{*results}; }, [done](bag x) { *done = x.intact() ? 1 : 2; });
    const bool came = co_await support::soon([&done] { return *done != 0; });
    CHECK(came);
    CHECK(*done == 1);
  }
  CHECK(out.alive == 0);
  CHECK(out.died_on == trust::this_worker().index());
}

template <std::size_t Bytes, std::size_t Align = 8> void on_all_sizes_of_lane() {
  CAPTURE(Bytes);
  CAPTURE(Align);
  support::on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t owner : {std::size_t{1}, std::size_t{0}}) {
      ledger in, out;
      auto r = rt.emplace<box>(trust::on(owner), box{&in});
      support::run(rt, [&]() -> task<> { co_await travel<Bytes, Align>(r, in, out); });
      const int calls = r.apply([](box& b) { return b.ok ? b.calls : -1; }).get();
      CHECK(calls == 18);
      CHECK(in.born == in.died);
      CHECK(out.born == out.died);
    }
  });
}

TEST_CASE("closures, arguments and results of 1 byte") { on_all_sizes_of_lane<1, 1>(); }
TEST_CASE("closures, arguments and results of 48 bytes") { on_all_sizes_of_lane<48>(); }
TEST_CASE("closures, arguments and results of 4 KiB") { on_all_sizes_of_lane<4096>(); }
TEST_CASE("closures, arguments and results of 64 KiB") { on_all_sizes_of_lane<65536>(); }
TEST_CASE("closures, arguments and results aligned to 128") { on_all_sizes_of_lane<256, 128>(); }
TEST_CASE("closures, arguments and results aligned to 64, of one line") { on_all_sizes_of_lane<64, 64>(); }

TEST_CASE("closures of 1, 48 and 4096 bytes mixed through a lane of capacity 2 arrive whole and in order") {
  trust::runtime rt{trust::options{.workers = 2, .lane_capacity = 2}};
  struct numbers {
    int next = 0;
    bool ok = true;
  };
  ledger in;
  auto r = rt.entrust(trust::on(1), numbers{});
  support::run(rt, [&]() -> task<> {
    const auto take = [](numbers& n, int i, bool intact) {
      n.ok = n.ok && intact && n.next == i;
      ++n.next;
    };
    for (int i = 0; i < 900; i += 3) {
      r.post([=, x = luggage<1, 1>{in}](numbers& n) { take(n, i, x.intact()); });
      r.post([=, x = luggage<48>{in}](numbers& n) { take(n, i + 1, x.intact()); });
      auto last = r.post([=, x = luggage<4096>{in}](numbers& n) { take(n, i + 2, x.intact()); });
      co_await last;
    }
    co_await r.flush();
    const auto end = co_await r.with([](const numbers& n) { return n.ok ? n.next : -1; });
    CHECK(end == 900);
  });
  CHECK(in.born == in.died);
}

TEST_CASE("payloads full of values that a turn word may have are not taken for one") {
  trust::runtime rt{trust::options{.workers = 2, .lane_capacity = 4}};
  auto r = rt.entrust(trust::on(1), std::uint64_t{0});
  const auto sum = rt.block_on([&]() -> task<std::uint64_t> {
    struct words {
      std::uint64_t w[6];
    };
    std::uint64_t expected = 0;
    for (std::uint64_t i = 0; i < 3'000; ++i) {
      const words x{{i, i + 1, i + 2, i + 4, i + 8, (i + 4) << 32}};
      expected += i + 4;
      r.post([](std::uint64_t& total, words y) { total += y.w[3]; }, x);
      if (i % 7 == 0) co_await r.flush();
    }
    const std::uint64_t total = co_await r.apply([](std::uint64_t& t) { return t; });
    co_return total - expected;
  });
  CHECK(sum == 0);
}

}  // namespace
