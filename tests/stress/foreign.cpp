// SPDX-License-Identifier: MIT
// foreign: a thousand threads that are no workers come, call in every way that they can, and go, leaving calls behind.
//
// Each thread calls by get, future, start, post, spawn and drops handles, some of them the last; some threads end while their calls are
// under way. All callbacks come, all results are right, nothing is left.
#include "population.hpp"
#include "support/effort.hpp"
#include "support/seed.hpp"
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <future>
#include <thread>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

struct box {
  inhabitant who;
  std::uint64_t sum = 0;
};
std::uint64_t add(box& b, citizen c, std::uint64_t x) {
  c.check();
  b.who.at_home();
  return b.sum += x;
}
trust::task<std::uint64_t> add_later(box& b, citizen c, std::uint64_t x) {
  c.check();
  co_await trust::sleep_for(100us);
  b.who.at_home();
  co_return b.sum += x;
}

struct tally {
  std::atomic<std::uint64_t> added{0};
  std::atomic<std::int64_t> open{0};
  std::atomic<std::int64_t> failed{0};
};

struct callback {
  explicit callback(tally& x) noexcept : t{&x} { t->open.fetch_add(1); }
  void operator()(trust::result<std::uint64_t> r) {
    cargo.check();
    if (!r.has_value()) t->failed.fetch_add(1);
    t->open.fetch_sub(1);
  }
  tally* t;
  citizen cargo;
};

/// Runs what it is given on the thread that calls run().
struct mailbox {
  void post(std::function<void()> f) {
    const std::lock_guard lock{mutex};
    jobs.push_back(std::move(f));
  }
  bool run() {
    std::vector<std::function<void()>> now;
    {
      const std::lock_guard lock{mutex};
      now.swap(jobs);
    }
    for (auto& f : now) f();
    return !now.empty();
  }
  std::mutex mutex;
  std::vector<std::function<void()>> jobs;
};

struct shared_callback {
  explicit shared_callback(std::atomic<bool>& b) noexcept : done{&b} {}
  void operator()(trust::result<std::uint64_t> r) const { done->store(r.has_value()); }
  std::atomic<bool>* done;
};

void visit(trust::runtime& rt, trust::remote<box> b, tally& t, std::uint64_t seed) {
  dice draw{seed};
  for (unsigned i = 0; i < 6; ++i) {
    const std::uint64_t x = draw.below(1000);
    t.added.fetch_add(x);
    switch (draw.below(8)) {
      case 0:
        b.apply(add, citizen{}, x).get();
        break;
      case 1:
        b.apply(add, citizen{}, x).future().get();
        break;
      case 2:
        static_cast<void>(b.launch(add_later, citizen{}, x).future());
        break;  // nobody waits for it
      case 3:
        b.apply(add, citizen{}, x).start(callback{t});
        break;
      case 4:
        b.launch(add_later, citizen{}, x).start(callback{t});
        break;
      case 5:
        static_cast<void>(b.post(add, citizen{}, x));
        break;
      case 6: {
        auto h = rt.spawn(
            [](trust::remote<box> inner, std::uint64_t y) -> trust::task<> { co_await inner.apply(add, citizen{}, y); },
            b, x);
        if (draw.one_in(2)) h.get();
        break;
      }
      case 7: {
        mailbox here;
        std::atomic<bool> done{false};
        b.apply(add, citizen{}, x).start(here, shared_callback{done});
        while (!here.run()) std::this_thread::yield();
        if (!done.load()) t.failed.fetch_add(1);
        break;
      }
    }
    if (draw.one_in(10)) {
      auto mine = rt.entrust(box{});
      static_cast<void>(mine.post(add, citizen{}, x));
      auto copy = mine;
      mine.reset();
      if (draw.one_in(2)) CHECK(copy.apply(add, citizen{}, 1u).get() == x + 1);
    }
  }
}

}  // namespace

TEST_CASE("a thousand foreign threads come and go, and each of their calls is run once") {
  const std::uint64_t seed = seed_of_this_run("foreign");
  CAPTURE(seed);
  dice draw{seed};
  const unsigned threads = effort(1000, 20'000);
  tally t;
  {
    trust::options o;
    o.workers = 2;
    o.pin = trust::pinning::none;
    o.stall_report = 0ms;
    trust::runtime rt{o};
    const watchdog guard{"foreign threads", 50s, &rt};
    std::vector<trust::remote<box>> boxes;
    for (std::size_t i = 0; i < 4; ++i) boxes.push_back(rt.entrust(box{}));
    for (unsigned done = 0; done < threads;) {
      std::vector<std::thread> some;
      for (unsigned i = 0; i < 16 && done < threads; ++i, ++done) {
        some.emplace_back([&rt, b = boxes[draw.below(boxes.size())], &t, own = draw()]() mutable {
          visit(rt, std::move(b), t, own);
        });
      }
      for (auto& thread : some) thread.join();
    }
    while (t.open.load() != 0) std::this_thread::sleep_for(1ms);
    rt.stop();  // tasks that nobody waited for end first
    CHECK(t.failed.load() == 0);
  }
  CHECK(all.alive.load() == 0);
  CHECK(all.twice.load() == 0);
  CHECK(all.strayed.load() == 0);
  all.reset();
}

TEST_CASE("foreign threads that call while the runtime ends get a value or runtime_stopped") {
  const std::uint64_t seed = seed_of_this_run("foreign, at the end");
  CAPTURE(seed);
  dice draw{seed};
  const unsigned rounds = effort(60, 1000);
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(k);
    std::atomic<unsigned> surprises{0};
    {
      trust::options o;
      o.workers = 2;
      o.pin = trust::pinning::none;
      o.grace = 5ms;
      o.stall_report = 0ms;
      o.log = [](trust::severity, std::string_view) {};
      std::vector<std::thread> callers;
      const watchdog guard{"foreign threads at the end", 50s};
      {
        trust::runtime rt{o};
        const trust::remote<box> b = rt.entrust(box{});
        for (unsigned i = 0; i < 4; ++i) {
          callers.emplace_back([b, &surprises, own = draw()]() mutable {
            dice mine{own};
            for (;;) {
              try {
                switch (mine.below(5)) {
                  case 0:
                    b.apply(add, citizen{}, 1u).get();
                    break;
                  case 1:
                    b.launch(add_later, citizen{}, 1u).get();
                    break;
                  case 2:
                    b.apply(add, citizen{}, 1u).future().get();
                    break;
                  case 3:
                    static_cast<void>(b.post(add, citizen{}, 1u));
                    break;
                  case 4:
                    static_cast<void>(b.launch(add_later, citizen{}, 1u).future());
                    break;
                }
              } catch (const trust::error& e) {
                if (e.code() == trust::errc::overloaded) continue;
                if (e.code() != trust::errc::runtime_stopped && e.code() != trust::errc::cancelled)
                  surprises.fetch_add(1);
                if (e.code() == trust::errc::runtime_stopped) return;
              }
            }
          });
        }
        std::this_thread::sleep_for(std::chrono::microseconds{draw.below(2000)});
      }
      for (auto& c : callers) c.join();
    }
    CHECK(surprises.load() == 0);
    CHECK(all.alive.load() == 0);
    CHECK(all.twice.load() == 0);
    CHECK(all.strayed.load() == 0);
    all.reset();
  }
}
