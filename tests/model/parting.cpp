// SPDX-License-Identifier: MIT
// parting: a trustee leaves while its client goes on publishing: each request is run or taken back, exactly once.
//
// The trustee takes what it likes, raises `left`, makes a barrier, looks for the last time, and closes the lane. A
// client that finds `left` waits for the lane to close and takes back the rest; one that did not find it just
// waits for its answers, which must come. Completions that found the mailbox full come with the rest.
#include "lane_scenario.hpp"
#include <trust/link/parker.hpp>

namespace {

using namespace lanes;
using link::parker, link::duty;

struct state {
  pair p{4, 0};
  parker<machine> flag;
  model::shared<unsigned> ran[4], returned[4];
};

void count(model::shared<unsigned>& n) { n.set(n.get() + 1); }

model::scenario leaving(unsigned requests, unsigned served_first, bool membarrier) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    w.thread("client", [=] {
      node waiters[4];
      lane& l = *s->p.l;
      bool absent = false;
      unsigned sent = 0, over = 0;
      for (; sent < requests && !absent; ++sent) {
        model::check(send(l, sent + 1, 1, &waiters[sent]), "there is room");
        absent = s->flag.after_publishing(membarrier) == duty::absent;
      }
      if (!absent) {
        while (over < sent) {
          const unsigned n = collect(l);
          over += n;
          if (n == 0) machine::pause();
        }
      } else {
        model::block_until([&] { return l.closed(); });
        over += collect(l);
        l.take_back([&](record& r, node* who) {
          model::check(who && who->number == look_into(r, 0), "what comes back is its own");
          count(s->returned[who->number - 1]);
          ++over;
        });
      }
      model::check(over == sent, "each request is answered or taken back");
      l.leave();
    });
    w.thread("trustee", [=] {
      lane& l = *s->p.l;
      const auto serve = [&](unsigned most) {
        for (unsigned n = 0; n < most; ++n) {
          const std::uint64_t number = take(l);
          if (number == 0) break;
          count(s->ran[number - 1]);
        }
        tell(l);
      };
      serve(served_first);
      s->flag.leave();
      if (membarrier && machine::step(step::barrier))
        while (!machine::membarrier()) {}
      serve(4);
      l.close();
      l.leave();
    });
    w.finally([=] {
      for (unsigned i = 0; i < requests; ++i)
        model::check(s->ran[i].get() + s->returned[i].get() <= 1, "nothing is both run and taken back");
    });
  };
}

// Results that were finished before the trustee left come with the chain, or with the rest.
model::scenario completing(unsigned results) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    auto nodes = std::make_shared<std::array<node, 4>>();
    w.thread("client", [=] {
      lane& l = *s->p.l;
      unsigned got = 0;
      const auto resume = [&](node* chain) {
        for (; chain; ++got) {
          machine::read(&chain->next, sizeof chain->next);
          model::check(chain->result.get() == got + 1, "results come in order, each once");
          chain = chain->next;
        }
      };
      resume(l.collect_completions());
      model::block_until([&] { return l.closed(); });
      resume(l.collect_completions());
      resume(l.take_rest());
      model::check(got == results, "no result is lost");
      l.leave();
    });
    w.thread("trustee", [=] {
      lane& l = *s->p.l;
      for (unsigned i = 0; i < results; ++i) {
        (*nodes)[i].result.set(i + 1);
        l.completions_out().add((*nodes)[i]);
        (void)l.completions_out().tell();
      }
      l.close();
      l.leave();
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"parting", argc, argv};
  t.holds({.name = "membarrier, one request"}, leaving(1, 0, true));
  t.holds({.name = "membarrier, two requests"}, leaving(2, 1, true));
  t.holds({.name = "membarrier, three requests"}, leaving(3, 1, true));
  t.holds({.name = "fallback, one request", .membarrier = false}, leaving(1, 0, false));
  t.holds({.name = "fallback, two requests", .membarrier = false}, leaving(2, 1, false));
  t.holds({.name = "fallback, three requests", .membarrier = false}, leaving(3, 1, false));
  t.holds({.name = "completions"}, completing(2));
  t.weaken("closed", edge::closed, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("park", edge::park, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("drop", edge::drop, {model::weaker::release_end, model::weaker::acquire_end});
  t.leave_out("barrier", step::barrier);
  return t.run();
}
