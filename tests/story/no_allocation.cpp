// SPDX-License-Identifier: MIT
// no_allocation: a steady stream of awaited apply, with and launch allocates nothing, whatever the size of closures and results.
//
// Counted at malloc. Frames come from the workers' pools; what does not fit a record stays in the frame of who waits (promise 2).
#include "support/effort.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <array>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define COUNTS_MALLOC 1
#endif
#else
#define COUNTS_MALLOC 1
#endif
#endif

#if defined(COUNTS_MALLOC)
#include "support/malloc_count.hpp"
#else
namespace tests {
std::atomic<std::uint64_t> allocations{0};
}
#endif

namespace {

struct box {
  std::uint64_t n = 0;
};
using big = std::array<std::uint64_t, 64>;
struct alignas(128) aligned {
  std::uint64_t n[16] = {};
};

aligned turn(box& b, const aligned& in) {
  aligned out = in;
  out.n[3] = b.n;
  return out;
}
trust::task<std::uint64_t> step(box& b) { co_return ++b.n; }
trust::task<std::uint64_t> wait_a_little(box& b) {
  co_await trust::yield();
  co_return ++b.n;
}
trust::task<std::uint64_t> reach_on(box& b, const trust::remote<box>* next) {
  ++b.n;
  co_return co_await next->apply([](box& o) { return ++o.n; });
}

constexpr int streams = 70;  // more than one slice's budget of steps

trust::task<> stream(trust::remote<box> near, trust::remote<box> far, unsigned rounds) {
  big load{};
  for (unsigned i = 0; i < rounds; ++i) {
    const aligned none;
    for (const auto* r : {&near, &far}) {
      co_await r->apply([](box& b) { ++b.n; });
      load[i % 64] = co_await r->with([](const box& b) { return b.n; });
      co_await r->apply([load](box& b) { b.n += load[1]; });
      load = co_await r->apply([&load](box& b) {
        big copy = load;
        copy[0] = ++b.n;
        return copy;
      });
      const aligned a = co_await r->apply(turn, none);
      load[2] = a.n[3];
      co_await r->launch(step);
      co_await r->launch(wait_a_little);
      co_await r->launch(reach_on, r == &near ? &far : &near);
      auto one = r->apply([](box& b) { return ++b.n; });
      auto two = r->launch(step);
      auto both = trust::when_all(one, two);
      co_await both;
      auto failed = co_await trust::as_result(r->apply([](box& b) { return ++b.n; }));
      if (!failed) co_return;
    }
  }
}

/// More free blocks of every size for the trustee's pool than all streams can have in use at once.
[[maybe_unused]] void fill_pool(const trust::remote<box>& r) {
  using pool = trust::coro::frame_pool;
  constexpr std::size_t most = streams * 8;
  r.apply([](box&) {
     std::array<void*, most> blocks;
     for (std::size_t bytes = 1; bytes < pool::largest; bytes += pool::alignment) {
       for (void*& b : blocks) b = pool::allocate(bytes);
       for (void* b : blocks) pool::release(b, bytes);
     }
   }).get();
}

[[maybe_unused]] std::uint64_t allocations_of(trust::runtime& rt, const trust::remote<box>& near,
                                              const trust::remote<box>& far, unsigned rounds) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  rt.block_on([&]() -> trust::task<> {
    // All streams are made before the count begins and end after it.
    unsigned ready = 0;
    unsigned done = 0;
    bool go = false;
    bool over = false;
    trust::scope s;
    for (int i = 0; i < streams; ++i) {
      co_await s.spawn([&]() -> trust::task<> {
        auto calls = stream(near, far, rounds);
        ++ready;
        while (!go) co_await trust::yield();
        co_await calls;
        ++done;
        while (!over) co_await trust::yield();
      });
    }
    while (ready < streams) co_await trust::yield();
    before = tests::allocations.load();
    go = true;
    while (done < streams) co_await trust::yield();
    after = tests::allocations.load();
    over = true;
    co_await s.join();
  });
  return after - before;
}

}  // namespace

TEST_CASE("a steady stream of awaited apply, with and launch makes no heap allocation") {
#if !defined(COUNTS_MALLOC)
  MESSAGE("skipped: a sanitizer has its own malloc, and the pools give every frame an allocation of its own there");
#else
  for (const bool shortcut : {true, false}) {
    CAPTURE(shortcut);
    trust::options o;
    o.workers = 2;
    o.shortcut = shortcut;
    o.stall_report = std::chrono::nanoseconds{0};
    trust::runtime rt{o};
    const auto near = rt.entrust(trust::on(0), box{});
    const auto far = rt.entrust(trust::on(1), box{});
    CHECK(allocations_of(rt, near, far, 20) > 0);  // warming up: lanes are made
    // A pool grows when more tasks than ever before happen to run at once, so both get what can ever be needed.
    fill_pool(near);
    fill_pool(far);
    CHECK(allocations_of(rt, near, far, 100) == 0);
  }
#endif
}
