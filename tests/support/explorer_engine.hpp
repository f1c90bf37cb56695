// SPDX-License-Identifier: MIT
#pragma once
// explorer_engine: one exploration: the stack of choices, the states seen, the threads and who of them may go on.
//
// Fiber `setup` builds the scenario, is left while its threads run, and goes on with `finally`; the loop over
// executions is the program's own stack. A thread calls `point` before every visible step; whoever is chosen there
// goes on. An execution that fails, or that reaches a state known already, is left for good from wherever it is.
#include "explorer.hpp"
#include "explorer_fiber.hpp"

#include <string>
#include <vector>

namespace model {

class state_set {  // of hashes; open addressing
 public:
  state_set();
  ~state_set();
  state_set(const state_set&) = delete;
  state_set& operator=(const state_set&) = delete;
  bool insert(std::uint64_t h);  // false: it was there
  [[nodiscard]] std::size_t size() const noexcept { return used_; }

 private:
  void grow();
  std::uint64_t* slots_;
  std::size_t capacity_, used_ = 0;
};

enum class thread_state : std::uint8_t { ready, paused, waiting, ended };
enum class ending : std::uint8_t { none, complete, known, failed };

struct choice {
  std::uint8_t picked, of;
};

struct engine {
  const options* opt = nullptr;
  const scenario* play = nullptr;
  memory words;
  state_set known;
  std::vector<choice> choices;
  std::size_t depth = 0;
  bool printing = false, forced = false;   // forced: a given schedule, so no state is skipped
  bool playing = false, starting = false;  // inside a fiber; before a thread's first step

  fiber loop, fibers[max_threads + 1];
  thread_state states[max_threads]{};
  bell* awaited[max_threads]{};
  const char* names[max_threads + 1]{};
  world* scene = nullptr;
  unsigned threads = 0, current = setup, preemptions = 0, refusals = 0, spurious = 0;
  std::uint64_t steps = 0, all_steps = 0;
  ending end = ending::none;
  std::string error;
  std::vector<std::pair<std::uintptr_t, const char*>> labels;

  engine();
  void run_once();
  bool backtrack();
  void point();  // before every visible step
  unsigned choose(unsigned n);
  [[noreturn]] void stop(ending e);
  [[noreturn]] void stop_failed(const std::string& what);

  [[nodiscard]] bool can_run(unsigned t) const noexcept;
  void reschedule();
  void go_to(unsigned t);
  [[nodiscard]] std::uint64_t state_hash(unsigned t) const noexcept;
  [[nodiscard]] std::string where(std::uintptr_t at) const;
  [[nodiscard]] std::string stuck() const;
  [[nodiscard]] std::string schedule() const;
  void print(const char* what, std::uint64_t value, const volatile void* word);

  static void thread_main();
  static void setup_main();
};

// The one exploration that runs, or nullptr.
extern engine* running;

}  // namespace model
