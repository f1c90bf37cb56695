// SPDX-License-Identifier: MIT
#pragma once
// scenario: a crowd of tasks that does everything at once, so that a runtime can be ended in the middle of it.
//
// `crowd{rt, seed}` entrusts boxes and latches to all workers and spawns wanderers; each wanderer makes random calls of every verb, holds latches
// over sleeps, launches tasks that call others, starts callbacks, spawns children, entrusts and drops objects. Whatever it meets must be a
// result or one of the errors that an ending runtime may give; anything else is counted as `surprises`. After the end nothing may be alive
// (population.hpp), and each callback that was accepted must have been called once.

#include "population.hpp"
#include "support/seed.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tests {

using namespace std::chrono_literals;

struct box {
  inhabitant who;
  std::uint64_t sum = 0;
};

struct tally {
  std::atomic<std::int64_t> accepted{0};  ///< callbacks handed over
  std::atomic<std::int64_t> called{0};    ///< callbacks called
  std::atomic<std::int64_t> results{0};   ///< calls that gave a value
  std::atomic<std::int64_t> refusals{0};  ///< calls that an ending runtime refused
  std::atomic<std::int64_t> surprises{0};
};

struct world {
  std::vector<trust::remote<box>> boxes;
  std::vector<trust::remote<trust::latch<box>>> latches;
  tally* counts;
};
using shared_world = std::shared_ptr<const world>;

inline void surprise(tally& t, const char* what) {
  t.surprises.fetch_add(1);
  std::fprintf(stderr, "surprise: %s\n", what);
}

/// What may be said by a runtime that ends, or under pressure.
inline bool expected(const std::error_code& c) {
  return c == trust::errc::runtime_stopped || c == trust::errc::cancelled || c == trust::errc::overloaded ||
         c == trust::errc::shared;
}

template <class R> void note(tally& t, const trust::result<R>& r) {
  if (r.has_value()) {
    t.results.fetch_add(1, std::memory_order_relaxed);
  } else if (expected(r.error().code())) {
    t.refusals.fetch_add(1, std::memory_order_relaxed);
  } else {
    surprise(t, r.error().what().c_str());
  }
}

/// A callback that is counted, and carries something that must die.
struct callback {
  explicit callback(tally& t) noexcept : counts{&t} {}
  template <class R> void note_result(const trust::result<R>& r) {
    cargo.check();
    note(*counts, r);
    counts->called.fetch_add(1);
  }
  void operator()(trust::result<std::uint64_t> r) { note_result(r); }
  tally* counts;
  citizen cargo;
};

inline std::uint64_t add(box& b, std::uint64_t x) {
  b.who.at_home();
  return b.sum += x;
}
inline std::uint64_t add_with_cargo(box& b, citizen c, std::uint64_t x) {
  c.check();
  return add(b, x);
}
struct freight {
  explicit freight(std::uint64_t x) noexcept { bytes.fill(x); }
  std::array<std::uint64_t, 512> bytes;
  citizen cargo;
};

trust::task<> wander(shared_world w, std::uint64_t seed, unsigned steps, unsigned depth);

inline trust::task<std::uint64_t> stay(box& b, shared_world w, std::uint64_t seed) {
  dice draw{seed};
  const citizen here;
  const std::uint64_t n = add(b, 1);
  if (draw.one_in(2)) co_await trust::sleep_for(std::chrono::microseconds{draw.below(300)});
  auto& other = w->boxes[draw.below(w->boxes.size())];
  const std::uint64_t there = co_await other.apply(add, n);
  here.check();
  b.who.at_home();
  co_return there;
}

inline trust::task<> sit(box& b, shared_world w) {
  const citizen here;
  const trust::stop_token stop = co_await trust::this_task::stop_token();
  for (unsigned i = 0; i < 50 && !stop.stop_requested(); ++i) {
    b.who.at_home();
    co_await trust::sleep_for(100us);
    co_await w->boxes.front().apply(add, 1u);
  }
}

inline trust::task<std::uint64_t> hold(trust::latch<box>& l, shared_world w, std::uint64_t seed) {
  dice draw{seed};
  const citizen here;
  auto guard = co_await l.lock();
  guard->who.at_home();
  if (draw.one_in(2)) co_await trust::sleep_for(std::chrono::microseconds{draw.below(200)});
  auto& other = w->boxes[draw.below(w->boxes.size())];
  co_await other.apply(add, 1u);
  co_return guard->sum += 1;
}

