// SPDX-License-Identifier: MIT
// parker: a worker that sleeps against one or two producers that publish, with membarrier and without.
//
// The bell orders nothing by itself, so all that the sleeper knows comes through the flag, the barrier and what it
// looks at. The sleeper is a worker's loop: look, raise the flag, look once more, sleep, lower the flag. It ends
// when it has found everything; if it sleeps on something that was published, nobody can go on, and that is the
// lost wake-up.
#include "support/checked_machine.hpp"
#include "support/explorer_suite.hpp"
#include <trust/link/parker.hpp>

#include <memory>

namespace {

using machine = model::checked_machine;
using namespace trust::link;
using enum std::memory_order;

struct state {
  parker<machine> flag;
  machine::atomic<std::uint32_t> words[2];  // what the producers publish: as turn words do
  model::shared<int> payload[2];
  model::bell bell;
  struct {
    unsigned producer, publication;
  } rung{};  // by whom and for what: written in one step with the claim, read after it was seen
};

model::scenario parking(unsigned producers, unsigned publications, bool membarrier) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    model::label(&s->flag, "flag");
    model::label(&s->words[0], "word 0");
    model::label(&s->words[1], "word 1");
    w.thread("sleeper", [=] {
      unsigned found[2] = {};
      const auto look = [&] {
        bool any = false;
        for (unsigned p = 0; p < producers; ++p) {
          const unsigned n = s->words[p].load(acquire);
          if (n == found[p]) continue;
          found[p] = n;
          model::check(s->payload[p].get() >= 1, "the payload is there");
          any = true;
        }
        return any;
      };
      const auto all = [&] {
        for (unsigned p = 0; p < producers; ++p)
          if (found[p] != publications) return false;
        return true;
      };
      bool woken = false;
      for (;;) {
        const bool any = look();
        if (woken)
          model::check(found[s->rung.producer] >= s->rung.publication, "who was rung finds what it was rung for");
        woken = false;
        if (all()) break;
        if (any || !s->flag.prepare(membarrier)) continue;
        if (machine::step(step::second_look) && look()) {
          s->flag.cancel();
          if (all()) break;
          continue;
        }
        s->bell.wait();
        woken = s->flag.cancel();
      }
    });
    for (unsigned p = 0; p < producers; ++p)
      w.thread(p ? "producer 1" : "producer 0", [=] {
        for (unsigned i = 1; i <= publications; ++i) {
          if (i == 1) s->payload[p].set(1);
          s->words[p].store(i, release);
          const duty d = s->flag.after_publishing(membarrier);
          model::check(d != duty::absent, "nobody has left");
          if (d == duty::ring) {
            s->rung = {p, i};
            s->bell.ring();
          }
        }
      });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"parker", argc, argv};
  t.holds({.name = "membarrier, one publication"}, parking(1, 1, true));
  t.holds({.name = "membarrier, two publications"}, parking(1, 2, true));
  t.holds({.name = "membarrier, busy", .busy = 2}, parking(1, 1, true));
  t.holds({.name = "membarrier, two producers"}, parking(2, 1, true));
  t.holds({.name = "fallback, one publication", .membarrier = false}, parking(1, 1, false));
  t.holds({.name = "fallback, two publications", .membarrier = false}, parking(1, 2, false));
  t.holds({.name = "fallback, two producers", .membarrier = false}, parking(2, 1, false));
  t.weaken("park", edge::park, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("claim", edge::claim, {model::weaker::release_end, model::weaker::acquire_end});
  t.leave_out("second_look", step::second_look);
  t.leave_out("barrier", step::barrier);
  t.leave_out("ring", step::ring);
  return t.run();
}
