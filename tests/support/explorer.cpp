// SPDX-License-Identifier: MIT explorer: the search. Choices are a stack of (picked, of how many); an execution
// plays the stack and then takes the first of everything, which for threads is the one that runs and for loads the
// newest message. Backtracking raises the last choice that has alternatives left.
#include "explorer_engine.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace model {

engine* running = nullptr;

state_set::state_set() : slots_{static_cast<std::uint64_t*>(std::calloc(1 << 14, 8))}, capacity_{1 << 14} {}
state_set::~state_set() { std::free(slots_); }

bool state_set::insert(std::uint64_t h) {
  if (h == 0) h = 1;
  if (2 * (used_ + 1) > capacity_) grow();
  std::size_t i = h & (capacity_ - 1);
  for (; slots_[i]; i = (i + 1) & (capacity_ - 1))
    if (slots_[i] == h) return false;
  slots_[i] = h;
  ++used_;
  return true;
}

void state_set::grow() {
  state_set bigger;
  std::free(bigger.slots_);
  bigger.capacity_ = capacity_ * 2;
  bigger.slots_ = static_cast<std::uint64_t*>(std::calloc(bigger.capacity_, 8));
  if (!bigger.slots_) std::abort();
  for (std::size_t i = 0; i < capacity_; ++i)
    if (slots_[i]) bigger.insert(slots_[i]);
  std::swap(slots_, bigger.slots_);
  std::swap(capacity_, bigger.capacity_);
}

// A crash inside a scenario, a failed TRUST_ASSERT among them, is a failure that was found: a weakened twin may well
// follow a wild pointer. The handler leaves through the fiber as any failure does.
static void crashed(int signal) {
  if (!running || !running->playing) {
    ::signal(signal, SIG_DFL);
    raise(signal);
    return;
  }
  arena::leave();
  running->stop_failed(signal == SIGABRT ? "an assertion failed, or the program ended itself" : "a crash");
}

static void catch_crashes() {
  static char stack[64 * 1024];
  stack_t s{};
  s.ss_sp = stack;
  s.ss_size = sizeof stack;
  sigaltstack(&s, nullptr);
  struct sigaction a{};
  a.sa_handler = crashed;
  a.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (int n : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) sigaction(n, &a, nullptr);
}

engine::engine() {
  choices.reserve(1 << 14);
  catch_crashes();
  arena::watch([](arena::block b) {
    if (running) running->words.freed(running->current, b);
  });
  arena::watch([](const char* what) {
    if (running) running->stop_failed(what);
  });
}

unsigned engine::choose(unsigned n) {
  if (n == 1) return 0;
  if (n > 255) stop_failed("too many alternatives at one step");
  if (depth == choices.size()) {
    arena::outside o;
    choices.push_back({0, static_cast<std::uint8_t>(n)});
  }
  choice& c = choices[depth++];
  if (c.of == 0) c.of = static_cast<std::uint8_t>(n);  // from a schedule
  if (c.of != n || c.picked >= n) stop_failed("the scenario is not deterministic, or the schedule is not its own");
  return c.picked;
}

bool engine::backtrack() {
  while (!choices.empty() && choices.back().picked + 1 == choices.back().of) choices.pop_back();
  if (choices.empty()) return false;
  ++choices.back().picked;
  return true;
}

void engine::run_once() {
  arena::reset();
  words.begin({.choose = [](unsigned n) { return running->choose(n); },
               .fail =
                   [](const char* what, std::uintptr_t at) {
                     arena::leave();
                     running->stop_failed(std::string(what) + ": " + running->where(at));
                   }});
  depth = steps = 0;
  threads = preemptions = refusals = spurious = 0;
  end = ending::none;
  labels.clear();
  const auto begin = [&](unsigned t, fiber::entry f) {  // and back at its first step
    fibers[t].start(arena::stack_of(t), arena::stack_size, f);
    starting = true;
    go_to(t);
    arena::leave();
    starting = playing = false;
  };
  begin(setup, setup_main);
  if (end == ending::none) {
    words.fork();
    for (unsigned t = 0; t < threads && end == ending::none; ++t) {  // each up to its first step
      states[t] = thread_state::ready;
      begin(t, thread_main);
    }
    if (end == ending::none) {
      current = max_threads + 1;  // nobody: the first choice is no preemption
      reschedule();
      arena::leave();
      playing = false;
    }
    if (end == ending::complete) {
      end = ending::none;
      words.join();
      go_to(setup);
      arena::leave();
      playing = false;
      if (end == ending::complete && arena::live()) error = "a block is leaked", end = ending::failed;
    }
  }
  all_steps += steps;
}

