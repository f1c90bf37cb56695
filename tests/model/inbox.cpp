// SPDX-License-Identifier: MIT
// inbox: two foreign threads push while the worker takes, and while it closes.
//
// Letters are on the heap: the taker deletes what it takes, the sender what was refused. So a letter that is lost
// is a leak, and one that both believe to own is freed twice.
#include "support/checked_machine.hpp"
#include "support/explorer_suite.hpp"
#include <trust/link/inbox.hpp>

#include <memory>

namespace {

using machine = model::checked_machine;
using namespace trust::link;

struct letter {
  letter* next = nullptr;
  model::shared<unsigned> from{0}, number{0};
};

struct state {
  inbox<machine, letter> box;
};

// Deletes a chain; those of one thread come in its order.
unsigned read_all(letter* l, unsigned (&last)[2]) {
  unsigned n = 0;
  while (l) {
    const unsigned from = l->from.get(), number = l->number.get();
    model::check(number == last[from] + 1, "letters of one thread come in order, each once");
    last[from] = number;
    machine::read(&l->next, sizeof l->next);
    letter* next = l->next;
    delete l;
    l = next;
    ++n;
  }
  return n;
}

void pushers(model::world& w, const std::shared_ptr<state>& s, unsigned count, unsigned each) {
  for (unsigned p = 0; p < count; ++p)
    w.thread(p ? "pusher 1" : "pusher 0", [=] {
      for (unsigned i = 1; i <= each; ++i) {
        auto* l = new letter;
        machine::wrote(l, sizeof *l);
        l->from.set(p);
        l->number.set(i);
        if (!s->box.push(*l)) {
          delete l;
          model::check(s->box.is_closed(), "only a closed inbox refuses");
          break;
        }
      }
    });
}

model::scenario taking(unsigned count, unsigned each) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    pushers(w, s, count, each);
    w.thread("worker", [=] {
      unsigned last[2] = {};
      for (unsigned got = 0; got < count * each;) {
        const unsigned n = read_all(s->box.take(), last);
        got += n;
        if (n == 0) machine::pause();
      }
      model::check(s->box.take() == nullptr, "nothing comes twice");
    });
  };
}

model::scenario closing(unsigned count, unsigned each, bool takes_first) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    pushers(w, s, count, each);
    w.thread("worker", [=] {
      unsigned last[2] = {};
      if (takes_first) read_all(s->box.take(), last);
      read_all(s->box.close(), last);
      model::check(s->box.close() == nullptr && s->box.empty(), "a closed inbox stays empty");
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"inbox", argc, argv};
  t.holds({.name = "one pusher, three letters"}, taking(1, 3));
  t.holds({.name = "two pushers"}, taking(2, 1));
  t.holds({.name = "two pushers, spurious", .spurious = 2}, taking(2, 1));
  t.holds({.name = "two pushers, two letters each", .preemptions = 3}, taking(2, 2));
  t.holds({.name = "close against push"}, closing(1, 2, false));
  t.holds({.name = "close against two"}, closing(2, 1, false));
  t.holds({.name = "take, then close against two"}, closing(2, 1, true));
  t.weaken("mail", edge::mail, {model::weaker::release_end, model::weaker::acquire_end});
  return t.run();
}
