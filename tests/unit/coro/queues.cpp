// SPDX-License-Identifier: MIT
// Unit tests of what a worker keeps its coroutines in: ready queue, timer heap, stop states, frame pool.

#include <trust/coro/frame_pool.hpp>
#include <trust/coro/ready_queue.hpp>
#include <trust/coro/stop.hpp>
#include <trust/coro/timers.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using trust::coro::frame_pool;
using trust::coro::ready_queue;
using trust::coro::resumable;
using trust::coro::stop_node;
using trust::coro::stop_state;
using trust::coro::timer;
using trust::coro::timer_heap;

TEST_CASE("ready: first in, first out") {
  ready_queue q;
  resumable a, b, c;
  CHECK(q.empty());
  CHECK(q.pop() == nullptr);
  q.push(a);
  q.push(b);
  CHECK(q.pop() == &a);
  q.push(c);
  CHECK(q.pop() == &b);
  CHECK(q.pop() == &c);
  CHECK(q.empty());
}

TEST_CASE("ready: what is taken out is passed over, wherever it stands, and what does not stand here is no matter") {
  for (std::size_t out = 0; out < 3; ++out) {
    ready_queue q;
    std::vector<resumable> all(4);
    for (std::size_t i = 0; i < 3; ++i) q.push(all[i]);
    q.remove(all[out]);
    q.remove(all[out]);
    q.push(all[3]);
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != out) CHECK(q.pop() == &all[i]);
    }
    CHECK(q.empty());
  }
  ready_queue q;
  resumable alone;
  q.push(alone);
  q.remove(alone);
  CHECK(q.empty());
  q.push(alone);
  CHECK(q.pop() == &alone);
}

TEST_CASE("ready: a shuffled queue loses nothing, doubles nothing, and does not keep the order") {
  ready_queue q;
  trust::base::chance chance{5};
  q.shuffle(&chance);
  std::vector<resumable> all(100);
  for (resumable& r : all) q.push(r);
  std::vector<std::ptrdiff_t> order;
  while (resumable* r = q.pop()) {
    order.push_back(r - all.data());
    if (order.size() == 50) {  // and it may grow meanwhile
      q.push(all[static_cast<std::size_t>(order[0])]);
    }
  }
  CHECK(order.size() == 101);
  CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  CHECK(order.size() == 100);
}

std::vector<int> rung;

struct numbered : timer {
  explicit numbered(int n)
      : timer{[](timer& t) noexcept { rung.push_back(static_cast<numbered&>(t).number); }}, number{n} {}
  int number;
};

trust::time_point at(int ms) { return trust::time_point{} + std::chrono::milliseconds{ms}; }

TEST_CASE("timers fire in the order of their times, equal ones in the order of insertion") {
  rung.clear();
  timer_heap heap;
  numbered a{1}, b{2}, c{3}, d{4};
  heap.insert(c, at(20));
  heap.insert(a, at(10));
  heap.insert(d, at(20));
  heap.insert(b, at(10));
  CHECK(heap.next_due() == at(10));
  CHECK(heap.fire(at(9), 64) == 0);
  CHECK(heap.fire(at(10), 64) == 2);
  CHECK(heap.fire(at(100), 64) == 2);
  CHECK(heap.empty());
  CHECK(rung == std::vector{1, 2, 3, 4});
}

