// SPDX-License-Identifier: MIT
#pragma once
// environment: what a task and all that it awaits have in common: stop request, deadline, context word, place of the current await.
//
// A promise has one pointer to it. A root task has one (root.hpp); a scope and a timeout make an inner one for what runs in them, which follows
// the one around it and dies before it. One thread.   Tests: tests/unit/coro/scope.cpp, tests/unit/delegate/within.cpp

#include <trust/coro/stop.hpp>
#include <trust/coro/timers.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <source_location>

namespace trust {

/// Of a task, among those of its worker: see delegate/priority.hpp.
enum class priority : std::uint8_t { normal, background };

}  // namespace trust

namespace trust::coro {

/// A std::source_location that is a scalar: a parameter of class type would be copied into the frame at each await.
using source_pointer = decltype(__builtin_source_location());
[[nodiscard]] inline std::source_location location_of(source_pointer p) noexcept {
  static_assert(sizeof(std::source_location) == sizeof p);
  return std::bit_cast<std::source_location>(p);
}

struct environment {
  stop_state stop;
  time_point deadline = time_point::max();
  void* context = nullptr;
  environment* outer = nullptr;  ///< the one around it
  const environment* bound =
      nullptr;  ///< the innermost one that trustees look at before they begin a call, see worker/bound.hpp
  const void* pinning = nullptr;  ///< of the launched task that runs in it, see worker/lease.hpp
  bool awaited = true;            ///< a task waits; false: it is only what a call takes along (get, start)
  bool in_the_way =
      false;  ///< calls have to look at it before they leave: it has a bound, a context, a priority, or was asked to stop
  priority rank = priority::normal;
  const char* name = "";
  source_pointer place = nullptr;  ///< where the innermost await stands, for dump
  bool abroad = false;             ///< at a worker's end: a call of this task is still with another core

  environment() noexcept : environment{&environment::heard} {}
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

  /// Lies within `around` from now on, and ends no later than `due`.
  void lies_in(environment& around, time_point due = time_point::max()) noexcept {
    outer = &around;
    deadline = std::min(around.deadline, due);
    context = around.context;
    bound = around.bound;
    pinning = around.pinning;
    awaited = around.awaited;
    in_the_way = around.in_the_way;
    rank = around.rank;
    name = around.name;
    stop.follow(&around.stop);
    hear_of_stop();
  }
  /// Lies within `around`, but hears of no stop request and has no deadline.
  void lies_apart_in(environment& around) noexcept {
    outer = &around;
    context = around.context;
    pinning = around.pinning;
    name = around.name;
    awaited = around.awaited;
    in_the_way = context != nullptr;
    ranks(around.rank);
  }
  /// Before anything runs in it: its tasks and the calls of these are of that priority.
  void ranks(priority p) noexcept {
    rank = p;
    if (p != priority::normal) in_the_way = true;
  }
  /// Asks all that lies in it to stop. One that lies in none is asked here only.
  void request_stop(stop_reason why = stop_reason::cancelled) noexcept {
    if (why >= stop_reason::cancelled) in_the_way = true;
    stop.request(why);
  }
  /// A call of it is still with another core: that keeps the whole task.
  void is_abroad() noexcept {
    for (environment* e = this; e != nullptr; e = e->outer) e->abroad = true;
  }

 protected:
  explicit environment(stop_node::action on_stop) noexcept : ear_{on_stop, *this} {}
  void hear_of_stop() noexcept {
    if (stop.cancels()) return ear_.fire(ear_);
    stop.add(ear_);
  }
  /// Where `n` is the ear of an environment.
  [[nodiscard]] static environment& of(stop_node& n) noexcept { return static_cast<ear&>(n).mine; }
  static void heard(stop_node& n) noexcept {
    environment& self = of(n);
    if (!self.stop.cancels()) return self.stop.add(n);
    self.in_the_way = true;
  }

 private:
  struct ear : stop_node {
    ear(action a, environment& e) noexcept : stop_node{a}, mine{e} {}
    environment& mine;
  };
  ear ear_;
};

}  // namespace trust::coro
