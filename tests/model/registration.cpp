// SPDX-License-Identifier: MIT registration: a client makes a lane, tells the worker through its inbox, and
// publishes on it at once; the worker may be closing.
//
// The letter carries the lane, so all that the client wrote when it made the lane is visible to who opens the
// letter. A worker that sleeps is rung for the letter. If the inbox is closed, both ends of the lane are the
// client's; a worker that took the letter has looked at the lane at least once when it leaves, and what it did not
// see is taken back.
#include "lane_scenario.hpp"
#include <trust/link/inbox.hpp>
#include <trust/link/parker.hpp>

namespace {

using namespace lanes;
using link::duty, link::inbox, link::parker;

struct letter {
  letter* next = nullptr;
  lane* l = nullptr;
};

constexpr unsigned most = 2;  // requests

struct state {
  inbox<machine, letter> mail;
  parker<machine> flag;
  model::bell bell;
  model::shared<unsigned> ran[most], returned[most];
};

// The worker serves until all requests came, and sleeps while there is nothing.
model::scenario registering(unsigned requests, bool membarrier) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    w.thread("client", [=] {
      const auto look = [&] {
        if (s->flag.after_publishing(membarrier) == duty::ring) s->bell.ring();
      };
      lane* l = lane::make(4, nullptr, nullptr);
      auto* in = new letter{nullptr, l};
      machine::wrote(in, sizeof *in);
      model::check(s->mail.push(*in), "the inbox is open");
      look();
      for (unsigned i = 0; i < requests; ++i) {
        model::check(send(*l, i + 1, 1, nullptr), "there is room");
        look();
      }
      l->leave();
    });
    w.thread("worker", [=] {
      lane* l = nullptr;
      unsigned ran = 0;
      const auto look_around = [&] {
        bool any = false;
        if (letter* in = s->mail.take()) {
          machine::read(in, sizeof *in);
          model::check(in->next == nullptr && l == nullptr, "one lane is registered");
          l = in->l;
          delete in;
          any = true;
        }
        if (l)
          while (take(*l)) ++ran, any = true;
        if (any && l) tell(*l);
        return any;
      };
      while (ran < requests) {
        if (look_around() || !s->flag.prepare(membarrier)) continue;
        if (machine::step(step::second_look) && look_around()) {
          s->flag.cancel();
          continue;
        }
        s->bell.wait();
        s->flag.cancel();
      }
      l->leave();
    });
  };
}

// The worker leaves at any time: `left`, barrier, close the inbox, last look, close the lane.
model::scenario closing(unsigned requests, bool membarrier) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    w.thread("client", [=] {
      lane* l = lane::make(4, nullptr, nullptr);
      auto* in = new letter{nullptr, l};
      machine::wrote(in, sizeof *in);
      if (!s->mail.push(*in)) {
        delete in;
        l->leave();
        l->leave();
        return;
      }
      bool absent = s->flag.after_publishing(membarrier) == duty::absent;
      for (unsigned i = 0; i < requests && !absent; ++i) {
        model::check(send(*l, i + 1, 1, nullptr), "there is room");
        absent = s->flag.after_publishing(membarrier) == duty::absent;
      }
      model::block_until([&] { return l->closed(); });
      l->take_back([&](record& r, node*) { s->returned[look_into(r, 0) - 1].set(1); });
      if (!absent) model::check(s->returned[requests - 1].get() == 0, "who did not find the worker gone was served");
      l->leave();
    });
    w.thread("worker", [=] {
      s->flag.leave();
      if (membarrier && machine::step(step::barrier))
        while (!machine::membarrier()) {}
      letter* in = s->mail.close();
      if (!in) return;
      machine::read(in, sizeof *in);
      lane* l = in->l;
      delete in;
      while (const std::uint64_t number = take(*l)) s->ran[number - 1].set(1);
      tell(*l);
      l->close();
      l->leave();
    });
    w.finally([=] {
      for (unsigned i = 0; i < requests; ++i)
        model::check(s->ran[i].get() + s->returned[i].get() <= 1, "nothing is both run and taken back");
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"registration", argc, argv};
  t.holds({.name = "membarrier, one request"}, registering(1, true));
  t.holds({.name = "fallback, two requests", .membarrier = false}, registering(2, false));
  t.holds({.name = "closing"}, closing(2, true));
  t.holds({.name = "closing, fallback", .membarrier = false}, closing(2, false));
  t.weaken("mail", edge::mail, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("call", edge::call, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("park", edge::park, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("closed", edge::closed, {model::weaker::release_end, model::weaker::acquire_end});
  t.leave_out("second_look", step::second_look);
  t.leave_out("barrier", step::barrier);
  t.leave_out("ring", step::ring);
  return t.run();
}
