// SPDX-License-Identifier: MIT
// stream: what does one element cost on its way from one worker to another, through a channel?
//
// One producer on one worker, one receiver on the other, where the channel lives. Rivals between two threads: the queue
// that everybody writes, with a mutex and two condition variables, and oneTBB's bounded queue, both with the channel's
// capacity. `remote_apply` is one awaited call for each element, by one producer (`inflight:1`) and by several;
// `remote_post` is a message for each, which waits for room in the lane only. `receive_elsewhere` has the receiver on
// the producer's worker, so that each receive is a launched call. `spsc_ring` is the limit: a bare ring, no coroutines.
#include "support/crowd.hpp"
#include "support/pause.hpp"
#include "support/session.hpp"
#include "support/spsc.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#if defined(BENCH_WITH_TBB)
#include <tbb/concurrent_queue.h>
#endif

namespace {

using bench::measured;
using channel = trust::remote_channel<long>;

trust::task<void> produce(trust::remote_sender<long> to, long n) {
  for (long i = 1; i <= n; ++i) co_await to.send(i);
}

trust::task<long> receive(trust::remote_receiver<long> from) {
  long sum = 0;
  while (const auto x = co_await from.receive()) sum += *x;
  co_return sum;
}

measured by_channel(trust::runtime& rt, std::size_t capacity, std::size_t producers, std::size_t receiver,
                    long operations) {
  const long each = std::max(operations / static_cast<long>(producers), 1L);
  double ns = 0;
  const long sum = rt.block_on([&]() -> trust::task<long> {
    auto [tx, rx] = channel{rt, trust::on(1), capacity};
    auto got = rt.spawn(trust::on(receiver), receive, std::move(rx));
    co_await trust::yield();
    const auto begin = bench::clock::now();
    for (std::size_t i = 0; i < producers; ++i) rt.spawn(trust::on(0), produce, tx, each).detach();
    tx = {};
    const long all = co_await got;
    ns = bench::ns_between(begin, bench::clock::now());
    co_return all;
  });
  bench::check("channel", sum, static_cast<long>(producers) * (each * (each + 1) / 2));
  return {.operations = static_cast<double>(each) * static_cast<double>(producers), .ns = ns};
}

template <class Body> measured by_calls(trust::runtime& rt, std::size_t in_flight, long operations, Body body) {
  auto sum = rt.entrust(trust::on(1), 0L);
  const long each = std::max(operations / static_cast<long>(in_flight), 1L);
  const double ns = bench::crowd::run(rt, 0, 1, in_flight, each, [&](long times) { return body(sum, times); });
  bench::check("calls", sum.extract().get(), static_cast<long>(in_flight) * (each * (each + 1) / 2));
  return {.operations = static_cast<double>(each) * static_cast<double>(in_flight), .ns = ns};
}

trust::task<void> by_apply(trust::remote<long>& sum, long n) {
  for (long i = 1; i <= n; ++i) co_await sum.apply([i](long& s) { s += i; });
}

trust::task<void> by_post(trust::remote<long>& sum, long n) {
  for (long i = 1; i <= n; ++i) co_await sum.post([i](long& s) { s += i; });
  co_await sum.flush();
}

/// `send(x)` on one thread, `receive()` on the other: both wait.
template <class Queue> measured by_threads(Queue& queue, long operations) {
  alignas(128) long sum = 0;
  const auto took = bench::together(2, [&](std::size_t side) {
    for (long i = 1; i <= operations; ++i) {
      if (side == 0) {
        queue.send(i);
      } else {
        sum += queue.receive();
      }
    }
  });
  bench::check("queue", sum, operations * (operations + 1) / 2);
  return {.operations = static_cast<double>(operations), .ns = took.ns};
}

class mutex_queue {
 public:
  explicit mutex_queue(std::size_t capacity) : capacity_{capacity} {}
  void send(long x) {
    {
      std::unique_lock lock{mutex_};
      room_.wait(lock, [&] { return elements_.size() < capacity_; });
      elements_.push_back(x);
    }
    some_.notify_one();
  }
  long receive() {
    long x = 0;
    {
      std::unique_lock lock{mutex_};
      some_.wait(lock, [&] { return !elements_.empty(); });
      x = elements_.front();
      elements_.pop_front();
    }
    room_.notify_one();
    return x;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable some_, room_;
  std::deque<long> elements_;
};

#if defined(BENCH_WITH_TBB)
class tbb_queue {
 public:
  explicit tbb_queue(std::size_t capacity) { elements_.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }
  void send(long x) { elements_.push(x); }
  long receive() {
    long x = 0;
    elements_.pop(x);
    return x;
  }

 private:
  tbb::concurrent_bounded_queue<long> elements_;
};
#endif

measured by_ring(long operations) {
  bench::spsc_ring ring;
  alignas(128) std::uint64_t sum = 0;
  const auto n = static_cast<std::uint64_t>(operations);
  const auto took = bench::together(2, [&](std::size_t side) {
    if (side == 0) {
      for (std::uint64_t i = 1; i <= n; ++i) bench::wait_until([&] { return ring.push(i); });
    } else {
      std::uint64_t got = 0;
      while (got < n) bench::wait_until([&] { return ring.drain([&](std::uint64_t x) { sum += x, ++got; }); });
    }
  });
  bench::check("ring", static_cast<long>(sum), operations * (operations + 1) / 2);
  return {.operations = static_cast<double>(operations), .ns = took.ns};
}

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "stream"};
  trust::runtime rt{bench::pinned()};
  s.add("stream/spsc_ring", by_ring);
  for (std::size_t capacity : {64u, 1024u}) {
    const std::string row = "/capacity:" + std::to_string(capacity);
    for (std::size_t k : {1u, 16u})
      s.add("stream/remote_channel" + row + "/producers:" + std::to_string(k),
            [&rt, capacity, k](long n) { return by_channel(rt, capacity, k, 1, n); });
    s.add("stream/mutex_queue" + row,
          [q = std::make_shared<mutex_queue>(capacity)](long n) { return by_threads(*q, n); }, {.waiting = 1});
#if defined(BENCH_WITH_TBB)
    s.add("stream/tbb_bounded_queue" + row,
          [q = std::make_shared<tbb_queue>(capacity)](long n) { return by_threads(*q, n); }, {.waiting = 1});
#endif
    s.add("stream/receive_elsewhere" + row, [&rt, capacity](long n) { return by_channel(rt, capacity, 1, 0, n); });
  }
  for (std::size_t k : {1u, 16u, 64u})
    s.add("stream/remote_apply/inflight:" + std::to_string(k),
          [&rt, k](long n) { return by_calls(rt, k, n, by_apply); });
  s.add("stream/remote_post", [&rt](long n) { return by_calls(rt, 1, n, by_post); });
#if !defined(BENCH_WITH_TBB)
  s.note("oneTBB is not here: no row for its concurrent_bounded_queue");
#endif
  return s.run();
}
