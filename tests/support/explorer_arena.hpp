// SPDX-License-Identifier: MIT
#pragma once
// explorer_arena: the memory in which a scenario lives, one reserved region: a stack and a heap for each of its
// threads.
//
// While a scenario runs, operator new takes from the heap of the running thread (by bumping a pointer) and operator
// delete only marks what it is given, so that
//   - an address depends on what its own thread did before, not on the interleaving: it may name a word;
//   - nothing is used twice within an execution: a use after free is seen, and a block that remains is a leak;
//   - an execution that is cut short is thrown away by putting the pointers back.
// Freshly given memory is filled with a pattern. Outside of a scenario operator new is malloc.
#include <cstddef>
#include <cstdint>

namespace model::arena {

inline constexpr unsigned fibers = 5;  // four threads and the one that sets up and looks at the end
inline constexpr std::size_t stack_size = 256 * 1024, heap_size = 512 * 1024, part_size = stack_size + heap_size;
inline constexpr std::size_t region_size = fibers * part_size;

struct block {
  std::uintptr_t address;
  std::size_t size;
};

[[nodiscard]] std::uintptr_t base() noexcept;
[[nodiscard]] inline bool holds(std::uintptr_t address) noexcept { return address - base() < region_size; }
[[nodiscard]] void* stack_of(unsigned fiber) noexcept;

void reset() noexcept;                      // forgets all blocks
void enter(unsigned fiber) noexcept;        // operator new serves this fiber from now on ...
void leave() noexcept;                      // ... and is malloc again
[[nodiscard]] std::size_t live() noexcept;  // blocks given and not given back since reset

// Where the explorer itself works in the middle of a scenario: what it allocates is its own.
class outside {
 public:
  outside() noexcept;
  ~outside();
  outside(const outside&) = delete;
  outside& operator=(const outside&) = delete;

 private:
  bool was_inside_;
};

// Set by the explorer: told of every block that a scenario frees, before it is gone.
using on_free = void (*)(block);
void watch(on_free) noexcept;

// A double free, or one of something that is no block.
using on_misuse = void (*)(const char* what);
void watch(on_misuse) noexcept;

}  // namespace model::arena
