// SPDX-License-Identifier: MIT
// oneshot: a result and the one who waits for it, made and asked for at the same time.
//
// Whatever the order, either the taker reads the result itself, or the maker is told whom to wake; never both,
// never neither.
#include "support/checked_machine.hpp"
#include "support/explorer_suite.hpp"
#include <trust/link/oneshot.hpp>

#include <memory>

namespace {

using machine = model::checked_machine;
using namespace trust::link;

struct waiter {
  model::shared<int> name{0};
  model::bell bell;
};

struct state {
  oneshot<machine, waiter> word;
  model::shared<int> result{0};
  waiter who;
};

model::scenario meeting(bool looks_first) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    w.thread("maker", [=] {
      s->result.set(42);
      if (waiter* told = s->word.finish()) {
        model::check(told == &s->who && told->name.get() == 7, "the waiter is whole");
        told->bell.ring();
      }
    });
    w.thread("taker", [=] {
      if (!looks_first || !s->word.finished()) {
        s->who.name.set(7);
        if (s->word.wait(s->who)) {
          s->who.bell.wait();
          model::check(s->word.finished(), "who was told finds it finished");
        }
      }
      model::check(s->result.get() == 42, "the result is there");
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"oneshot", argc, argv};
  t.holds({.name = "wait", .bells_order = true}, meeting(false));
  t.holds({.name = "look, then wait", .bells_order = true}, meeting(true));
  t.weaken("finished", edge::finished, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("waiting", edge::waiting, {model::weaker::release_end, model::weaker::acquire_end});
  return t.run();
}
