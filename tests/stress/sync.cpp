// SPDX-License-Identifier: MIT
// sync: a hall on every worker, full of tasks that do everything at once with what they share there, most of them in a hurry.
//
// Visitors come from all workers. In a hall they lock, read, acquire, wait for conditions, send and receive at random, with deadlines that often
// come first, and in scopes that are stopped in the middle. Afterwards the books must balance: what was sent was received or is still
// there, all units are back, nothing is held, nobody was ever where he must not be. Then the same as a simulation that ends after every
// number of passes, where nothing may be left alive.
#include "population.hpp"
#include "support/effort.hpp"
#include "support/seed.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;
using trust::errc;
using trust::task;

struct books {
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::int64_t> received{0};
  std::atomic<std::int64_t> done{0};
  std::atomic<std::int64_t> late{0};
  std::atomic<std::int64_t> wrong{0};
};

constexpr std::size_t units = 3;

/// What the tasks of one worker share.
struct hall {
  explicit hall(books& b) : book{&b} {}
  books* book;
  trust::event open;
  trust::auto_event bell;
  trust::semaphore seats{units};
  trust::latch<int> desk;
  trust::condition changed;
  trust::shared_latch<int> board;
  trust::channel<citizen> post{2};
  trust::channel<citizen> hands{0};
  std::size_t seated = 0;
  int at_desk = 0, readers = 0, writers = 0;

  void note(bool right) const {
    if (!right) book->wrong.fetch_add(1);
  }
};

task<> pause(dice& draw) {
  switch (draw.below(4)) {
    case 0:
      return []() -> task<> { co_await trust::sleep_for(1us); }();
    case 1:
      return []() -> task<> { co_await trust::sleep_for(20us); }();
    default:
      return []() -> task<> { co_await trust::yield(); }();
  }
}

task<> sit(hall& h, dice& draw) {
  const std::size_t wanted = 1 + draw.below(units);
  const auto g = co_await h.seats.units(wanted);
  h.seated += wanted;
  h.note(h.seated <= units);
  const auto r = co_await trust::as_result(pause(draw));
  h.seated -= wanted;
  r.value();
}

task<> work_at_desk(hall& h, dice& draw) {
  auto g = co_await h.desk.lock();
  h.note(h.at_desk++ == 0);
  const auto r = co_await trust::as_result(pause(draw));
  --h.at_desk;
  ++*g;
  h.changed.notify_one();
  r.value();
}

task<> wait_for_change(hall& h, dice& draw) {
  auto g = co_await h.desk.lock();
  const int before = *g;
  const auto differs = [&] { return *g != before; };
  trust::result<void> r;
  if (draw.one_in(2)) {
    r = co_await trust::as_result(h.changed.wait(g, differs));
  } else {
    r = co_await trust::as_result(h.changed.wait(g));
  }
  h.note(g && h.desk.held() && h.at_desk == 0);
  r.value();
}

task<> read(hall& h, dice& draw) {
  const auto g = co_await h.board.lock_shared();
  ++h.readers;
  h.note(h.writers == 0);
  const auto r = co_await trust::as_result(pause(draw));
  h.note(h.writers == 0);
  --h.readers;
  r.value();
}

task<> write(hall& h, dice& draw) {
  auto g = co_await h.board.lock();
  h.note(++h.writers == 1 && h.readers == 0);
  ++*g;
  const auto r = co_await trust::as_result(pause(draw));
  h.note(--h.writers == 0 && h.readers == 0);
  r.value();
}

task<> send(hall& h, trust::channel<citizen>& c) {
  auto sending = c.send(citizen{});
  const auto r = co_await trust::as_result(sending);
  if (r.has_value()) h.book->sent.fetch_add(1);
  sending.value().check();
  r.value();
}

task<> receive(hall& h, trust::channel<citizen>& c) {
  const auto x = co_await c.receive();
  if (!x) co_return;
  x->check();
  h.book->received.fetch_add(1);
}

task<> do_something(hall& h, dice& draw) {
  switch (draw.below(12)) {
    case 0:
      return sit(h, draw);
    case 1:
      return work_at_desk(h, draw);
    case 2:
      return wait_for_change(h, draw);
    case 3:
    case 4:
      return read(h, draw);
    case 5:
      return write(h, draw);
    case 6:
      return send(h, h.post);
    case 7:
      return receive(h, h.post);
    case 8:
      return send(h, h.hands);
    case 9:
      return receive(h, h.hands);
    case 10:
      return [](hall& at, dice& d) -> task<> {
        if (d.one_in(2)) at.bell.set();
        co_await at.bell.wait();
      }(h, draw);
    default:
      return [](hall& at, dice& d) -> task<> {
        d.one_in(2) ? at.open.set() : at.open.reset();
        co_await at.open.wait();
      }(h, draw);
  }
}

