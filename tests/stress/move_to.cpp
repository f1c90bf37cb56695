// SPDX-License-Identifier: MIT
// Stress of move_to: objects wander over all workers while tasks on all of them, and a thread, call them in every way. Each caller's calls to one object
// run in their order; what was reported as done was done once; the objects are destroyed where they are at last.

#include <support/effort.hpp>
#include <support/runtimes.hpp>
#include <support/seed.hpp>
#include <support/tracked.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trust::errc;
using trust::task;

constexpr std::size_t workers = 4;
constexpr std::size_t callers = 8;

struct wanderer {
  explicit wanderer(support::ledger* l) : inside{l} {}
  support::resident inside;
  std::array<int, callers> last{};  ///< the last call of each caller that has run
  int disorder = 0;
  int runs = 0;

  void note(std::size_t caller, int number) {
    inside.use();
    disorder += number <= last[caller];
    last[caller] = number;
    ++runs;
  }
};

}  // namespace

template <> inline constexpr bool trust::may_travel<wanderer> = true;

namespace {

struct sums {
  std::atomic<int> done{0};
  std::atomic<int> stopped{0};
  std::atomic<bool> over{false};
};

task<> calls(std::vector<trust::remote<wanderer>> objects, std::size_t me, std::uint64_t seed, unsigned rounds,
             std::shared_ptr<sums> all) {
  tests::dice random{seed};
  std::vector<int> next(objects.size(), 0);
  for (unsigned i = 0; i < rounds; ++i) {
    const std::size_t which = random.below(objects.size());
    auto& r = objects[which];
    const int n = ++next[which];
    switch (random.below(5)) {
      case 0:
        co_await r.post([me, n](wanderer& w) { w.note(me, n); });
        ++all->done;
        break;
      case 1: {
        auto l = r.launch([me, n](wanderer& w) -> task<> {
          w.note(me, n);
          co_await trust::yield();
        });
        co_await l;
        ++all->done;
        break;
      }
      case 2: {
        auto call = r.apply([me, n](wanderer& w) { w.note(me, n); });
        const auto ended =
            co_await trust::as_result(trust::with_timeout(call, std::chrono::microseconds{random.below(100)}));
        ++(ended.has_value() ? all->done : all->stopped);
        break;
      }
      case 3: {
        const int m = ++next[which];
        auto first = r.apply([me, n](wanderer& w) { w.note(me, n); });
        auto second = r.apply([me, m](wanderer& w) { w.note(me, m); });
        auto both = trust::when_all(first, second);
        co_await both;
        all->done += 2;
        break;
      }
      default: {
        auto call = r.apply([me, n](wanderer& w) { w.note(me, n); });
        co_await call;
        ++all->done;
      }
    }
  }
}

task<> moves(std::vector<trust::remote<wanderer>> objects, std::uint64_t seed, std::shared_ptr<sums> all) {
  tests::dice random{seed};
  while (!all->over) {
    auto& r = objects[random.below(objects.size())];
    const auto moved = co_await trust::as_result(trust::with_timeout(r.move_to(trust::on(random.below(workers))),
                                                                     std::chrono::microseconds{random.below(2'000)}));
    if (!moved.has_value()) CHECK((moved.error() == errc::timed_out || moved.error() == errc::cancelled));
    co_await trust::yield();
  }
}

TEST_CASE("objects wander while everybody calls them: in order, once, and nothing is lost") {
  const std::uint64_t seed = tests::seed_of_this_run("move_to");
  for (const std::size_t capacity : {std::size_t{4}, std::size_t{512}}) {
    support::ledger book;
    constexpr std::size_t count = 3;
    {
      trust::options o;
      o.workers = workers;
      o.lane_capacity = capacity;
      trust::runtime rt{o};
      std::vector<trust::remote<wanderer>> objects;
      for (std::size_t i = 0; i < count; ++i) objects.push_back(rt.emplace<wanderer>(trust::on(i), &book));
      const auto all = std::make_shared<sums>();
      std::vector<trust::task_handle<void>> movers;
      for (std::size_t i = 0; i < 2; ++i) movers.push_back(rt.spawn(trust::on(i), moves, objects, seed + 100 + i, all));
      std::vector<trust::task_handle<void>> tasks;
      const unsigned rounds = tests::effort(400, 40'000);
      for (std::size_t i = 0; i < callers; ++i)
        tasks.push_back(rt.spawn(trust::on(i % workers), calls, objects, i, seed + i, rounds, all));
      int from_here = 0;
      for (unsigned i = 0; i < rounds / 8; ++i) {
        objects[i % count].apply([](wanderer& w) { ++w.runs; }).get();
        ++from_here;
      }
      for (auto& h : tasks) h.get();
      all->over = true;
      for (auto& h : movers) h.get();
      int runs = 0;
      for (auto& r : objects) {
        CHECK(r.apply([](wanderer& w) { return w.disorder; }).get() == 0);
        runs += r.apply([](wanderer& w) { return w.runs; }).get();
      }
      CHECK(runs == all->done + from_here);
      MESSAGE(runs, " calls ran, ", all->stopped.load(), " were stopped");
    }
    CHECK(book.died == static_cast<int>(count));
    CHECK(book.alive == 0);
  }
}

}  // namespace
