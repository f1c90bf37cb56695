// SPDX-License-Identifier: MIT last_drop: the last handle of an object goes on one lane while calls that were made
// before are on their way on another.
//
// Two clients make a call each and then drop their handle; whoever drops last sends the drop home on his own lane.
// The owner serves its lanes, and when it meets the drop it serves every lane, and the inbox, once up to what
// shows, and only then destroys. Both calls must have run by then. Also: what a weak handle and `extract` ask of
// the count.
#include "lane_scenario.hpp"
#include <trust/link/inbox.hpp>

namespace {

using namespace lanes;
using link::refcount, link::inbox;

constexpr std::uint64_t last_drop = 99;

struct letter {
  letter* next = nullptr;
  std::uint64_t number = 0;
};

struct state {
  pair a{4, 0}, b{4, 0};
  inbox<machine, letter> mail;
  letter from_b[2];
  refcount<machine> handles{2};
};

// The owner's side: it runs what comes, and the drop when it comes.
struct owner {
  state& s;
  unsigned ran = 0;
  bool dying = false, destroyed = false;

  void run(std::uint64_t number) {
    if (number == last_drop) {
      dying = true;
    } else {
      model::check(!destroyed, "a call that was made before the last drop runs before the object is destroyed");
      ++ran;
    }
  }
  bool serve(lane& l) {
    bool any = false;
    while (const std::uint64_t number = take(l)) run(number), any = true;
    if (any) tell(l);
    return any;
  }
  bool open() {
    bool any = false;
    for (letter* l = s.mail.take(); l;) {
      machine::read(l, sizeof *l);
      letter* next = l->next;
      run(l->number);
      l = next;
      any = true;
    }
    return any;
  }
  bool look(bool b_has_lane) {
    bool any = serve(*s.a.l);
    if (b_has_lane) return serve(*s.b.l) || any;
    return open() || any;
  }
};

model::scenario dropping(bool b_has_lane) {
  return [=](model::world& w) {
    auto s = std::make_shared<state>();
    const auto client = [s](lane& l) {
      model::check(send(l, 1, 1, nullptr), "there is room");
      if (s->handles.drop()) model::check(send(l, last_drop, 1, nullptr), "there is room");
      l.leave();
    };
    w.thread("a", [=] { client(*s->a.l); });
    w.thread("b", [=] {
      if (b_has_lane) return client(*s->b.l);
      const auto push = [&](letter& l, std::uint64_t number) {
        l.number = number;
        machine::wrote(&l.number, sizeof l.number);
        model::check(s->mail.push(l), "the inbox is open");
      };
      push(s->from_b[0], 1);
      if (s->handles.drop()) push(s->from_b[1], last_drop);
      s->b.l->leave();
    });
    w.thread("owner", [=] {
      owner o{*s};
      while (!o.dying)
        if (!o.look(b_has_lane)) machine::pause();
      if (machine::step(step::sweep)) o.look(b_has_lane);
      o.destroyed = true;
      model::check(o.ran == 2, "what was made before the last drop has run");
      s->a.l->leave();
      s->b.l->leave();
    });
  };
}

// A holder uses the object and drops; one who finds himself the only one (extract), or the last, has it to himself.
model::scenario alone(bool asks) {
  return [=](model::world& w) {
    struct counted {
      refcount<machine> handles{2};
      model::shared<int> object{0};
      model::shared<int> lasts[2];
    };
    auto s = std::make_shared<counted>();
    w.thread("a", [=] {
      s->object.get();
      if (s->handles.drop()) s->lasts[0].set(1), s->object.set(2);
    });
    w.thread("b", [=] {
      s->object.get();
      if (asks && s->handles.sole()) s->object.set(1);
      if (s->handles.drop()) s->lasts[1].set(1), s->object.set(2);
    });
    w.finally([=] { model::check(s->lasts[0].get() + s->lasts[1].get() == 1, "there is one last holder"); });
  };
}

// A weak handle never brings back what is gone.
model::scenario weak() {
  return [](model::world& w) {
    struct counted {
      refcount<machine> handles{1};
      model::shared<int> lasts[2];
    };
    auto s = std::make_shared<counted>();
    w.thread("holder", [=] {
      s->handles.add();
      for (int i = 0; i < 2; ++i)
        if (s->handles.drop()) s->lasts[0].set(s->lasts[0].get() + 1);
    });
    w.thread("weak", [=] {
      if (s->handles.add_if_held() && s->handles.drop()) s->lasts[1].set(1);
    });
    w.finally([=] { model::check(s->lasts[0].get() + s->lasts[1].get() == 1, "there is one last holder"); });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"last_drop", argc, argv};
  t.holds({.name = "two lanes"}, dropping(true));
  t.holds({.name = "a lane and the inbox"}, dropping(false));
  t.holds({.name = "the last has it to himself"}, alone(false));
  t.holds({.name = "the only one has it to himself"}, alone(true));
  t.holds({.name = "weak", .spurious = 1}, weak());
  t.weaken("drop", edge::drop, {model::weaker::release_end, model::weaker::acquire_end});
  t.leave_out("sweep", step::sweep);
  return t.run();
}