inline trust::task<> one_step(const shared_world& w, dice& draw, unsigned depth) {
  tally& t = *w->counts;
  auto& b = w->boxes[draw.below(w->boxes.size())];
  auto& l = w->latches[draw.below(w->latches.size())];
  const std::uint64_t x = draw.below(100);
  switch (draw.below(20)) {
    case 0:
      note(t, co_await trust::as_result(b.apply(add, x)));
      break;
    case 1:
      note(t, co_await trust::as_result(b.apply(add_with_cargo, citizen{}, x)));
      break;
    case 2: {
      auto r = co_await trust::as_result(b.with([](const box& o) { return o.who.at_home(), citizen{}; }));
      note(t, r);
      if (r.has_value()) r.value().check();
      break;
    }
    case 3:
      note(t, co_await trust::as_result(b.launch(stay, w, draw())));
      break;
    case 4:
      static_cast<void>(b.post(add_with_cargo, citizen{}, x));
      break;
    case 5: {
      callback then{t};
      t.accepted.fetch_add(1);
      try {
        b.apply_then(add_with_cargo, then, citizen{}, x);
      } catch (...) {
        t.accepted.fetch_sub(1);
        throw;
      }
      break;
    }
    case 6: {
      callback then{t};
      t.accepted.fetch_add(1);
      try {
        b.launch_then(stay, then, w, draw());
      } catch (...) {
        t.accepted.fetch_sub(1);
        throw;
      }
      break;
    }
    case 7:
      note(t, co_await trust::as_result(l.launch(hold, w, draw())));
      break;
    case 8:
      note(t, co_await trust::as_result(l.locked(add_with_cargo, citizen{}, x)));
      break;
    case 9: {
      auto one = b.apply(add, x);
      auto two = l.locked(add, x);
      auto three = b.launch(stay, w, draw());
      auto together = trust::when_all(one, two, three);
      note(t, co_await trust::as_result(together));
      break;
    }
    case 10: {
      if (depth == 0) break;
      trust::scope s;
      for (int i = 0; i < 3; ++i) co_await s.spawn(wander, w, draw(), 3u, depth - 1);
      co_await s.join();
      break;
    }
    case 11: {
      auto fresh = trust::this_runtime().entrust(box{});
      note(t, co_await trust::as_result(fresh.apply(add, x)));
      if (draw.one_in(2)) co_await std::move(fresh).close();
      break;
    }
    case 12: {
      auto fresh = trust::this_runtime().entrust(box{});
      auto copy = fresh;
      if (draw.one_in(2)) copy.reset();
      auto back = co_await trust::as_result(fresh.extract());
      note(t, back);
      break;
    }
    case 13:
      co_await trust::sleep_for(std::chrono::microseconds{draw.below(500)});
      break;
    case 14:
      co_await trust::yield();
      break;
    case 15: {
      if (depth == 0) break;
      auto child = trust::this_runtime().spawn(trust::on(draw.below(trust::this_runtime().workers())), wander, w,
                                               draw(), 3u, depth - 1);
      if (draw.one_in(2)) co_await child;
      break;
    }
    case 16: {
      const auto big = [load = freight{x}](box& o) { return add(o, load.bytes[7]); };
      note(t, co_await trust::as_result(b.apply(big)));
      static_cast<void>(b.post(big));
      break;
    }
    case 17: {
      auto o = b.apply(add, x);
      t.accepted.fetch_add(1);
      try {
        std::move(o).start(callback{t});
      } catch (...) {
        t.accepted.fetch_sub(1);
        throw;
      }
      break;
    }
    case 18:
      static_cast<void>(b.attend(sit, w));
      break;
    case 19: {
      if (!draw.one_in(4)) break;
      if (draw.one_in(2)) {
        co_await trust::flush();
      } else {
        note(t, trust::result<int>{co_await trust::blocking([] { return 1; })});
      }
      break;
    }
  }
}

inline trust::task<> wander(shared_world w, std::uint64_t seed, unsigned steps, unsigned depth) {
  dice draw{seed};
  const citizen here;
  for (unsigned i = 0; i < steps; ++i) {
    std::error_code met;
    try {
      co_await one_step(w, draw, depth);
    } catch (const trust::error& e) {
      met = e.code();
      if (!expected(met)) surprise(*w->counts, e.what());
    } catch (const std::exception& e) {
      surprise(*w->counts, e.what());
    }
    here.check();
    if (met == trust::errc::cancelled) break;
  }
}

/// Fills a runtime with work. The handles live on in the tasks, and in `seen` until it goes.
struct crowd {
  crowd(trust::runtime& rt, std::uint64_t seed, tally& counts, unsigned wanderers = 6, unsigned steps = 40) {
    dice draw{seed};
    auto w = std::make_shared<world>();
    w->counts = &counts;
    for (std::size_t i = 0; i < rt.workers(); ++i) {
      w->boxes.push_back(rt.entrust(trust::on(i), box{}));
      w->latches.push_back(rt.emplace<trust::latch<box>>(trust::on(i)));
    }
    for (unsigned i = 0; i < wanderers; ++i) {
      const auto rank = draw.one_in(3) ? trust::priority::background : trust::priority::normal;
      auto child = rt.spawn(rank, wander, shared_world{w}, draw(), steps, 2u);
      child.detach();
    }
    for (int i = 0; i < 3; ++i) {  // this thread's own calls, which end on the workers
      auto& b = w->boxes[draw.below(w->boxes.size())];
      auto& l = w->latches[draw.below(w->latches.size())];
      counts.accepted.fetch_add(3);
      b.apply(add_with_cargo, citizen{}, 1u).start(callback{counts});
      b.launch(stay, shared_world{w}, draw()).start(callback{counts});
      l.launch(hold, shared_world{w}, draw()).start(callback{counts});
      static_cast<void>(b.post(add_with_cargo, citizen{}, 1u));
      static_cast<void>(b.attend(sit, shared_world{w}));
    }
    seen = std::move(w);
  }
  shared_world seen;
};

}  // namespace tests
