// SPDX-License-Identifier: MIT
// no_memory: the n-th allocation fails, for every n of a scenario: bad_alloc comes to the caller, and the runtime serves afterwards.
//
// operator new is replaced in this program and fails once, at the allocation that a countdown names, on whichever thread makes it. The
// scenario makes frames, lanes, objects, tasks, messages and futures. Not under ThreadSanitizer, whose operator new cannot be replaced.
#include "stress/population.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

std::atomic<long> countdown{-1};  // fails when it goes from 0 to -1; negative: never
std::atomic<bool> failed{false};

[[maybe_unused]] void* allocate(std::size_t n, std::size_t alignment) {
  if (countdown.load() >= 0 && countdown.fetch_sub(1) == 0) {
    failed.store(true);
    throw std::bad_alloc{};
  }
  void* const p = std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc{};
  return p;
}

}  // namespace

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KEEPS_NEW 1
#endif
#endif
#if defined(KEEPS_NEW)
constexpr bool replaced = false;
#else
constexpr bool replaced = true;

void* operator new(std::size_t n) { return allocate(n == 0 ? 1 : n, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t n, std::align_val_t a) { return allocate(n, static_cast<std::size_t>(a)); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
#endif

namespace {

struct box {
  inhabitant who;
  int n = 0;
};
int add(box& b, citizen c, int x) {
  c.check();
  b.who.at_home();
  return b.n += x;
}
trust::task<int> add_later(box& b, citizen c, int x) {
  c.check();
  co_await trust::yield();
  co_return b.n += x;
}
struct large {
  std::array<char, 5000> bytes{};
  citizen cargo;
  large() {}
};
int add_large(box& b, large l, int x) { return add(b, std::move(l.cargo), x); }

/// Runs a part; what it may throw is bad_alloc.
template <class F> void part(F&& f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
  } catch (const trust::error& e) {
    CAPTURE(e.what());
    CHECK(e.code() == std::error_code{});
  }
}
trust::task<> part_of_task(trust::task<> t) {
  try {
    co_await t;
  } catch (const std::bad_alloc&) {}
}

/// Everything that needs memory, with fresh lanes and objects.
void scenario(trust::runtime& rt) {
  part([&] {
    const auto a = rt.entrust(trust::on(0), box{});
    const auto b = rt.entrust(trust::on(1), trust::named("a name that is too long for a small string"), box{});
    part([&] { b.apply(add, citizen{}, 1).get(); });
    part([&] { b.launch(add_later, citizen{}, 1).get(); });
    part([&] { b.apply(add_large, large{}, 1).get(); });
    part([&] { static_cast<void>(b.post(add_large, large{}, 1)); });
    part([&] { b.apply(add, citizen{}, 1).future().get(); });
    part([&] {
      rt.block_on([&]() -> trust::task<> {
        co_await part_of_task([](trust::remote<box> r) -> trust::task<> { co_await r.apply(add, citizen{}, 1); }(b));
        co_await part_of_task(
            [](trust::remote<box> r) -> trust::task<> { co_await r.launch(add_later, citizen{}, 1); }(b));
        co_await part_of_task(
            [](trust::remote<box> r) -> trust::task<> { co_await r.launch(add_later, citizen{}, 1); }(a));
        co_await part_of_task([](trust::remote<box> r) -> trust::task<> { co_await r.post(add_large, large{}, 1); }(b));
        co_await part_of_task([](trust::remote<box> r) -> trust::task<> {
          r.apply_then(add, [](trust::result<int>) {}, citizen{}, 1);
          r.launch_then(add_later, [](trust::result<int>) {}, citizen{}, 1);
          static_cast<void>(r.attend([](box&) -> trust::task<> { co_await trust::sleep_for(10us); }));
          co_await r.flush();
        }(b));
        co_await part_of_task([](trust::remote<box> r, trust::remote<box> s) -> trust::task<> {
          std::vector<decltype(r.apply(add, citizen{}, 1))> many;
          for (int i = 0; i < 3; ++i) many.push_back(r.apply(add, citizen{}, 1));
          auto all_of_them = trust::when_all(many);
          co_await all_of_them;
          auto one = r.launch(add_later, citizen{}, 1);
          auto two = s.apply(add, citizen{}, 1);
          auto both = trust::when_all(one, two);
          co_await both;
        }(a, b));
        co_await part_of_task([]() -> trust::task<> {
          auto h = trust::this_runtime().spawn(trust::on(1), []() -> trust::task<int> { co_return 1; });
          co_await h;
          auto own = trust::this_runtime().entrust(box{});
          co_await own.apply(add, citizen{}, 1);
          co_await std::move(own).close();
          co_await trust::flush();
        }());
        co_await part_of_task([]() -> trust::task<> {
          trust::scope s;
          std::exception_ptr e;
          try {
            for (int i = 0; i < 3; ++i) co_await s.spawn([]() -> trust::task<> { co_await trust::yield(); });
          } catch (...) {
            e = std::current_exception();
          }
          co_await s.join();
          if (e) std::rethrow_exception(e);
        }());
      });
    });
  });
}

}  // namespace

TEST_CASE("whichever allocation fails, its caller is told, nothing is left, and the runtime serves afterwards") {
  if (!replaced) {
    MESSAGE("skipped: this sanitizer's operator new cannot be replaced");
    return;
  }
  long failures = 0;
  for (long n = 0;; ++n) {
    CAPTURE(n);
    {
      trust::options o;
      o.workers = 2;
      o.pin = trust::pinning::none;
      o.stall_report = 0ms;
      o.log = [](trust::severity, std::string_view) {};
      trust::runtime rt{o};
      failed.store(false);
      countdown.store(n);
      scenario(rt);
      countdown.store(-1);
      const auto r = rt.entrust(trust::on(1), box{});
      CHECK(r.apply(add, citizen{}, 5).get() == 5);
      CHECK(rt.block_on([&]() -> trust::task<int> { co_return co_await r.launch(add_later, citizen{}, 1); }) == 6);
    }
    CHECK(all.alive.load() == 0);
    CHECK(all.twice.load() == 0);
    CHECK(all.strayed.load() == 0);
    all.reset();
    if (!failed.load()) break;  // the scenario needs fewer than n
    ++failures;
    REQUIRE(failures < 2000);
  }
  MESSAGE(failures << " allocations failed, one at a time");
  CHECK(failures > 20);
}

TEST_CASE("whichever allocation fails while a runtime starts, its maker is told and nothing is left") {
  if (!replaced) {
    MESSAGE("skipped: this sanitizer's operator new cannot be replaced");
    return;
  }
  long failures = 0;
  for (long n = 0;; ++n) {
    CAPTURE(n);
    failed.store(false);
    countdown.store(n);
    try {
      trust::options o;
      o.workers = 2;
      trust::runtime rt{o};
      countdown.store(-1);
      const auto r = rt.entrust(trust::on(1), box{});
      CHECK(r.apply(add, citizen{}, 5).get() == 5);
    } catch (const std::bad_alloc&) {}  // or it does without, where the memory was for a report
    countdown.store(-1);
    CHECK(all.alive.load() == 0);
    if (!failed.load()) break;
    ++failures;
    REQUIRE(failures < 2000);
  }
  MESSAGE(failures << " allocations failed, one at a time");
}
