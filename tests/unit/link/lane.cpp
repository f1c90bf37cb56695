// SPDX-License-Identifier: MIT
// lane: how much may be outstanding: the smaller of free granules and free reply places, whichever way a place is asked for.
#include <trust/link/lane.hpp>
#include <trust/link/machine.hpp>

#include <doctest/doctest.h>

namespace {

struct node {
  node* next = nullptr;
  int number = 0;
};
struct end {};
using lane = trust::link::lane<trust::link::real_machine, node, end>;
namespace bits = trust::link::record_bits;
using trust::link::status;

}  // namespace

TEST_CASE("requests that were taken and answered hold their reply places until their answers are collected") {
  for (const std::uint32_t granules : {2U, 4U, 16U}) {
    for (const std::uint32_t begin : {0U, 0U - 3U}) {  // counters may wrap
      end client, trustee;
      lane* const l = lane::make(granules, &client, &trustee, begin);
      const int places = static_cast<int>(granules) - 1;
      node nodes[64];
      const auto send = [&](int number) {
        trust::link::record* r = l->claim_known(1);
        if (r == nullptr) r = l->claim(1, true);
        if (r == nullptr) return false;
        r->bits = bits::answered | 1;
        nodes[number].number = number;
        l->publish(*r, 1, nodes[number]);
        trust::link::record* const taken = l->in().look();  // at once, so that only the answers are in the way
        REQUIRE(taken != nullptr);
        l->in().pass(*taken);
        *static_cast<std::uint64_t*>(l->replies_out().place()) = static_cast<std::uint64_t>(number);
        l->replies_out().answer(status::value);
        l->in().tell();
        l->replies_out().tell();
        return true;
      };
      int sent = 0;
      while (sent < 60 && send(sent)) ++sent;
      CHECK(sent == places);
      CHECK(l->claim_known(1) == nullptr);
      for (int i = 0; i < 30; ++i) {  // each answer that is collected gives back one place
        status s{};
        std::uint64_t value = 0;
        node* const who = l->collect(s, value);
        REQUIRE(who != nullptr);
        CHECK(who->number == i);
        CHECK(value == static_cast<std::uint64_t>(i));
        CHECK(send(sent++));
        CHECK(l->claim(1, true) == nullptr);
      }
      CHECK(l->outstanding() == static_cast<std::uint64_t>(places));
      l->leave();
      l->leave();
    }
  }
}
