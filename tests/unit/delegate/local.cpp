// SPDX-License-Identifier: MIT
// Unit tests of local and of the generic calls: the names of a remote, one order of events for both.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <memory>
#include <sstream>
#include <string>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::local;
using trust::task;
using namespace std::chrono_literals;

TEST_CASE("apply and with on a local give the closure's result itself, now") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      const local<std::string> l{"a"};
      const std::size_t size = l.apply([](std::string& s) { return (s += "b").size(); });
      CHECK(size == 2);
      const std::string& inside = l.with([](const std::string& s) -> const std::string& { return s; });
      CHECK(inside == "ab");
      CHECK(l.with(&std::string::size) == 2);
      CHECK(l.apply_with([](std::string& s, char c) { return s += c; }, 'c') == "abc");
      CHECK_THROWS_AS(l.apply([](std::string&) { throw std::out_of_range{"no"}; }), std::out_of_range);
      const std::vector<int> doubled = l.apply_each(std::vector{1, 2}, [](std::string&, int& i) { return i * 2; });
      CHECK(doubled == std::vector{2, 4});
      l.apply_batch([](std::string& s, std::size_t i) { s += static_cast<char>('0' + i); }, 3);
      CHECK(l.with([](const std::string& s) { return s; }) == "abc012");
      CHECK(l.is_here());
      CHECK(l.owner() == trust::this_worker());
      std::ostringstream os;
      os << l;
      CHECK(os.str() == "abc012");  // a local prints its value
      co_return;
    });
  });
}

TEST_CASE("post, apply_then and launch on a local are queued, as on a remote") {
  on_each_runtime([](trust::runtime& rt) {
    support::run(rt, []() -> task<> {
      const local<std::string> l{std::string{}};
      l.post([](std::string& s) { s += 'p'; });
      auto told = std::make_shared<bool>(false);
      l.apply_then([](std::string& s) { s += 't'; }, [told] { *told = true; });
      CHECK(l.try_post([](std::string& s) { s += 'q'; }));
      CHECK(l.with([](const std::string& s) { return s.empty(); }));
      co_await l.launch([](std::string& s) -> task<> {
        s += 'l';
        co_await trust::yield();
        s += 'e';
      });
      CHECK(l.with([](const std::string& s) { return s; }) == "ptqle");
      const bool came = co_await support::soon([&told] { return *told; });
      CHECK(came);
    });
  });
}

TEST_CASE("a local is shared by a remote, and lives on in it") {
  support::ledger book;
  on_each_runtime([&](trust::runtime& rt) {
    trust::remote<support::luggage<>> shared = rt.block_on([&book]() -> task<trust::remote<support::luggage<>>> {
      const local<support::luggage<>> l{std::in_place, support::luggage<>{book}};
      co_return l.share();
    });
    CHECK(shared.apply([](support::luggage<>& x) { return x.intact(); }).get());
    support::run(rt, [&]() -> task<> { co_await std::move(shared).close(); });
    CHECK(book.alive == 0);
  });
}

TEST_CASE("a local is made on a worker only, and what its constructor throws comes at once") {
  CHECK(support::code_of([] { const local<int> l{3}; }) == errc::no_worker);
  trust::runtime rt{trust::simulated{}};
  support::run(rt, []() -> task<> {
    struct fragile {
      explicit fragile(int) { throw std::out_of_range{"no"}; }
    };
    CHECK_THROWS_AS((local<fragile>{std::in_place, 1}), std::out_of_range);
    co_return;
  });
}

// The same code for both.
template <class H>
  requires trust::trust_for<H, std::string>
task<std::string> use(const H& h) {
  co_await trust::apply(h, [](std::string& s) { s += 'a'; });
  const std::size_t n = co_await trust::with(h, &std::string::size);
  CHECK(n == 1);
  trust::post(h, [](std::string& s) { s += 'p'; });
  auto told = std::make_shared<int>(0);
  trust::apply_then(
      h, [](std::string& s, char c) { return (s += c).size(); },
      [told](std::size_t size) { *told = static_cast<int>(size); }, 't');
  co_await trust::launch(
      h,
      [](std::string& s, char c) -> task<> {
        co_await trust::yield();
        s += c;
      },
      'l');
  const bool came = co_await support::soon([&told] { return *told == 3; });
  CHECK(came);
  std::string caught;
  try {
    co_await trust::apply(h, [](std::string&) { throw std::out_of_range{"no"}; });
  } catch (const std::out_of_range& e) {
    caught = e.what();
  }
  CHECK(caught == "no");
  co_return co_await trust::apply(h, [](std::string& s) { return s; });
}

TEST_CASE("generic code works with a remote and a local alike") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), std::string{});
    support::run(rt, [&]() -> task<> {
      const std::string far = co_await use(r);
      CHECK(far == "aptl");
      const local<std::string> l{std::string{}};
      const std::string near = co_await use(l);
      CHECK(near == "aptl");
      const local<int> n{1};
      // A loop of local calls is ready each time: it takes steps, so nobody starves.
      bool other = false;
      trust::scope s;
      co_await s.spawn([&other]() -> task<> {
        other = true;
        co_return;
      });
      for (int i = 0; i < 100'000 && !other; ++i) co_await trust::apply(n, [](int& x) { ++x; });
      CHECK(other);
      co_await s.join();
    });
  });
  static_assert(trust::trust_for<trust::remote<int>, int>);
  static_assert(trust::trust_for<local<int>, int>);
  static_assert(!trust::trust_for<local<int>, long>);
  static_assert(!trust::trust_for<int, int>);
}

}  // namespace
