// SPDX-License-Identifier: MIT
// completions: chains of finished waiters through the one-word mailbox.
//
// The waiters lie in the client's frames and end when they are resumed, so the client deletes each as soon as it
// has taken it: a trustee that still touched one would be seen. What the trustee could not publish waits for the
// mailbox to be emptied.
#include "lane_scenario.hpp"
#include <trust/link/parker.hpp>

namespace {

using namespace lanes;
using link::completions;

struct state {
  completions<machine, node> box;
  node* nodes[4] = {};
};

void finish(state& s, unsigned i) {
  s.nodes[i]->result.set(100 + i);
  s.box.add(*s.nodes[i]);
}

// Resumes a chain; the order over all chains is that of `add`.
unsigned resume(node* chain, unsigned expected) {
  unsigned n = 0;
  while (chain) {
    machine::read(&chain->next, sizeof chain->next);
    node* next = chain->next;
    model::check(chain->result.get() == 100 + expected + n, "results come in order, each once");
    delete chain;
    chain = next;
    ++n;
  }
  return n;
}

// `tells[i]`: does the trustee tell after its i-th result? What is pending at the end it tells until it can.
model::scenario chains(unsigned count, unsigned tells) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    for (unsigned i = 0; i < count; ++i) s->nodes[i] = new node;
    w.thread("trustee", [=] {
      for (unsigned i = 0; i < count; ++i) {
        finish(*s, i);
        if (tells >> i & 1) (void)s->box.tell();
      }
      model::block_until([&] { return s->box.tell(); });
    });
    w.thread("client", [=] {
      for (unsigned got = 0; got < count;) {
        const unsigned n = resume(s->box.take(), got);
        got += n;
        if (n == 0) machine::pause();
      }
    });
  };
}

// The trustee sleeps while a chain is pending and the mailbox full: "pending and empty" is what its second look
// looks for, and the client that empties looks at the parker. Emptying is a relaxed store; the pair of parker and
// barrier is what makes it seen.
model::scenario sleeping(bool membarrier) {
  return [=](model::world& w) {
    struct sleeper : state {
      link::parker<machine> flag;
      model::bell bell;
    };
    auto s = std::make_shared<sleeper>();
    for (unsigned i = 0; i < 2; ++i) s->nodes[i] = new node;
    w.thread("trustee", [=] {
      finish(*s, 0);
      model::check(s->box.tell(), "the mailbox is empty at first");
      finish(*s, 1);
      while (!s->box.tell()) {
        if (!s->flag.prepare(membarrier)) continue;
        if (machine::step(step::second_look) && s->box.tell()) {
          s->flag.cancel();
          break;
        }
        s->bell.wait();
        s->flag.cancel();
      }
    });
    w.thread("client", [=] {
      for (unsigned got = 0; got < 2;) {
        node* chain = s->box.take();
        if (chain && s->flag.after_publishing(membarrier) == link::duty::ring) s->bell.ring();
        if (!chain) machine::pause();
        got += resume(chain, got);
      }
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"completions", argc, argv};
  t.holds({.name = "one"}, chains(1, 1));
  t.holds({.name = "three, told one by one"}, chains(3, 7));
  t.holds({.name = "three, two at once"}, chains(3, 6));
  t.holds({.name = "four"}, chains(4, 15));
  t.holds({.name = "sleeping on a full mailbox", .busy = 1}, sleeping(true));
  t.holds({.name = "the same by the fallback", .membarrier = false}, sleeping(false));
  t.weaken("completion", edge::completion, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("park", edge::park, {model::weaker::release_end, model::weaker::acquire_end});
  t.leave_out("second_look", step::second_look);
  t.leave_out("barrier", step::barrier);
  return t.run();
}
