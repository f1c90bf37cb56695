// SPDX-License-Identifier: MIT
// halt: a call that was answered `later` completes while a message that stops it is on its way.
//
// The waiter ends when its caller goes on, so a trustee that still looks at it would be seen. Each result is either what the trustee had at the
// end of its own work or what it makes of the request to stop, and comes once.
#include "lane_scenario.hpp"
#include <trust/link/halt.hpp>

#include <utility>

namespace {

using namespace lanes;

constexpr std::uint64_t stop_mark = 1000;  // the number of a record that stops; the call's own is 1
constexpr std::uint64_t whole = 7, stopped = 8;

struct call : node {
  link::halt<machine> talk;
  const void* waits_at = nullptr;  // the trustee's
};

bool ask_to_stop(lane& l, call& c) {
  if (!send(l, stop_mark, 1, &c)) return false;
  c.talk.send();
  return true;
}

struct plan {
  unsigned work;   // passes of the trustee before the call completes by itself
  unsigned early;  // passes of the client before it asks; the answer `later` has come by then
  std::uint32_t granules = 2;
};

model::scenario stopping(plan p) {
  return [p](model::world& w) {
    auto s = std::make_shared<pair>(p.granules, 0);
    auto* c = new call;
    auto left = std::make_shared<machine::atomic<std::uint32_t>>(0);
    w.thread("client", [s, p, c, left] {
      model::check(send(*s->l, 1, 1, c), "the lane is empty at first");
      bool waits = true, later = false;
      unsigned passes = 0;
      const auto goes_on = [&](bool now) {
        if (!now) return;
        model::check(c->result.get() == whole || c->result.get() == stopped, "the result is there");
        delete c;
        waits = false;
      };
      while (waits) {
        node* const chain = later ? s->l->collect_completions() : nullptr;
        status st{};
        std::uint64_t value = 0;
        bool moved = chain != nullptr;
        while (waits && s->l->collect(st, value) != nullptr) {
          moved = true;
          model::check(st == status::later, "both are answered later");
          if (std::exchange(later, true)) goes_on(c->talk.answered());
        }
        if (chain != nullptr && waits) goes_on(c->talk.completed());
        if (waits && later && passes++ == p.early) c->talk.ask();
        if (waits && c->talk.to_be_sent()) moved |= ask_to_stop(*s->l, *c);
        if (waits && !moved) machine::pause();
      }
      left->store(1, std::memory_order_release);
      s->l->leave();
    });
    w.thread("trustee", [s, p, c, left] {
      bool waits = false;
      unsigned passes = 0;
      const auto complete = [&](std::uint64_t with) {
        waits = false;
        c->waits_at = nullptr;
        machine::wrote(&c->waits_at, sizeof c->waits_at);
        c->result.set(with);
        s->l->completions_out().add(*c);
      };
      while (left->load(std::memory_order_acquire) == 0) {
        if (record* r = s->l->in().look()) {
          const std::uint64_t number = look_into(*r, 0);
          s->l->in().pass(*r);
          if (number == stop_mark) {
            machine::read(&c->waits_at, sizeof c->waits_at);
            if (c->waits_at != nullptr) complete(stopped);
          } else {
            c->waits_at = c;
            machine::wrote(&c->waits_at, sizeof c->waits_at);
            waits = true;
          }
          s->l->replies_out().answer(status::later);
          tell(*s->l);
        } else if (waits && ++passes > p.work) {
          complete(whole);
        } else {
          machine::pause();
        }
        (void)s->l->completions_out().tell();
      }
      s->l->leave();
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"halt", argc, argv};
  t.holds({.name = "asked at once"}, stopping({1, 0}));
  t.holds({.name = "completed at once"}, stopping({0, 1}));
  t.holds({.name = "a lane of four"}, stopping({0, 0, 4}));
  t.weaken("completion", edge::completion, {model::weaker::release_end, model::weaker::acquire_end});
  t.leave_out("both", step::both);
  return t.run();
}
