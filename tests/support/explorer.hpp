// SPDX-License-Identifier: MIT
#pragma once
// explorer: plays a scenario of up to four threads in every interleaving, with every value that weak memory may show.
//
//   model::explore({.name = "publish"}, [](model::world& w) {
//     auto s = std::make_shared<state>();
//     w.thread("client", [s] { ... });       // code over checked_machine
//     w.thread("trustee", [s] { ... });
//     w.finally([s] { model::check(s->served == 3, "all are served"); });
//   });
//
// The search is depth-first over choices (which thread goes on, which message a load reads), from the start each
// time. A state is known by the execution graph that led to it, so what differs in the order of independent steps
// only is entered once; with a preemption bound, once per thread and number of preemptions. It stops at the first
// failure: a check or TRUST_ASSERT that fails, a data race, a use after free, a leak, threads that all wait
// (deadlock, lost wake-up), one that never ends. `result::schedule` then holds the choices; `replay` plays them
// and prints each step.
//
// Rules for a scenario: threads share only atomics of the machine, payload that is announced, bells and cells; all
// of it lies on the heap or on the scenario's stacks; it is deterministic. A thread that spins calls pause() in
// every round that found nothing: it goes on when a word that it read has changed, and is stuck if none ever does.
#include "explorer_memory.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace model {

struct options {
  std::string name;
  std::optional<unsigned> preemptions = {};  // none: all interleavings
  bool membarrier = true;                    // has_membarrier() of the machine
  unsigned busy = 0;                         // how often membarrier() may answer that it is busy
  unsigned spurious = 0;                     // how often compare_exchange_weak may fail for nothing
  bool bells_order = false;    // a ring happens before the wait that it ends, as in a kernel; false shows more
  bool reduce = true;          // enter what differs in the order of independent steps once only
  std::uint64_t steps = 5000;  // of one execution: more is taken for a loop without end
};

struct result {
  bool failed = false;
  std::string error, schedule;
  std::uint64_t executions = 0, states = 0, steps = 0;
  double seconds = 0;
};

class world {
 public:
  void thread(const char* name, std::function<void()> body);
  void finally(std::function<void()> body);

 private:
  friend struct engine;
  std::array<std::function<void()>, max_threads> bodies_;
  std::array<const char*, max_threads> names_{};
  std::function<void()> finally_;
  unsigned count_ = 0;
};

using scenario = std::function<void(world&)>;

[[nodiscard]] result explore(const options& o, const scenario& s);
result replay(const options& o, const scenario& s, std::string_view schedule);  // prints the steps to stdout

// What a scenario says. All of it is for its threads, `check` and `label` also for setup and finally.
[[noreturn]] void fail(const char* what);
inline void check(bool holds, const char* what) {
  if (!holds) fail(what);
}
void label(const volatile void* word, const char* name);  // for the printed steps

// Waits until `holds` does, which reads through the machine, as a loop with pause() would.
void pause();
template <class Predicate> void block_until(Predicate holds) {
  while (!holds()) pause();
}

// What rings a sleeper: an eventfd. Rings add up, a wait takes them all. By itself it orders nothing (bells_order).
class bell {
 public:
  bell() = default;
  bell(const bell&) = delete;
  bell& operator=(const bell&) = delete;
  void ring();
  void wait();

 private:
  friend struct engine;
  void change(std::uint64_t hash);
  std::uint64_t rings_ = 0, hash_ = 0;
  view view_{};
};

// A plain variable that threads share: every use is announced.
void wrote(const volatile void* p, std::size_t n);
void read(const volatile void* p, std::size_t n);
template <class T> class shared {
 public:
  shared() = default;
  explicit shared(T v) : value_(v) {}
  void set(T v) { value_ = v, wrote(&value_, sizeof value_); }
  T get() const { return read(&value_, sizeof value_), value_; }

 private:
  T value_{};
};

// A twin: one edge weaker, or one step left out. The machine asks about every order and step, by the enumerators
// of link.
enum class weaker { both_ends, release_end, acquire_end, not_total };
struct twin {
  int edge = -1, step = -1;
  weaker how = weaker::both_ends;
};
void set_twin(twin t) noexcept;

}  // namespace model
