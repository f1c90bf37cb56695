// SPDX-License-Identifier: MIT
// round_trip: what does one lone call take, there and back, and how is that distributed?
//
// One caller, one call at a time. Each operation is timed by the processor's counter, whose reading is part of it: the
// row `harness/clock` is nothing but that. The bare rivals are two threads that do nothing else: `request_reply` writes
// an argument and its turn into one line and gets the answer in another, which is what a call must move at the least;
// `calm` pauses after each look, so that the writer of a line has it for himself meanwhile. `std_promise` is answered
// by a thread that spins for work, and waits as std::future does, asleep. `asio_co_spawn` spawns a coroutine on another
// context and awaits it; `tbb_task` gives a task to an arena with one thread, pinned, and spins until it has run.
#include "support/contexts.hpp"
#include "support/crowd.hpp"
#include "support/pause.hpp"
#include "support/session.hpp"
#include "support/ticks.hpp"

#include <atomic>
#include <future>
#include <optional>
#if defined(BENCH_WITH_TBB)
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>
#endif

namespace {

using bench::measured;

// Turns readings of the counter at the seams between operations into samples.
class stopwatch {
 public:
  explicit stopwatch(long operations) { samples_.reserve(static_cast<std::size_t>(operations)); }
  void start() { begin_ = last_ = bench::ticks(); }
  void lap() {
    const std::uint64_t now = bench::ticks();
    samples_.push_back(static_cast<float>(now - last_));
    last_ = now;
  }
  [[nodiscard]] measured result() {
    const auto rate = static_cast<float>(bench::ns_of_tick());
    for (float& s : samples_) s *= rate;
    return {.operations = static_cast<double>(samples_.size()),
            .ns = static_cast<double>(last_ - begin_) * bench::ns_of_tick(),
            .samples = std::move(samples_)};
  }

 private:
  std::vector<float> samples_;
  std::uint64_t begin_ = 0, last_ = 0;
};

struct alignas(128) line {
  std::atomic<std::uint64_t> turn{0};
  std::uint64_t value = 0;
};

measured clock_alone(long operations) {
  stopwatch watch{operations};
  watch.start();
  for (long i = 0; i < operations; ++i) watch.lap();
  return watch.result();
}

// Both threads use `there` and `back`, which may be one line: then a word goes to and fro.
measured ping_pong(long operations, bool one_word) {
  line first;
  line second;
  line& back = one_word ? first : second;
  stopwatch watch{operations};
  const auto turns = static_cast<std::uint64_t>(operations);
  bench::together(2, [&](std::size_t side) {
    if (side == 0) watch.start();
    for (std::uint64_t i = 1; i <= turns; ++i)
      if (side == 0) {
        first.turn.store(2 * i - 1, std::memory_order_release);
        bench::wait_until([&] { return back.turn.load(std::memory_order_acquire) == 2 * i; });
        watch.lap();
      } else {
        bench::wait_until([&] { return first.turn.load(std::memory_order_acquire) == 2 * i - 1; });
        back.turn.store(2 * i, std::memory_order_release);
      }
  });
  return watch.result();
}

template <class Wait> measured request_reply(long operations, Wait wait) {
  line request;
  line reply;
  std::uint64_t counter = 0;
  std::uint64_t last = 0;
  stopwatch watch{operations};
  const auto turns = static_cast<std::uint64_t>(operations);
  bench::together(2, [&](std::size_t side) {
    if (side == 0) watch.start();
    for (std::uint64_t i = 1; i <= turns; ++i)
      if (side == 0) {
        request.value = 1;
        request.turn.store(i, std::memory_order_release);
        wait([&] { return reply.turn.load(std::memory_order_acquire) == i; });
        last = reply.value;
        watch.lap();
      } else {
        wait([&] { return request.turn.load(std::memory_order_acquire) == i; });
        reply.value = counter += request.value;
        reply.turn.store(i, std::memory_order_release);
      }
  });
  bench::check("request_reply", static_cast<long>(last), operations);
  return watch.result();
}

measured promise(long operations) {
  std::atomic<std::promise<long>*> mailbox{nullptr};
  long last = 0;
  stopwatch watch{operations};
  bench::together(2, [&](std::size_t side) {
    if (side == 0) watch.start();
    for (long i = 1; i <= operations; ++i)
      if (side == 0) {
        std::promise<long> p;
        auto answer = p.get_future();
        mailbox.store(&p, std::memory_order_release);
        last = answer.get();
        watch.lap();
      } else {
        std::promise<long>* p = nullptr;
        bench::wait_until([&] { return (p = mailbox.load(std::memory_order_acquire)) != nullptr; });
        std::promise<long> mine = std::move(*p);
        mailbox.store(nullptr, std::memory_order_relaxed);
        mine.set_value(i);
      }
  });
  bench::check("promise", last, operations);
  return watch.result();
}

#if defined(BENCH_WITH_ASIO)
measured co_spawn(bench::contexts::kind kind, long operations) {
  long counter = 0;
  stopwatch watch{operations};
  bench::contexts both{kind};
  both.run(1, [&](asio::io_context& there) -> bench::contexts::task {
    const auto increment = [&]() -> asio::awaitable<long> { co_return ++counter; };
    watch.start();
    for (long i = 0; i < operations; ++i) {
      co_await asio::co_spawn(there, increment, asio::use_awaitable);
      watch.lap();
    }
  });
  bench::check("co_spawn", counter, operations);
  return watch.result();
}
#endif

#if defined(BENCH_WITH_TBB)
class pinned_arena : public tbb::task_scheduler_observer {
 public:
  pinned_arena() : pinned_arena{std::make_unique<tbb::task_arena>(1, 0)} {}
  pinned_arena(const pinned_arena&) = delete;
  ~pinned_arena() override { observe(false); }
  void on_scheduler_entry(bool worker) override {
    if (worker) bench::pin_here(bench::cpus()[1 % bench::cpus().size()]);
  }
  tbb::task_arena& operator*() { return *arena_; }

