// SPDX-License-Identifier: MIT lane: requests from publication to the return of their granules, for rings that
// wrap, are full, and hold long records.
//
// Counters begin shortly before they wrap; long records are filled with what the turn words of the next lap would
// be. The client sends as soon as there is room and collects; the trustee takes records one by one and tells after
// each, or after a burst.
#include "lane_scenario.hpp"

namespace {

using namespace lanes;

struct plan {
  std::uint32_t granules;  // of the ring
  std::uint32_t begin;     // of the counters
  unsigned requests;
  bool answered;
  unsigned burst = 1;  // how many records the trustee takes before it tells
};

model::scenario stream(plan p) {
  return [p](model::world& w) {
    auto s = std::make_shared<pair>(p.granules, p.begin);
    w.thread("client", [s, p] {
      node waiters[8];
      unsigned sent = 0, collected = 0;
      while (sent < p.requests || (p.answered && collected < p.requests)) {
        const unsigned before = sent + collected;
        if (sent < p.requests && send(*s->l, sent + 1, 1, p.answered ? &waiters[sent] : nullptr)) ++sent;
        if (p.answered) collected += collect(*s->l);
        if (sent + collected == before) machine::pause();
      }
      s->l->leave();
    });
    w.thread("trustee", [s, p] {
      unsigned taken = 0;
      while (taken < p.requests) {
        unsigned n = 0;
        for (std::uint64_t number; n < p.burst && (number = take(*s->l)) != 0; ++n) {
          model::check(number == ++taken, "requests come in order, each once");
        }
        if (n != 0) {
          tell(*s->l);
        } else {
          machine::pause();
        }
      }
      s->l->leave();
    });
  };
}

// Granule 1 of an 8-granule ring holds closure bytes that read as open for the next lap, which begins now.
model::scenario bytes_that_look_like_turns(std::uint32_t begin, unsigned requests) {
  return [=](model::world& w) {
    auto s = std::make_shared<pair>(8, begin);
    const std::uint32_t fill = 2 * ((begin + 8) >> 3) + 1;
    model::check(send(*s->l, 1, 2, nullptr, fill) && take(*s->l, fill) == 1, "setup");
    tell(*s->l);
    s->run(6);
    w.thread("client", [s, requests] {
      for (unsigned i = 0; i < requests; ++i) model::block_until([&] { return send(*s->l, i + 1, 1, nullptr); });
      s->l->leave();
    });
    w.thread("trustee", [s, requests] {
      for (unsigned i = 0; i < requests; ++i) {
        std::uint64_t number = 0;
        model::block_until([&] { return (number = take(*s->l)) != 0; });
        model::check(number == i + 1, "requests come in order, each once");
        tell(*s->l);
      }
      s->l->leave();
    });
  };
}

// Two-granule records that do not fit before the end of the ring: skip records, and a full ring.
model::scenario long_records(std::uint32_t begin, unsigned requests) {
  return [=](model::world& w) {
    auto s = std::make_shared<pair>(8, begin);
    const std::uint32_t fill = 2 * ((begin + 8) >> 3) + 1;
    w.thread("client", [=] {
      for (unsigned i = 0; i < requests; ++i)
        model::block_until([&] { return send(*s->l, i + 1, i % 3 == 2 ? 1 : 2, nullptr, fill); });
      s->l->leave();
    });
    w.thread("trustee", [=] {
      for (unsigned i = 0; i < requests; ++i) {
        std::uint64_t number = 0;
        model::block_until([&] { return (number = take(*s->l, fill)) != 0; });
        model::check(number == i + 1, "requests come in order, each once");
        tell(*s->l);
      }
      s->l->leave();
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"lane", argc, argv};
  t.holds({.name = "publish"}, stream({4, 0, 2, false}));
  t.holds({.name = "wrap, 2 granules, 3 requests"}, stream({2, 0, 3, false}));
  t.holds({.name = "wrap, 2 granules, 3 answered"}, stream({2, 0, 3, true}));
  t.holds({.name = "wrap, 4 granules, 5 requests"}, stream({4, 2, 5, false, 2}));
  t.holds({.name = "wrap, 4 granules, 3 answered"}, stream({4, 2, 3, true, 2}));
  t.holds({.name = "counters wrap, 2 granules"}, stream({2, 0U - 2, 4, false}));
  t.holds({.name = "counters wrap, 4 granules"}, stream({4, 0U - 2, 4, false}));
  t.holds({.name = "bytes that look like turns"}, bytes_that_look_like_turns(0, 3));
  t.holds({.name = "such bytes, counters wrap"}, bytes_that_look_like_turns(0U - 8, 3));
  t.holds({.name = "long records"}, long_records(0, 5));
  t.holds({.name = "long records, skip"}, long_records(5, 4));
  t.holds({.name = "long records, skip, counters wrap"}, long_records(0U - 3, 4));
  t.weaken("call", edge::call, {model::weaker::release_end, model::weaker::acquire_end});
  t.weaken("room", edge::room, {model::weaker::release_end, model::weaker::acquire_end});
  t.leave_out("close_next", step::close_next);
  return t.run();
}
