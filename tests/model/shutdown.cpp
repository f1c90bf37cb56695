// SPDX-License-Identifier: MIT
// shutdown: rounds in which workers report that they are quiet, while messages still go to and fro between them.
//
// The rule of src/worker/ending.cpp in small, over the shipped word: worker 0 starts a round, each worker reports once
// whether it did anything since its last report or has anything to do, and two quiet rounds in a row mean that nothing
// is under way. When worker 0 believes that, every hop of the chain of messages must have happened before, in the
// sense of memory too. One round only is caught, and so is a worker that does not count what it did.
#include "support/checked_machine.hpp"
#include "support/explorer_suite.hpp"
#include <trust/link/word.hpp>

#include <memory>
#include <utility>

namespace {

using machine = model::checked_machine;
using trust::link::word;

struct rule {
  unsigned hops;            // messages in all; worker 1 sends the first
  unsigned rounds = 2;      // quiet ones in a row
  bool counts_work = true;  // a worker that did something since its last report is busy
};

constexpr std::uint64_t over = ~std::uint64_t{0};

struct state {
  word<machine, std::uint32_t> to[2];                // to[i]: the newest message to worker i
  word<machine, std::uint64_t> round{0}, report{0};  // worker 1's; worker 0 knows its own
  model::shared<unsigned> hops{0};
};

class worker {
 public:
  worker(state& s, unsigned me, rule r) : s_{s}, me_{me}, rule_{r}, begin_{me == 1} {}

  // The first part of a pass: what it reports if round `r` has begun.
  std::uint64_t report(std::uint64_t r) {
    const bool busy = begin_ || (rule_.counts_work && work_ != work_at_round_);
    work_at_round_ = work_;
    return 2 * r + (busy ? 1 : 0);
  }

  // The rest: what has to be done. False: nothing.
  bool serve() {
    const unsigned before = work_;
    if (std::exchange(begin_, false)) hop();
    if (const std::uint32_t n = s_.to[me_].see(); n != taken_) taken_ = n, hop();
    return work_ != before;
  }

 private:
  void hop() {
    ++work_;
    const unsigned n = s_.hops.get() + 1;
    s_.hops.set(n);
    if (n <= rule_.hops) s_.to[1 - me_].publish(n);
  }

  state& s_;
  unsigned me_;
  rule rule_;
  bool begin_;  // it has a task that sends the first message
  unsigned work_ = 0, work_at_round_ = 0;
  std::uint32_t taken_ = 0;
};

model::scenario ending(rule r) {
  return [r](model::world& w) {
    auto s = std::make_shared<state>();
    w.thread("worker 0", [=] {
      worker me{*s, 0, r};
      std::uint64_t round = 0, mine = 0;
      for (unsigned quiet = 0;;) {
        if (mine / 2 != round) mine = me.report(round);
        const bool any = me.serve();
        const std::uint64_t other = s->report.see();
        if (other / 2 != round) {
          if (!any) machine::pause();
          continue;
        }
        quiet = round == 0 || mine % 2 || other % 2 ? 0 : quiet + 1;
        if (quiet == r.rounds) break;
        s->round.publish(++round);
      }
      model::check(s->hops.get() == r.hops + 1, "when all are quiet, nothing is under way");
      s->round.publish(over);
    });
    w.thread("worker 1", [=] {
      worker me{*s, 1, r};
      for (std::uint64_t round = 0;;) {
        const std::uint64_t now = s->round.see();
        if (now == over) break;
        const bool reports = now != round;
        if (reports) s->report.publish(me.report(round = now));
        if (!me.serve() && !reports) machine::pause();
      }
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"shutdown", argc, argv};
  t.holds({.name = "one message"}, ending({.hops = 1}));
  t.holds({.name = "two messages", .preemptions = 3}, ending({.hops = 2}));
  t.fails({.name = "one quiet round"}, ending({.hops = 2, .rounds = 1}), "data race");
  t.fails({.name = "work is not counted"}, ending({.hops = 2, .counts_work = false}), "data race");
  return t.run();
}