void engine::setup_main() {
  {
    world w;
    running->scene = &w;
    (*running->play)(w);
    running->threads = w.count_;
    std::copy(w.names_.begin(), w.names_.end(), running->names);
    running->names[setup] = "setup";
    arena::leave();
    running->fibers[setup].switch_to(running->loop);
    if (w.finally_) w.finally_();
  }
  running->stop(ending::complete);
}

void engine::thread_main() {
  engine& e = *running;
  std::string what;
  try {
    e.scene->bodies_[e.current]();
    e.point();
  } catch (const std::exception& x) {
    arena::outside o;
    what = std::string("an exception: ") + x.what();
  } catch (...) {
    arena::outside o;
    what = "an exception";
  }
  if (!what.empty()) e.stop_failed(what);
  if (e.printing) e.print("ends", 0, nullptr);
  e.states[e.current] = thread_state::ended;
  e.words.note(e.current, 77);
  e.reschedule();
  std::abort();
}

void engine::stop(ending e) {
  end = e;
  arena::leave();
  fiber nowhere;
  nowhere.switch_to(loop);
  std::abort();
}

void engine::stop_failed(const std::string& what) {
  arena::leave();
  error = what;
  if (current <= max_threads && names[current]) error += std::string(" (in ") + names[current] + ")";
  stop(ending::failed);
}

bool engine::can_run(unsigned t) const noexcept {
  switch (states[t]) {
    case thread_state::ready:
      return true;
    case thread_state::paused:
      return words.has_news(t);
    case thread_state::waiting:
      return awaited[t]->rings_ != 0;
    case thread_state::ended:
      return false;
  }
  return false;
}

std::uint64_t engine::state_hash(unsigned t) const noexcept {
  std::uint64_t h = words.shared_hash();
  for (unsigned i = 0; i < threads; ++i) h = mix(h, words.hash_of(i) + static_cast<unsigned>(states[i]));
  if (opt->preemptions) h = mix(h, preemptions * 8 + t);
  return h;
}

// Who goes on? The thread that runs comes first, so that the first execution has the fewest switches.
void engine::reschedule() {
  unsigned can[max_threads];
  unsigned n = 0;
  const bool stays = current < threads && states[current] == thread_state::ready;
  if (stays) can[n++] = current;
  for (unsigned t = 0; t < threads; ++t)
    if (t != current || !stays)
      if (can_run(t)) can[n++] = t;
  if (n == 0) {
    for (unsigned t = 0; t < threads; ++t)
      if (states[t] != thread_state::ended) stop_failed(stuck());
    if (current > max_threads) {
      end = ending::complete;
      return;
    }
    stop(ending::complete);
  }
  if (opt->reduce && !forced && depth == choices.size() && !known.insert(state_hash(current))) stop(ending::known);
  if (stays && opt->preemptions && preemptions >= *opt->preemptions) n = 1;
  const unsigned picked = can[choose(n)];
  if (stays && picked != current) ++preemptions;
  if (picked != current) go_to(picked);
}

void engine::go_to(unsigned t) {
  fiber& from = playing ? fibers[current] : loop;
  current = t;
  playing = true;
  arena::enter(t);
  from.switch_to(fibers[t]);
}

void engine::point() {
  if (current == setup) return;
  if (starting) {
    fibers[current].switch_to(loop);
  } else {
    if (++steps > opt->steps) stop_failed("no end after " + std::to_string(steps) + " steps");
    reschedule();
  }
}

}  // namespace model