task<> visit(hall& h, std::uint64_t seed, unsigned steps) {
  dice draw{seed};
  for (unsigned i = 0; i < steps; ++i) {
    auto step = do_something(h, draw);
    const auto r = co_await trust::as_result(trust::with_timeout(step, std::chrono::microseconds{1 + draw.below(60)}));
    (r.has_value() ? h.book->done : h.book->late).fetch_add(1, std::memory_order_relaxed);
    if (!r.has_value()) h.note(r.error() == errc::timed_out || r.error() == errc::cancelled);
    if (!r.has_value() && r.error() == errc::cancelled && draw.one_in(2)) co_return;  // others are deaf for a while
    if (draw.one_in(16)) h.changed.notify_all();
  }
}

trust::priority any_priority(dice& draw) {
  return draw.one_in(2) ? trust::priority::background : trust::priority::normal;
}

/// Visitors in a scope, which is stopped at some time or left to end.
task<> party(hall& h, std::uint64_t seed, unsigned visitors, unsigned steps) {
  dice draw{seed};
  trust::scope s;
  for (unsigned i = 0; i < visitors; ++i) {
    co_await s.spawn([&h](trust::priority rank, std::uint64_t their,
                          unsigned n) -> task<> { co_await trust::with_priority(rank, visit(h, their, n)); },
                     any_priority(draw), draw(), steps);
  }
  if (draw.one_in(2)) {
    static_cast<void>(co_await trust::as_result(trust::sleep_for(std::chrono::microseconds{draw.below(500)})));
    s.request_stop();
  }
  static_cast<void>(co_await trust::as_result(s.join()));
}

/// What is left when nobody is there any more.
bool tidy(hall& h) {
  while (h.post.try_receive()) h.book->received.fetch_add(1);
  return h.seats.available() == units && h.seated == 0 && h.at_desk == 0 && !h.desk.held() && !h.board.held() &&
         h.readers == 0 && h.writers == 0 && !h.hands.try_receive();
}

}  // namespace

TEST_CASE("whoever is late or stopped in a hall full of tasks, the books balance") {
  const std::uint64_t seed = seed_of_this_run("sync, halls");
  CAPTURE(seed);
  all.reset();
  books book;
  dice draw{seed};
  const unsigned rounds = effort(40, 1000);
  for (unsigned k = 0; k < rounds; ++k) {
    trust::options o;
    o.workers = 1 + draw.below(3);
    o.pin = trust::pinning::none;
    if (draw.one_in(2)) o.shuffle = draw() | 1;
    o.shortcut = draw.one_in(2);
    trust::runtime rt{o};
    std::vector<trust::remote<hall>> halls;
    for (std::size_t i = 0; i < rt.workers(); ++i) halls.push_back(rt.emplace<hall>(trust::on(i), std::ref(book)));
    std::vector<trust::task_handle<void>> guests;
    for (std::size_t i = 0; i < 2 * rt.workers(); ++i) {
      guests.push_back(rt.spawn(
          trust::on(i % rt.workers()),
          [](trust::remote<hall> there, std::uint64_t their) -> task<> {
            co_await there.launch(party, their, 12u, 25u);
          },
          halls[draw.below(halls.size())], draw()));
    }
    for (auto& g : guests) g.get();
    for (auto& h : halls) CHECK(h.apply([](hall& x) { return tidy(x); }).get());
  }
  CHECK(book.wrong == 0);
  CHECK(book.sent == book.received);
  CHECK(book.done > 0);
  CHECK(book.late > 0);
  CHECK(all.alive == 0);
  CHECK(all.twice == 0);
}

TEST_CASE("a runtime that ends in the middle leaves nothing of what waited") {
  const std::uint64_t seed = seed_of_this_run("sync, ends");
  const unsigned most = effort(700, 7'000);
  for (unsigned k = 0; k < most; ++k) {
    CAPTURE(seed);
    CAPTURE(k);
    all.reset();
    books book;
    {
      trust::runtime rt{trust::simulated{.seed = seed + k, .workers = 2, .shortcut = k % 2 == 0}};
      auto h = rt.emplace<hall>(trust::on(k % 2), std::ref(book));
      for (std::uint64_t i = 0; i < 3; ++i) {
        rt.spawn(
              trust::on(i % 2),
              [](trust::remote<hall> there, std::uint64_t their) -> task<> {
                co_await there.launch(party, their, 6u, 200u);
              },
              h, seed + 10 * k + i)
            .detach();
      }
      for (unsigned i = 0; i < k % 500 && rt.core().simulate_once(); ++i) {}
    }
    CHECK(book.wrong == 0);
    CHECK(all.alive == 0);
    CHECK(all.twice == 0);
  }
}
