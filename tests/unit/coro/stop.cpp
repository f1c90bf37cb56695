// SPDX-License-Identifier: MIT
// Unit tests of coro/stop: who hears of a request, when, and how often.

#include <trust/coro/stop.hpp>

#include <doctest/doctest.h>

namespace {

using trust::coro::stop_node;
using trust::coro::stop_reason;
using trust::coro::stop_state;

struct listener : stop_node {
  explicit listener(stop_state* again = nullptr) noexcept : stop_node{&listener::heard}, puts_back{again} {}
  static void heard(stop_node& n) noexcept {
    auto& self = static_cast<listener&>(n);
    ++self.times;
    if (self.puts_back != nullptr && !self.puts_back->cancels()) self.puts_back->add(self);
  }
  stop_state* puts_back;
  int times = 0;
};

}  // namespace

TEST_CASE("a request is heard once by all who wait, and a second one by nobody") {
  stop_state s;
  listener a;
  listener b;
  s.add(a);
  s.add(b);
  CHECK(s.request());
  CHECK_FALSE(s.request());
  CHECK_FALSE(s.request(stop_reason::timed_out));
  CHECK(s.reason() == stop_reason::cancelled);
  CHECK(a.times == 1);
  CHECK(b.times == 1);
}

TEST_CASE("the runtime's end may be followed by a cancellation, which who was put back hears, too") {
  stop_state s;
  listener once;
  listener again{&s};
  s.add(again);
  s.add(once);
  CHECK(s.request(stop_reason::ending));
  CHECK_FALSE(s.request(stop_reason::ending));
  CHECK_FALSE(s.cancels());
  CHECK(s.request(stop_reason::timed_out));
  CHECK(s.cancels());
  CHECK(once.times == 1);
  CHECK(again.times == 2);
}

TEST_CASE("an inner state follows the one around it, whenever it was made, and not the other way") {
  stop_state outer;
  stop_state inner{&outer};
  listener in;
  listener out;
  outer.add(out);
  inner.add(in);
  outer.request(stop_reason::ending);
  CHECK(inner.reason() == stop_reason::ending);
  outer.request(stop_reason::cancelled);
  CHECK(inner.reason() == stop_reason::cancelled);
  CHECK(in.times == 1);
  const stop_state late{&outer};
  CHECK(late.reason() == stop_reason::cancelled);

  stop_state around;
  {
    stop_state gone{&around};
    gone.request();
    CHECK_FALSE(around.requested());
  }
  CHECK(around.request());
}

TEST_CASE("who has gone is not told, and one that goes while others are told neither") {
  stop_state s;
  struct remover : stop_node {
    explicit remover(listener& l) noexcept
        : stop_node{[](stop_node& n) noexcept { static_cast<remover&>(n).other.unlink(); }}, other{l} {}
    listener& other;
  };
  listener kept;
  {
    listener gone;
    s.add(gone);
  }
  remover first{kept};
  s.add(first);
  s.add(kept);
  CHECK(s.request());
  CHECK(kept.times == 0);
}
