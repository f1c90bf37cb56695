// SPDX-License-Identifier: MIT
// cancel_sync: cancel against complete, for every operation of sync that can wait.
//
// In each round two tasks wait for the same thing, in any order. A third one completes it, once, a fourth asks the first to stop, and a deadline of the
// first may come as well, all within a few steps of each other, on the simulated clock and in the seed's order. However they meet, each
// wait ends in exactly one way, what was completed went to exactly one of them, and nothing is held, waits or is alive afterwards.
#include "population.hpp"
#include "support/effort.hpp"
#include "support/seed.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

namespace {

using namespace tests;
using namespace std::chrono_literals;
using trust::errc;
using trust::task;

enum class ending { none, value, cancelled, timed_out, closed, other };

[[nodiscard]] ending ending_of(const trust::result<void>& r) {
  if (r.has_value()) return ending::value;
  if (r.error() == errc::cancelled) return ending::cancelled;
  if (r.error() == errc::timed_out) return ending::timed_out;
  return r.error() == errc::closed ? ending::closed : ending::other;
}

// What is waited for: `wait` until a deadline, `complete` once, and then whether all is as it must be, by how the two waits ended.

struct setting_an_event {
  trust::event e;
  task<> wait(trust::time_point due, int) { co_await trust::with_deadline(e.wait(), due); }
  void complete() { e.set(); }
  [[nodiscard]] bool right(ending, ending second) const { return e.is_set() && second == ending::value; }
};

struct setting_an_auto_event {
  trust::auto_event e;
  task<> wait(trust::time_point due, int) { co_await trust::with_deadline(e.wait(), due); }
  void complete() { e.set(); }
  [[nodiscard]] bool right(ending first, ending second) const {
    return !e.is_set() && (first == ending::value) != (second == ending::value);
  }
};

struct releasing_a_unit {
  trust::semaphore s{0};
  task<> wait(trust::time_point due, int) { co_await trust::with_deadline(s.acquire(), due); }
  void complete() { s.release(); }
  [[nodiscard]] bool right(ending first, ending second) const {
    return s.available() == 0 && (first == ending::value) != (second == ending::value);
  }
};

struct releasing_what_two_want {
  trust::semaphore s{1};
  task<> wait(trust::time_point due, int) {
    const auto g = co_await trust::with_deadline(s.units(2), due);
    co_await trust::yield();
  }
  void complete() { s.release(); }
  [[nodiscard]] bool right(ending, ending second) const { return s.available() == 2 && second == ending::value; }
};

struct releasing_a_latch {
  trust::latch<int> l;
  std::optional<trust::latch<int>::guard> held = l.try_lock();
  task<> wait(trust::time_point due, int) {
    auto g = co_await trust::with_deadline(l.lock(), due);
    co_await trust::yield();
    ++*g;
  }
  void complete() { held.reset(); }
  [[nodiscard]] bool right(ending, ending second) const { return !l.held() && second == ending::value; }
};

/// Of the two that wait, one reads.
template <bool Held_by_reader, int Reader> struct releasing_a_shared_latch {
  using latch = trust::shared_latch<int>;
  latch l;
  std::optional<latch::guard> written = Held_by_reader ? std::optional<latch::guard>{} : l.try_lock();
  std::optional<latch::shared_guard> read = Held_by_reader ? l.try_lock_shared() : std::optional<latch::shared_guard>{};
  task<> wait(trust::time_point due, int who) {
    if (who == Reader) {
      const auto g = co_await trust::with_deadline(l.lock_shared(), due);
      co_await trust::yield();
    } else {
      const auto g = co_await trust::with_deadline(l.lock(), due);
      co_await trust::yield();
    }
  }
  void complete() {
    written.reset();
    read.reset();
  }
  [[nodiscard]] bool right(ending, ending second) const { return !l.held() && second == ending::value; }
};

/// Whoever it is that is notified, both come back with the latch.
struct notifying_one {
  trust::latch<int> l;
  trust::condition c;
  int back = 0;
  task<> wait(trust::time_point due, int) {
    auto g = co_await l.lock();
    const auto r = co_await trust::as_result(trust::with_deadline(c.wait(g), due));
    if (g && l.held()) ++back;
    co_await trust::yield();
    r.value();
  }
  void complete() { c.notify_one(); }
  [[nodiscard]] bool right(ending first, ending second) const {
    return !l.held() && back == 2 && (first == ending::value) != (second == ending::value);
  }
};

struct notifying_of_a_change {
  trust::latch<bool> l;
  trust::condition c;
  int back = 0;
  bool changed = false;
  task<> wait(trust::time_point due, int) {
    auto g = co_await l.lock();
    const auto r = co_await trust::as_result(trust::with_deadline(c.wait(g, [this] { return changed; }), due));
    if (g && l.held()) ++back;
    r.value();
  }
  void complete() {
    changed = true;
    c.notify_all();
  }
  [[nodiscard]] bool right(ending, ending second) const { return !l.held() && back == 2 && second == ending::value; }
};

template <std::size_t Capacity> struct sending_to_receivers {
  trust::channel<citizen> c{Capacity};
  bool sent = false;
  task<> wait(trust::time_point due, int) {
    auto x = co_await trust::with_deadline(c.receive(), due);
    x.value().check();
  }
  void complete() { sent = c.try_send(citizen{}); }
  [[nodiscard]] bool right(ending first, ending second) const {
    return sent && c.size() == 0 && (first == ending::value) != (second == ending::value);
  }
};

struct receiving_from_senders {
  struct letter {
    explicit letter(int w) noexcept : who{w} {}
    int who;
    citizen cargo;
  };
  trust::channel<letter> c{0};
  std::optional<letter> got;
  task<> wait(trust::time_point due, int who) {
    auto sending = c.send(letter{who});
    const auto r = co_await trust::as_result(trust::with_deadline(sending, due));
    sending.value().cargo.check();
    r.value();
  }
  void complete() {
    if (auto x = c.try_receive()) got.emplace(std::move(*x));
  }
  [[nodiscard]] bool right(ending first, ending second) const {
    return got && (first == ending::value) == (got->who == 0) && (second == ending::value) == (got->who == 1);
  }
};

struct closing_on_senders {
  trust::channel<citizen> c{0};
  task<> wait(trust::time_point due, int) {
    auto sending = c.send(citizen{});
    co_await trust::with_deadline(sending, due);
  }
  void complete() { c.close(); }
  [[nodiscard]] bool right(ending first, ending second) const {
    return first != ending::value && second == ending::closed;
  }
};

struct closing_on_receivers {
  trust::channel<citizen> c{1};
  int drained = 0;
  task<> wait(trust::time_point due, int) {
    const auto x = co_await trust::with_deadline(c.receive(), due);
    drained += x ? 0 : 1;
  }
  void complete() { c.close(); }
  [[nodiscard]] bool right(ending first, ending second) const {
    return second == ending::value && drained == (first == ending::value ? 2 : 1);
  }
};

struct tally {
  unsigned complete = 0, cancelled = 0, timed_out = 0, wrong = 0;
};

task<> pause(dice& draw) {
  if (const std::size_t us = draw.below(4); us != 0) co_await trust::sleep_for(std::chrono::microseconds{us});
  for (std::size_t n = draw.below(3); n > 0; --n) co_await trust::yield();
}

template <class Contest> task<> race_once(dice& draw, tally& t) {
  Contest contest;
  ending ends[2] = {ending::none, ending::none};
  unsigned times_ended = 0;
  int begun = 0;
  trust::scope first, second, others;
  const auto contestant = [&](int who, trust::time_point due) -> task<> {
    ++begun;
    const auto r = co_await trust::as_result(contest.wait(due, who));
    ends[who] = ending_of(r);
    ++times_ended;
  };
  const auto soon = trust::now() + std::chrono::microseconds{1 + draw.below(4)};
  co_await first.spawn(contestant, 0, draw.one_in(2) ? soon : soon + 1h);
  co_await second.spawn(contestant, 1, soon + 1h);
  while (begun != 2) co_await trust::yield();
  co_await others.spawn([&]() -> task<> {
    co_await pause(draw);
    contest.complete();
  });
  co_await others.spawn([&]() -> task<> {
    co_await pause(draw);
    first.request_stop();
    if (draw.one_in(4)) first.request_stop();
  });
  co_await others.join();
  co_await first.join();
  second.request_stop();
  co_await second.join();
  t.complete += ends[0] == ending::value || ends[0] == ending::closed;
  t.cancelled += ends[0] == ending::cancelled;
  t.timed_out += ends[0] == ending::timed_out;
  if (times_ended != 2 || !contest.right(ends[0], ends[1])) ++t.wrong;
}

template <class Contest> void race(const char* what) {
  CAPTURE(what);
  all.reset();
  const std::uint64_t seed = seed_of_this_run(what);
  const unsigned rounds = effort(10'000, 100'000);
  tally t;
  {
    trust::runtime rt{trust::simulated{.workers = 1}};  // in a fixed order: who waits first is known
    rt.block_on([&]() -> task<> {
      dice draw{seed};
      for (unsigned i = 0; i < rounds; ++i) co_await race_once<Contest>(draw, t);
    });
  }
  CHECK(t.wrong == 0);
  CHECK(t.complete + t.cancelled + t.timed_out == rounds);
  CHECK(t.complete > rounds / 20);
  CHECK(t.cancelled > rounds / 20);
  CHECK(t.timed_out > rounds / 50);
  CHECK(all.alive.load() == 0);
  CHECK(all.twice.load() == 0);
}

}  // namespace

TEST_CASE("cancel against complete: event and auto_event") {
  race<setting_an_event>("event");
  race<setting_an_auto_event>("auto_event");
}

TEST_CASE("cancel against complete: semaphore") {
  race<releasing_a_unit>("semaphore");
  race<releasing_what_two_want>("semaphore, two units");
}

TEST_CASE("cancel against complete: latch and shared_latch") {
  race<releasing_a_latch>("latch");
  race<releasing_a_shared_latch<false, 0>>("shared_latch, a reader behind a writer is cancelled");
  race<releasing_a_shared_latch<false, 1>>("shared_latch, a writer behind a writer is cancelled");
  race<releasing_a_shared_latch<true, 1>>("shared_latch, a writer behind a reader is cancelled");
}

TEST_CASE("cancel against complete: condition") {
  race<notifying_one>("condition, one");
  race<notifying_of_a_change>("condition, all");
}

TEST_CASE("cancel against complete: channel") {
  race<sending_to_receivers<0>>("channel, receive from no buffer");
  race<sending_to_receivers<2>>("channel, receive");
  race<receiving_from_senders>("channel, send");
  race<closing_on_senders>("channel, close on senders");
  race<closing_on_receivers>("channel, close on receivers");
}
