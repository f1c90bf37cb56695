// SPDX-License-Identifier: MIT
// remote: many coroutines on all workers, and foreign threads, call the same few objects by every verb at random.
//
// Every call carries the number that its caller's thread gives it for that object, and the object checks that it sees each caller's
// numbers one after the other: so nothing is lost, run twice or overtaken, whichever verb, lane, inbox or shortcut it took (promise 1).
// Arguments, results and objects are counted: each dies once, objects at home.
#include "population.hpp"
#include "support/effort.hpp"
#include "support/seed.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

constexpr std::size_t objects = 4;
constexpr std::size_t most_callers = 8;

/// The number of a call, with cargo.
struct stamp {
  stamp(std::size_t c, std::uint64_t n) noexcept : caller{c}, number{n} {}
  std::size_t caller;
  std::uint64_t number;
  citizen cargo;
};

struct ledger {
  inhabitant who;
  std::array<std::uint64_t, most_callers> seen{};
  std::uint64_t wrong = 0;
  std::uint64_t calls = 0;
};

std::uint64_t enter(ledger& l, stamp s) {
  l.who.at_home();
  s.cargo.check();
  if (l.seen[s.caller]++ != s.number) ++l.wrong;
  return ++l.calls;
}
citizen enter_for_cargo(ledger& l, stamp s) {
  enter(l, std::move(s));
  return {};
}
trust::task<std::uint64_t> enter_and_stay(ledger& l, stamp s) {
  const std::uint64_t n = enter(l, std::move(s));
  const citizen here;
  co_await trust::yield();
  l.who.at_home();
  co_return n;
}
struct weight {
  weight() noexcept { bytes.fill(7); }
  std::array<unsigned char, 4096> bytes;
};
std::uint64_t enter_heavily(ledger& l, stamp s, weight w) {
  if (w.bytes[0] != 7 || w.bytes[4095] != 7) ++l.wrong;
  return enter(l, std::move(s));
}

struct caller_state {
  std::size_t id = 0;
  std::array<std::uint64_t, objects> made{};  // the next number for each object: this thread's alone
};

struct scene {
  std::array<trust::remote<ledger>, objects> books;
  std::vector<std::unique_ptr<caller_state>> callers;  // one a worker, then one a foreign thread
  std::atomic<std::int64_t> thens{0};
  std::atomic<std::int64_t> bad_thens{0};
};

struct then_count {
  explicit then_count(scene& s) noexcept : where{&s} {}
  void operator()(trust::result<std::uint64_t> r) {
    cargo.check();
    if (!r.has_value()) where->bad_thens.fetch_add(1);
    where->thens.fetch_sub(1);
  }
  scene* where;
  citizen cargo;
};

/// A message may be refused while the lane's backlog is full: then the number has not been used.
template <class F> bool unless_overloaded(std::uint64_t& number, F&& send) {
  try {
    send();
    return true;
  } catch (const trust::error& e) {
    if (e.code() != trust::errc::overloaded) throw;
    --number;
    return false;
  }
}

trust::task<> clerk(scene* s, std::uint64_t seed, unsigned calls) {
  dice draw{seed};
  caller_state& me = *s->callers[trust::this_worker().index()];
  for (unsigned i = 0; i < calls; ++i) {
    const std::size_t which = draw.below(objects);
    auto& book = s->books[which];
    std::uint64_t& next = me.made[which];
    const auto mark = [&] { return stamp{me.id, next++}; };
    switch (draw.below(11)) {
      case 0:
      case 1:
        co_await book.apply(enter, mark());
        break;
      case 2:
        (co_await book.apply(enter_for_cargo, mark())).check();
        break;
      case 3:
        co_await book.apply(enter_heavily, mark(), weight{});
        break;
      case 4:
        co_await book.launch(enter_and_stay, mark());
        break;
      case 5: {
        trust::sent out;
        if (unless_overloaded(next, [&] { out = book.post(enter, mark()); }) && draw.one_in(2)) co_await out;
        break;
      }
      case 6:
        if (!book.try_post(enter_heavily, mark(), weight{})) --next;
        break;
      case 7:
        s->thens.fetch_add(1);
        if (!unless_overloaded(next, [&] { book.apply_then(enter, then_count{*s}, mark()); })) s->thens.fetch_sub(1);
        break;
      case 8:
        s->thens.fetch_add(1);
        if (!unless_overloaded(next, [&] { book.launch_then(enter_and_stay, then_count{*s}, mark()); }))
          s->thens.fetch_sub(1);
        break;
      case 9: {
        auto one = book.apply(enter, mark());
        auto two = book.launch(enter_and_stay, mark());
        auto three = book.apply(enter_for_cargo, mark());
        auto together = trust::when_all(one, two, three);
        co_await together;
        break;
      }
      case 10:
        co_await trust::yield();
        break;
    }
  }
}

