// SPDX-License-Identifier: MIT
// replies: answers packed in lines: a line that fills, the next one, the first one again, and values that stay whole.
//
// The lane of 2 granules has one line and one answer outstanding, so each further lap writes the line that was
// just read; the lane of 4 has two lines. Setup runs answers until the line is about to be full.
#include "lane_scenario.hpp"

namespace {

using namespace lanes;

model::scenario answers(std::uint32_t granules, unsigned before, unsigned requests, unsigned burst) {
  return [=](model::world& w) {
    auto s = std::make_shared<pair>(granules, 0);
    node setup_waiter;
    s->run(before, &setup_waiter);
    w.thread("client", [=] {
      node waiters[8];
      unsigned sent = 0, collected = 0;
      while (collected < requests) {
        while (sent < requests && send(*s->l, sent + 1, 1, &waiters[sent])) ++sent;
        const unsigned n = collect(*s->l);
        collected += n;
        if (n == 0) machine::pause();
      }
      model::check(s->l->outstanding() == 0, "nothing is outstanding");
      s->l->leave();
    });
    w.thread("trustee", [=] {
      unsigned taken = 0;
      while (taken < requests) {
        unsigned n = 0;
        while (n < burst && taken < requests && take(*s->l) != 0) ++taken, ++n;
        if (n) {
          tell(*s->l);
        } else {
          machine::pause();
        }
      }
      s->l->leave();
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"replies", argc, argv};
  t.holds({.name = "one line, used again"}, answers(2, 5, 3, 1));
  t.holds({.name = "a line fills in a burst"}, answers(4, 6, 2, 2));
  t.holds({.name = "back to the first line"}, answers(4, 12, 3, 3));
  t.holds({.name = "three answers, told one by one"}, answers(4, 5, 3, 1));
  t.weaken("answer", edge::answer, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("call", edge::call, {model::weaker::release_end, model::weaker::acquire_end});
  return t.run();
}
