// SPDX-License-Identifier: MIT
// explorer_machine: the steps of checked_machine: choose who goes on, do the step in memory, say so if it is printed.
#include "checked_machine.hpp"
#include "explorer_engine.hpp"

namespace model {
namespace {

std::uintptr_t address(const volatile void* p) { return reinterpret_cast<std::uintptr_t>(p); }

bool is_any_of(std::memory_order o, std::initializer_list<std::memory_order> list) {
  for (auto x : list)
    if (x == o) return true;
  return false;
}

}  // namespace

std::uint64_t do_load(const volatile void* at, unsigned size, std::memory_order o) {
  engine& e = *running;
  e.point();
  const std::uint64_t v = e.words.load(e.current, address(at), size, o);
  if (e.printing) e.print("reads", v, at);
  return v;
}

void do_store(volatile void* at, unsigned size, std::uint64_t value, std::memory_order o) {
  engine& e = *running;
  e.point();
  e.words.store(e.current, address(at), size, value, o);
  if (e.printing) e.print("writes", value, at);
}

std::uint64_t do_exchange(volatile void* at, unsigned size, combine f, std::uint64_t operand, std::memory_order o) {
  engine& e = *running;
  e.point();
  const std::uint64_t v = e.words.exchange(e.current, address(at), size, f, operand, o);
  if (e.printing) e.print("exchanges", v, at);
  return v;
}

bool do_compare_exchange(volatile void* at, unsigned size, std::uint64_t& expected, std::uint64_t desired,
                         std::memory_order success, std::memory_order failure, bool weak) {
  engine& e = *running;
  e.point();
  const bool may_fail = weak && e.spurious < e.opt->spurious;
  const std::uint64_t wanted = expected;
  const bool done =
      e.words.compare_exchange(e.current, address(at), size, expected, desired, success, failure, may_fail);
  if (!done && wanted == expected) ++e.spurious;
  if (e.printing) e.print(done ? "swaps" : "swaps not", expected, at);
  return done;
}

bool does_membarrier() { return running->opt->membarrier; }

bool do_membarrier() {
  engine& e = *running;
  if (!e.opt->membarrier) fail("membarrier is called on a machine that has none");
  e.point();
  if (e.refusals < e.opt->busy && e.choose(2)) {
    ++e.refusals;
    e.words.note(e.current, 41);
    if (e.printing) e.print("barrier: busy", 0, nullptr);
    return false;
  }
  e.words.note(e.current, 42);
  e.words.fence(e.current);
  unsigned left[max_threads], n = 0;
  for (unsigned t = 0; t < e.threads; ++t)
    if (t != e.current) left[n++] = t;
  while (n) {
    const unsigned i = e.choose(n), t = left[i];
    left[i] = left[--n];
    if (e.printing) e.print("barrier", t, nullptr);
    e.words.fence(t);
    e.words.fence(e.current);
    if (n) e.point();  // the others pass theirs later
  }
  return true;
}

// What `o` becomes at an edge that the twin weakens.
std::memory_order weakened(int edge, std::memory_order o) noexcept {
  using enum std::memory_order;
  const twin& t = current_twin();
  if (t.edge != edge) return o;
  switch (t.how) {
    case weaker::both_ends:
      return relaxed;
    case weaker::release_end:
      if (is_any_of(o, {acq_rel, seq_cst})) return acquire;
      return o == release ? relaxed : o;
    case weaker::acquire_end:
      if (is_any_of(o, {acq_rel, seq_cst})) return release;
      return o == acquire ? relaxed : o;
    case weaker::not_total:
      return o == seq_cst ? acq_rel : o;
  }
  return o;
}

}  // namespace model