 private:
  explicit pinned_arena(std::unique_ptr<tbb::task_arena> a) : tbb::task_scheduler_observer{*a}, arena_{std::move(a)} {
    observe(true);
  }
  std::unique_ptr<tbb::task_arena> arena_;
};

measured tbb_task(long operations) {
  pinned_arena arena;
  line reply;
  long counter = 0;
  stopwatch watch{operations};
  bench::together(1, [&](std::size_t) {
    watch.start();
    for (std::uint64_t i = 1; i <= static_cast<std::uint64_t>(operations); ++i) {
      (*arena).enqueue([&, i] {
        reply.value = static_cast<std::uint64_t>(++counter);
        reply.turn.store(i, std::memory_order_release);
      });
      bench::wait_until([&] { return reply.turn.load(std::memory_order_acquire) == i; });
      watch.lap();
    }
  });
  bench::check("tbb_task", static_cast<long>(reply.value), operations);
  return watch.result();
}
#endif

measured apply(trust::runtime& rt, long operations) {
  auto hits = rt.entrust(trust::on(1), 0L);
  stopwatch watch{operations};
  rt.block_on([&]() -> trust::task<void> {
    co_await hits.apply([](long&) {});
    watch.start();
    for (long i = 0; i < operations; ++i) {
      co_await hits.apply([](long& n) { return ++n; });
      watch.lap();
    }
  });
  bench::check("apply", hits.extract().get(), operations);
  return watch.result();
}

// A thread that is no worker: it sleeps until the answer is there.
measured get(trust::runtime& rt, long operations) {
  auto hits = rt.entrust(trust::on(1), 0L);
  stopwatch watch{operations};
  bench::together(1, [&](std::size_t) {
    watch.start();
    for (long i = 0; i < operations; ++i) {
      hits.apply([](long& n) { return ++n; }).get();
      watch.lap();
    }
  });
  bench::check("get", hits.extract().get(), operations);
  return watch.result();
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "round_trip"};
  trust::runtime rt{bench::pinned()};
  s.add("round_trip/harness/clock", clock_alone, {.over = bench::crossing::none});
  s.add("round_trip/ping_pong/one_word", [](long n) { return ping_pong(n, true); });
  s.add("round_trip/ping_pong/two_words", [](long n) { return ping_pong(n, false); });
  s.add("round_trip/request_reply/two_lines",
        [](long n) { return request_reply(n, [](auto seen) { bench::wait_until(seen); }); });
  s.add("round_trip/request_reply/two_lines_calm",
        [](long n) { return request_reply(n, [](auto seen) { bench::wait_calmly(seen); }); });
  s.add("round_trip/std_promise/spinning_server", promise);
#if defined(BENCH_WITH_ASIO)
  using kind = bench::contexts::kind;
  s.add("round_trip/asio_co_spawn/spinning", [](long n) { return co_spawn(kind::spinning, n); });
  s.add("round_trip/asio_co_spawn/blocking", [](long n) { return co_spawn(kind::blocking, n); });
#else
  s.note("standalone Asio is not here: no row for it");
#endif
#if defined(BENCH_WITH_TBB)
  s.add("round_trip/tbb_task/arena_of_one", tbb_task);
#else
  s.note("oneTBB is not here: no row for it");
#endif
  s.add("round_trip/remote_apply/lone", [&rt](long n) { return apply(rt, n); });
  s.add("round_trip/remote_get/foreign_thread", [&rt](long n) { return get(rt, n); });
  for (const char* wait : {"two_lines", "two_lines_calm"})
    s.demand_of({std::string{"one lone awaited apply, p50, against a bare request-reply, "} + wait,
                 "round_trip/remote_apply/lone", std::string{"round_trip/request_reply/"} + wait, bench::demand::within,
                 1.05, 1.2});
  return s.run();
}
