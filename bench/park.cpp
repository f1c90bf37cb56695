// SPDX-License-Identifier: MIT
// park: how long from waking a sleeper to its first instruction, and what does the waker pay?
//
// The waker is awake and waits 60 us before each wake, so that the sleeper sleeps. `wake` is the time from just before
// the call to the sleeper's first reading of the processor's counter, which is one for all cores; for a worker that is
// the first instruction of the posted closure. `waker_pays` is how long the waker's own call takes. A spinner of the
// idle class is on each CPU in all rows. `idle` is what a runtime that nobody asks for anything uses, in ns a second.
#include "support/crowd.hpp"
#include "support/pause.hpp"
#include "support/session.hpp"
#include "support/sleepers.hpp"
#include "support/ticks.hpp"

#include <atomic>
#include <ctime>
#include <thread>

namespace {

using bench::measured;
enum class side { wake, waker_pays };

constexpr double rest_us = 60;

struct trip {
  std::uint64_t begun = 0, called = 0;
  std::atomic<std::uint64_t> arrived{0};
};

void rest() {
  const auto until = bench::ticks() + static_cast<std::uint64_t>(rest_us * 1000 / bench::ns_of_tick());
  while (bench::ticks() < until) bench::pause();
}

class samples {
 public:
  samples(side which, long operations) : which_{which} { all_.reserve(static_cast<std::size_t>(operations)); }
  void add(const trip& t) {
    const double ticks = static_cast<double>((which_ == side::wake ? t.arrived.load() : t.called) - t.begun);
    all_.push_back(static_cast<float>(ticks * bench::ns_of_tick()));
    sum_ += all_.back();
  }
  [[nodiscard]] measured result() {
    return {.operations = static_cast<double>(all_.size()), .ns = sum_, .samples = std::move(all_)};
  }

 private:
  side which_;
  std::vector<float> all_;
  double sum_ = 0;
};

template <class Sleeper> measured by(side which, long operations) {
  Sleeper bed;
  trip t;
  samples found{which, operations};
  bench::together(2, [&](std::size_t who) {
    for (long i = 0; i < operations; ++i)
      if (who == 1) {
        bed.sleep();
        t.arrived.store(bench::ticks(), std::memory_order_release);
      } else {
        rest();
        t.begun = bench::ticks();
        bed.wake();
        t.called = bench::ticks();
        bench::wait_until([&] { return t.arrived.load(std::memory_order_acquire) != 0; });
        found.add(t);
        t.arrived.store(0, std::memory_order_relaxed);
      }
  });
  return found.result();
}

measured by_worker(trust::runtime& rt, side which, long operations) {
  trip t;
  samples found{which, operations};
  const auto parks = rt.metrics(1).parks;
  auto object = rt.entrust(trust::on(1), 0L);
  rt.block_on([&]() -> trust::task<void> {
    for (long i = 0; i < operations; ++i) {
      rest();
      t.begun = bench::ticks();
      object.post(
          [](long& n, trip* x) {
            x->arrived.store(bench::ticks(), std::memory_order_release);
            ++n;
          },
          trust::unchecked(&t));
      t.called = bench::ticks();
      bench::wait_until([&] { return t.arrived.load(std::memory_order_acquire) != 0; });
      found.add(t);
      t.arrived.store(0, std::memory_order_relaxed);
    }
    co_return;
  });
  bench::check("posts", object.extract().get(), operations);
  measured all = found.result();
  all.overlap = static_cast<double>(rt.metrics(1).parks - parks) / static_cast<double>(operations);  // did it sleep?
  return all;
}

double used_ns() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

measured idle(long) {
  trust::runtime rt{bench::pinned()};
  rt.block_on([]() -> trust::task<void> { co_return; });
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  const double before = used_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  return {.operations = 0.5, .ns = used_ns() - before};
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "park"};
  const bench::idle_spinners awake;
  static_cast<void>(bench::ns_of_tick());
  auto ring = bench::pinned();
  ring.spin = trust::spinning::park_at_once;
  auto epoll = ring;
  epoll.io = trust::backend::epoll;
  trust::runtime by_ring{ring};
  trust::runtime by_epoll{epoll};

  // The kernel counts the way of a woken thread to its CPU as waiting, and that is what these rows are about.
  const bench::row_options woken{.waiting = 10, .overlap = 0.9};
  for (side which : {side::wake, side::waker_pays}) {
    const std::string what = which == side::wake ? "/wake" : "/waker_pays";
    s.add("park/futex" + what, [which](long n) { return by<bench::by_futex>(which, n); }, woken);
    s.add("park/eventfd" + what, [which](long n) { return by<bench::by_eventfd>(which, n); }, woken);
    s.add("park/epoll_eventfd" + what, [which](long n) { return by<bench::by_epoll>(which, n); }, woken);
    s.add("park/condition_variable" + what, [which](long n) { return by<bench::by_condition>(which, n); }, woken);
    s.add("park/remote_post" + what, [&, which](long n) { return by_worker(by_ring, which, n); }, woken);
    s.add("park/remote_post_epoll" + what, [&, which](long n) { return by_worker(by_epoll, which, n); }, woken);
  }
  s.add("park/runtime/idle", idle, {.over = bench::crossing::none, .operations = 1});
  for (const char* rival : {"futex", "eventfd"})
    s.demand_of({std::string{"waking a parked worker, p50, against a bare "} + rival, "park/remote_post/wake",
                 std::string{"park/"} + rival + "/wake", bench::demand::within, 1.1, 1.3});
  s.demand_of(
      {"idle runtime, ns of CPU a second (a tick is 10 ms)", "park/runtime/idle", "", bench::demand::ns, 1e6, 1e6});
  return s.run();
}