TEST_CASE("timers: equal ones fire in an order that is drawn, the others in the order of their times all the same") {
  trust::base::chance chance{3};
  rung.clear();
  timer_heap heap;
  std::deque<numbered> all;
  for (int i = 0; i < 20; ++i) heap.insert(all.emplace_back(i), at(i < 10 ? 10 : 20));
  CHECK(heap.fire_as_drawn(at(10), 64, chance) == 10);
  CHECK(heap.fire_as_drawn(at(20), 64, chance) == 10);
  CHECK_FALSE(std::is_sorted(rung.begin(), rung.begin() + 10));
  CHECK(std::all_of(rung.begin(), rung.begin() + 10, [](int i) { return i < 10; }));
  std::sort(rung.begin(), rung.end());
  for (int i = 0; i < 20; ++i) CHECK(rung[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("timers fire as many at once as they are allowed to") {
  rung.clear();
  timer_heap heap;
  std::deque<numbered> all;
  for (int i = 0; i < 10; ++i) heap.insert(all.emplace_back(i), at(i));
  CHECK(heap.fire(at(100), 3) == 3);
  CHECK(rung == std::vector{0, 1, 2});
  CHECK(heap.next_due() == at(3));
}

TEST_CASE("timers that are destroyed or erased do not fire") {
  rung.clear();
  timer_heap heap;
  numbered a{1}, b{2};
  auto c = std::make_unique<numbered>(3);
  heap.insert(a, at(1));
  heap.insert(*c, at(2));
  heap.insert(b, at(3));
  c.reset();
  heap.erase(a);
  heap.erase(a);
  CHECK(heap.fire(at(100), 64) == 1);
  CHECK(rung == std::vector{2});
  heap.insert(a, at(1));
  CHECK(heap.fire(at(100), 64) == 1);
}

TEST_CASE("timers: thousands of insertions and erasures in random order come out sorted") {
  rung.clear();
  std::mt19937 random{1};
  timer_heap heap;
  std::deque<numbered> all;
  for (int i = 0; i < 5'000; ++i) {
    const int when = static_cast<int>(random() % 1'000);
    heap.insert(all.emplace_back(when), at(when));
    if (i % 3 == 0) heap.erase(all[random() % all.size()]);
  }
  unsigned fired = 0;
  for (int now = 0; now <= 1'000; now += 50) fired += heap.fire(at(now), 1'000'000);
  CHECK(heap.empty());
  CHECK(fired == rung.size());
  CHECK(fired > 3'000);
  CHECK(std::is_sorted(rung.begin(), rung.end()));
}

int fired;

TEST_CASE("stop: everybody who waits is told once, in order; who comes later is not") {
  fired = 0;
  stop_state state;
  stop_node a{[](stop_node&) noexcept { ++fired; }};
  stop_node b{[](stop_node&) noexcept { fired *= 10; }};
  state.add(a);
  state.add(b);
  CHECK_FALSE(state.requested());
  CHECK(state.request());
  CHECK(state.requested());
  CHECK(fired == 10);
  CHECK_FALSE(state.request());
  CHECK(fired == 10);
}

TEST_CASE("stop: a node that went is not told") {
  fired = 0;
  stop_state state;
  {
    stop_node a{[](stop_node&) noexcept { ++fired; }};
    state.add(a);
  }
  CHECK(state.request());
  CHECK(fired == 0);
}

TEST_CASE(
    "stop: a request that is made while one is told reaches all: who was not told yet once, who put itself back "
    "again") {
  struct listener : stop_node {
    listener(stop_state& s, std::string& l, char n, bool x)
        : stop_node{[](stop_node& node) noexcept {
            auto& self = static_cast<listener&>(node);
            self.log += self.name;
            if (!self.state.cancels()) self.state.add(self);
            if (self.asks) self.state.request();
          }},
          state{s},
          log{l},
          name{n},
          asks{x} {}
    stop_state& state;
    std::string& log;
    char name;
    bool asks;
  };
  stop_state s;
  std::string log;
  listener a{s, log, 'a', false}, b{s, log, 'b', true}, c{s, log, 'c', false};
  for (listener* l : {&a, &b, &c}) s.add(*l);
  CHECK(s.request(trust::coro::stop_reason::ending));
  CHECK(log == "ababc");
  CHECK(s.reason() == trust::coro::stop_reason::cancelled);
  CHECK_FALSE(a.linked());
}

TEST_CASE("stop: a state follows its parent, also one that was stopped before") {
  stop_state parent;
  stop_state early{&parent};
  CHECK_FALSE(early.requested());
  { const stop_state gone{&parent}; }
  CHECK(parent.request());
  CHECK(early.requested());
  const stop_state late{&parent};
  CHECK(late.requested());
  stop_state alone{nullptr};
  CHECK_FALSE(alone.requested());
}

TEST_CASE("stop: a child that stops leaves its parent alone") {
  stop_state parent;
  stop_state child{&parent};
  CHECK(child.request());
  CHECK_FALSE(parent.requested());
  CHECK(parent.request());
}

TEST_CASE("frames: blocks of every size are aligned to 128 and distinct, on a thread that is no worker") {
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (std::size_t size = 1; size <= 70'000; size = size * 3 / 2 + 1) {
    void* p = frame_pool::allocate(size);
    CHECK(reinterpret_cast<std::size_t>(p) % 128 == 0);
    std::memset(p, static_cast<int>(size & 0xff), size);
    blocks.emplace_back(p, size);
  }
  for (auto [p, size] : blocks) {
    CHECK(static_cast<unsigned char*>(p)[size - 1] == (size & 0xff));
    frame_pool::release(p, size);
  }
}

}  // namespace
