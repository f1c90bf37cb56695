// SPDX-License-Identifier: MIT
// explorer_scenario: what scenarios call, and the two ways to run one: explore and replay.
//
// A schedule is printed as one character per choice, trailing first choices left out. A failure names words by their
// label, or by whose stack or heap they lie in and how far.
#include "explorer_engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace model {
namespace {

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
twin the_twin;

std::uintptr_t address(const volatile void* p) { return reinterpret_cast<std::uintptr_t>(p); }

}  // namespace

void world::thread(const char* name, std::function<void()> body) {
  if (count_ == max_threads) fail("a scenario has at most four threads");
  names_[count_] = name;
  bodies_[count_++] = std::move(body);
}
void world::finally(std::function<void()> body) { finally_ = std::move(body); }

void fail(const char* what) { running->stop_failed(what); }

void label(const volatile void* word, const char* name) {
  arena::outside o;
  running->labels.emplace_back(address(word), name);
}

void wrote(const volatile void* p, std::size_t n) { running->words.plain(running->current, address(p), n, true); }
void read(const volatile void* p, std::size_t n) { running->words.plain(running->current, address(p), n, false); }

void pause() {
  engine& e = *running;
  if (e.current == setup) fail("a wait in setup or at the end never ends");
  e.point();
  if (e.printing) e.print("pauses", 0, nullptr);
  if (!e.words.has_read(e.current)) return;
  e.words.note(e.current, 21);
  e.states[e.current] = thread_state::paused;
  e.reschedule();
  e.states[e.current] = thread_state::ready;
  e.words.take_news(e.current);
}

void bell::change(std::uint64_t hash) {
  running->words.change(hash_, hash);
  hash_ = hash;
}

void bell::ring() {
  engine& e = *running;
  e.point();
  ++rings_;
  e.words.note(e.current, mix(31, address(this)));
  if (e.opt->bells_order) e.words.hand_over(e.current, view_);
  change(mix(mix(hash_, address(this)), e.words.hash_of(e.current)));
  if (e.printing) e.print("rings", rings_, this);
}

void bell::wait() {
  engine& e = *running;
  e.point();
  if (e.printing) e.print("waits", rings_, this);
  if (rings_ == 0) {
    e.awaited[e.current] = this;
    e.states[e.current] = thread_state::waiting;
    e.words.note(e.current, 32);
    e.reschedule();
    e.states[e.current] = thread_state::ready;
    if (e.printing) e.print("wakes", rings_, this);
  }
  rings_ = 0;
  e.words.note(e.current, mix(33, hash_));
  if (e.opt->bells_order) e.words.take_over(e.current, view_);
  change(mix(mix(hash_, address(this)), e.words.hash_of(e.current)));
}

void set_twin(twin t) noexcept { the_twin = t; }
const twin& current_twin() noexcept { return the_twin; }

std::string engine::where(std::uintptr_t at) const {
  const std::pair<std::uintptr_t, const char*>* best = nullptr;
  for (const auto& l : labels)
    if (l.first <= at && (!best || best->first <= l.first)) best = &l;
  char text[96];
  const std::size_t offset = at - arena::base(), part = offset / arena::part_size;
  if (best && at - best->first < 16384) {
    std::snprintf(text, sizeof text, "%s+%zu", best->second, static_cast<std::size_t>(at - best->first));
    return at == best->first ? best->second : text;
  }
  if (!arena::holds(at)) return "memory outside";
  const bool stack = offset % arena::part_size < arena::stack_size;
  std::snprintf(text, sizeof text, "%s of %s, at %#zx", stack ? "the stack" : "a block",
                names[part] ? names[part] : "?", offset % arena::part_size - (stack ? 0 : arena::stack_size));
  return text;
}

std::string engine::stuck() const {
  std::string text = "nobody can go on:";
  for (unsigned t = 0; t < threads; ++t) {
    if (states[t] == thread_state::ended) continue;
    text += std::string(" ") + names[t] + (states[t] == thread_state::waiting ? " sleeps" : " spins");
  }
  return text;
}

std::string engine::schedule() const {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += digits[choices[i].picked];
  text.erase(text.find_last_not_of('0') + 1);
  return text.empty() ? "0" : text;
}

void engine::print(const char* what, std::uint64_t value, const volatile void* word) {
  arena::outside o;
  std::printf("  %-10s %-10s", current <= max_threads && names[current] ? names[current] : "", what);
  if (word) std::printf(" %-24s %#llx", where(address(word)).c_str(), static_cast<unsigned long long>(value));
  std::printf("\n");
}

namespace {

result run(const options& o, const scenario& s, std::string_view given, bool forced) {
  engine e;
  e.opt = &o;
  e.play = &s;
  e.forced = e.printing = forced;
  for (char c : given) {
    const auto n = digits.find(c);
    if (n == digits.npos) throw std::invalid_argument("a schedule consists of letters and digits");
    e.choices.push_back({static_cast<std::uint8_t>(n), 0});
  }
  running = &e;
  result r;
  const auto begin = std::chrono::steady_clock::now();
  do {
    e.run_once();
    ++r.executions;
  } while (e.end != ending::failed && !forced && e.backtrack());
  running = nullptr;
  r.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  r.states = e.known.size();
  r.steps = e.all_steps;
  if (e.end == ending::failed) {
    r.failed = true;
    r.error = e.error;
    r.schedule = e.schedule();
  }
  return r;
}

}  // namespace

result explore(const options& o, const scenario& s) { return run(o, s, {}, false); }
result replay(const options& o, const scenario& s, std::string_view schedule) { return run(o, s, schedule, true); }

}  // namespace model
