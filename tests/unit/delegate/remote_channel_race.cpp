// SPDX-License-Identifier: MIT
// A stop request against the completion of a send and of a receive, at nearly the same time, in the simulation: exactly one of both wins. An
// element is received once if its send succeeded, never if it was cancelled, and by the next receiver if the first was cancelled. 10 000
// rounds each, 100 000 in a long run.

#include "support/effort.hpp"
#include "support/seed.hpp"

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <optional>
#include <utility>

namespace {

using trust::errc;
using trust::remote_channel;
using trust::remote_receiver;
using trust::remote_sender;
using trust::task;
using namespace std::chrono_literals;

using bag = support::luggage<>;

/// What one round does, and when.
struct plan {
  std::size_t waiter, other;  // workers; the channel's is 1
  std::chrono::microseconds stop_at, complete_at;
  std::size_t stop_yields, complete_yields;

  explicit plan(tests::dice& draw)
      : waiter{draw.below(3)},
        other{draw.below(3)},
        stop_at{draw.below(2)},
        complete_at{draw.below(2)},
        stop_yields{draw.below(12)},
        complete_yields{draw.below(12)} {}
};

/// The task that waits, and what has come of it.
struct waiter {
  trust::coro::stop_state* stop = nullptr;
  bool over = false;
  bool cancelled = false;
  int sent = 0;
  std::optional<bag> got;

  void ends(const std::error_code& code) {
    cancelled = code == errc::cancelled;
    CHECK((!code || cancelled));
    over = true;
  }
};

task<> later(std::chrono::microseconds d, std::size_t yields) {
  co_await trust::sleep_for(d);
  for (std::size_t i = 0; i < yields; ++i) co_await trust::yield();
}

/// Runs on the waiter's worker, beside it.
task<> ask_to_stop(waiter* w, plan p) {
  co_await later(p.stop_at, p.stop_yields);
  if (!w->over) w->stop->request();
}

task<int> drain(remote_receiver<bag> from) {
  int n = 0;
  while (const auto x = co_await from.receive()) n += x->intact() ? 1 : 1'000;
  co_return n;
}

task<> sends(remote_channel<bag> ch, waiter* w, support::ledger* book, plan p) {
  while (ch.try_send(bag{*book})) ++w->sent;  // of this worker's credit nothing is left
  const trust::stop_token mine = co_await trust::this_task::stop_token();
  w->stop = mine.state();
  auto stopping = trust::this_runtime().spawn(ask_to_stop, trust::unchecked(w), p);
  const auto r = co_await trust::as_result(ch.send(bag{*book}));
  w->sent += r.has_value() ? 1 : 0;
  w->ends(r.has_value() ? std::error_code{} : r.error().code());
  static_cast<void>(co_await trust::as_result(stopping));  // at its end, where it has stopped this one
}

task<> receives(remote_channel<bag> ch, waiter* w, plan p) {
  const trust::stop_token mine = co_await trust::this_task::stop_token();
  w->stop = mine.state();
  auto stopping = trust::this_runtime().spawn(ask_to_stop, trust::unchecked(w), p);
  auto r = co_await trust::as_result(ch.receive());
  if (r.has_value()) w->got = *std::move(r);
  w->ends(r.has_value() ? std::error_code{} : r.error().code());
  static_cast<void>(co_await trust::as_result(stopping));  // at its end, where it has stopped this one
}

struct score {
  unsigned completed = 0;
  unsigned cancelled = 0;
};

void race_sends(trust::runtime& rt, const plan& p, support::ledger& book, score& s) {
  const remote_channel<bag> ch{rt, trust::on(1), 1};
  waiter w;
  auto sending = rt.spawn(trust::on(p.waiter), sends, ch, trust::unchecked(&w), trust::unchecked(&book), p);
  const auto make_room = [](remote_receiver<bag> from, plan when) -> task<int> {
    co_await later(when.complete_at, when.complete_yields);
    const auto x = co_await from.receive();
    co_return x->intact() ? 1 : 1'000;
  };
  auto receiving = rt.spawn(trust::on(p.other), make_room, ch.rx, p);
  sending.get();
  const int first = receiving.get();
  ch.close();
  const int rest = rt.block_on(drain, ch.rx);
  CHECK(first + rest == w.sent);
  ++(w.cancelled ? s.cancelled : s.completed);
}

void race_receives(trust::runtime& rt, const plan& p, support::ledger& book, score& s) {
  const remote_channel<bag> ch{rt, trust::on(1), 1};
  waiter w;
  auto receiving = rt.spawn(trust::on(p.waiter), receives, ch, trust::unchecked(&w), p);
  const auto complete = [](remote_sender<bag> to, support::ledger* b, plan when) -> task<> {
    co_await later(when.complete_at, when.complete_yields);
    co_await to.send(bag{*b});
  };
  auto sending = rt.spawn(trust::on(p.other), complete, ch.tx, trust::unchecked(&book), p);
  receiving.get();
  sending.get();
  ch.close();
  const int rest = rt.block_on(drain, ch.rx);
  CHECK(w.got.has_value() != w.cancelled);
  CHECK(rest == (w.cancelled ? 1 : 0));
  if (w.got) CHECK(w.got->intact());
  ++(w.cancelled ? s.cancelled : s.completed);
}

template <class Race> void race(const char* name, Race one_round) {
  const std::uint64_t seed = tests::seed_of_this_run(name);
  CAPTURE(seed);
  tests::dice draw{seed};
  const unsigned rounds = tests::effort(10'000, 100'000);
  score s;
  support::ledger book;
  for (unsigned done = 0; done < rounds;) {
    trust::runtime rt{trust::simulated{
        .seed = draw() | 1, .workers = 3, .lane_capacity = draw.one_in(4) ? 2u : 64u, .shortcut = !draw.one_in(4)}};
    for (unsigned i = 0; i < 100 && done < rounds; ++i, ++done) {
      CAPTURE(done);
      one_round(rt, plan{draw}, book, s);
    }
  }
  CHECK(s.completed > rounds / 10);  // it was a race
  CHECK(s.cancelled > rounds / 10);
  CHECK(book.alive == 0);
  CHECK(book.born == book.died);
}

TEST_CASE("a send that waits is either done or cancelled") { race("remote_channel_race, send", race_sends); }

TEST_CASE("a receive that waits has either an element or is cancelled") {
  race("remote_channel_race, receive", race_receives);
}

}  // namespace