void stranger(scene& s, caller_state& me, std::uint64_t seed, unsigned calls) {
  dice draw{seed};
  for (unsigned i = 0; i < calls; ++i) {
    const std::size_t which = draw.below(objects);
    const auto book = s.books[which];
    std::uint64_t& next = me.made[which];
    const auto mark = [&] { return stamp{me.id, next++}; };
    switch (draw.below(6)) {
      case 0:
        book.apply(enter, mark()).get();
        break;
      case 1:
        unless_overloaded(next, [&] { book.apply(enter_for_cargo, mark()).future().get().check(); });
        break;
      case 2:
        book.launch(enter_and_stay, mark()).get();
        break;
      case 3:
        unless_overloaded(next, [&] { static_cast<void>(book.post(enter, mark())); });
        break;
      case 4:
        s.thens.fetch_add(1);
        if (!unless_overloaded(next, [&] { book.apply(enter_heavily, mark(), weight{}).start(then_count{s}); }))
          s.thens.fetch_sub(1);
        break;
      case 5:
        s.thens.fetch_add(1);
        if (!unless_overloaded(next, [&] { book.launch(enter_and_stay, mark()).start(then_count{s}); }))
          s.thens.fetch_sub(1);
        break;
    }
  }
}

void play(const trust::options& o, std::uint64_t seed, unsigned calls) {
  dice draw{seed};
  scene s;
  {
    trust::runtime rt{o};
    const std::size_t strangers = 3;
    REQUIRE(rt.workers() + strangers <= most_callers);
    for (std::size_t i = 0; i < objects; ++i) s.books[i] = rt.entrust(trust::on(i % rt.workers()), ledger{});
    for (std::size_t i = 0; i < rt.workers() + strangers; ++i)
      s.callers.push_back(std::make_unique<caller_state>(caller_state{.id = i}));
    std::vector<trust::task_handle<void>> clerks;
    for (std::size_t w = 0; w < rt.workers(); ++w) {
      for (int i = 0; i < 12; ++i) clerks.push_back(rt.spawn(trust::on(w), clerk, trust::unchecked(&s), draw(), calls));
    }
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < strangers; ++i) {
      threads.emplace_back([&, i, own = draw()] { stranger(s, *s.callers[rt.workers() + i], own, calls); });
    }
    for (auto& c : clerks) c.get();
    for (auto& t : threads) t.join();
    while (s.thens.load() != 0) std::this_thread::sleep_for(1ms);
    for (std::size_t i = 0; i < objects; ++i) {
      // What was posted by workers may still be on its way: each worker flushes its own.
      for (std::size_t w = 0; w < rt.workers(); ++w) {
        rt.spawn(
              trust::on(w),
              [](scene* all_of_it, std::size_t book) -> trust::task<> { co_await all_of_it->books[book].flush(); },
              trust::unchecked(&s), i)
            .get();
      }
      const ledger copy = [&] {
        ledger l;
        s.books[i].with([&l](const ledger& b) { l.seen = b.seen, l.wrong = b.wrong, l.calls = b.calls; }).get();
        return l;
      }();
      CHECK(copy.wrong == 0);
      for (std::size_t c = 0; c < s.callers.size(); ++c) CHECK(copy.seen[c] == s.callers[c]->made[i]);
    }
    CHECK(s.bad_thens.load() == 0);
    for (auto& b : s.books) b.reset();
  }
  CHECK(all.alive.load() == 0);
  CHECK(all.twice.load() == 0);
  CHECK(all.strayed.load() == 0);
  all.reset();
}

trust::options three_workers() {
  trust::options o;
  o.workers = 3;
  o.pin = trust::pinning::none;
  o.stall_report = 0ms;
  return o;
}

}  // namespace

TEST_CASE("all verbs from everywhere at once: each caller's calls run once, in the order in which they were made") {
  const std::uint64_t seed = seed_of_this_run("remote");
  dice draw{seed};
  const unsigned rounds = effort(100, 2000);
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(seed);
    CAPTURE(k);
    trust::options o = three_workers();
    o.lane_capacity = k % 3 == 0 ? 2 : k % 3 == 1 ? 16 : 512;
    o.shortcut = k % 2 == 0;
    o.shuffle = k % 4 < 2 ? 0 : draw() | 1;
    o.backlog = k % 5 == 4 ? 8 : 4096;
    o.spin = k % 3 == 2 ? trust::spinning::park_at_once : trust::spinning::adaptive;
    play(o, draw(), sanitized ? 60 : 300);
  }
}
