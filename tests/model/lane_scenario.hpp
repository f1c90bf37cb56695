// SPDX-License-Identifier: MIT
#pragma once
// lane_scenario: a client and a trustee over a shipped lane of the checked machine, as the model tests need them.
//
// A request carries a number, and in its further granules a pattern that the test chooses (turn words of the next
// lap, by preference). The trustee reads all of it, announced, and answers number + 1000. Both ends work in steps
// that never wait, so that a scenario decides what waits and how, and so that setup may run the ring to where it
// gets interesting.
#include "support/checked_machine.hpp"
#include "support/explorer_suite.hpp"
#include <trust/link/lane.hpp>

#include <memory>

namespace lanes {

using machine = model::checked_machine;
namespace link = trust::link;
using link::edge, link::step, link::status, link::record;
namespace bits = link::record_bits;

struct node {
  node* next = nullptr;
  std::uint64_t number = 0;
  model::shared<std::uint64_t> result{0};
};
struct port {};
using lane = link::lane<machine, node, port>;

inline status no_thunk(link::verb, record&, void*) { return status::value; }

// What a record's further granules hold, word by word.
using pattern = std::uint32_t (*)(std::uint32_t granule_word);
inline std::uint32_t zeros(std::uint32_t) { return 0; }

// Writes and publishes a record if there is room.
template <class Lane>
bool send(Lane& l, std::uint64_t number, std::uint32_t granules, node* waiter, std::uint32_t fill = 0) {
  record* r = waiter != nullptr ? l.claim_known(granules) : nullptr;  // as an awaited call does
  if (r == nullptr) r = l.claim(granules, waiter != nullptr);
  if (!r) return false;
  r->bits = granules | (waiter ? bits::answered : 0U);
  r->thunk = &no_thunk;
  r->target = nullptr;
  r->who = reinterpret_cast<void*>(number);
  if (granules > 1) {
    auto* words = static_cast<std::uint32_t*>(r->body());
    const std::uint32_t n = (granules - 1) * static_cast<std::uint32_t>(link::granule_bytes) / 4;
    for (std::uint32_t i = 0; i < n; ++i) words[i] = fill;
    machine::wrote(words, n * 4);
  }
  if (waiter) {
    waiter->number = number;
    l.publish(*r, granules, *waiter);
  } else {
    l.publish(*r, granules);
  }
  return true;
}

// Reads a record as a thunk would and gives its number.
inline std::uint64_t look_into(record& r, std::uint32_t fill) {
  machine::read(&r.bits, sizeof r - sizeof r.turn);
  const std::uint32_t granules = r.bits & bits::granules;
  model::check(granules >= 1 && r.thunk == &no_thunk, "a record is whole");
  if (granules > 1) {
    const auto* words = static_cast<const std::uint32_t*>(r.body());
    const std::uint32_t n = (granules - 1) * static_cast<std::uint32_t>(link::granule_bytes) / 4;
    machine::read(words, n * 4);
    for (std::uint32_t i = 0; i < n; ++i) model::check(words[i] == fill, "a record's further granules are whole");
  }
  return reinterpret_cast<std::uint64_t>(r.who);
}

// Takes one record, answers it if it asks for that; 0: there is none. `tell` shows both.
inline std::uint64_t take(lane& l, std::uint32_t fill = 0) {
  record* r = l.in().look();
  if (!r) return 0;
  const std::uint64_t number = look_into(*r, fill);
  const bool answered = r->bits & bits::answered;
  l.in().pass(*r);
  if (answered) {
    const std::uint64_t v = number + 1000;
    std::memcpy(l.replies_out().place(), &v, sizeof v);
    l.replies_out().answer(status::value);
  }
  return number;
}
inline void tell(lane& l) {
  l.replies_out().tell();
  l.in().tell();
}

// Collects what is there; answers come in order, each with its own number.
inline unsigned collect(lane& l) {
  unsigned n = 0;
  status s{};
  std::uint64_t value = 0;
  while (node* w = l.collect(s, value)) {
    model::check(s == status::value && value == w->number + 1000, "an answer is its request's");
    ++n;
  }
  return n;
}

// A lane both of whose ends leave: what is left of it when the scenario ends is a leak.
struct pair {
  lane* l;
  pair(std::uint32_t granules, std::uint32_t begin) : l{lane::make(granules, nullptr, nullptr, begin)} {}
  pair(const pair&) = delete;
  pair& operator=(const pair&) = delete;
  // In setup: `n` records of one granule go through.
  void run(unsigned n, node* waiter = nullptr) {
    for (unsigned i = 0; i < n; ++i) {
      model::check(send(*l, 500 + i, 1, waiter) && take(*l) == 500 + i, "setup");
      tell(*l);
      collect(*l);
    }
  }
};

}  // namespace lanes
