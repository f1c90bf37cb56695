// SPDX-License-Identifier: MIT
#pragma once
// machine: what the protocols of this floor ask of the computer, as a template parameter.
//
// Every type of the floor is a template over a machine, so that a checking machine can drive the code that ships. The
// real one, here, costs nothing or one instruction; membarrier alone is a system call, made before sleeping only.
//
//   atomic<T>      a word that two threads share; as large as T, so that it may overlay a record
//   wrote, read    called beside every access to plain payload; a checking machine finds races with them
//   order, step    what each named edge and step of a protocol is: as written, see edges.hpp
//   pause          one instruction between two looks at a word
//   membarrier     [sleep] every running thread of the process passes a full barrier before this returns true:
//                  what the caller stored before is visible to whatever those threads load afterwards
//   order_store_load_compiler  the other side of that edge: keeps the compiler from moving a load above a store
//
// membarrier calls queue up inside the kernel, so at most one thread of the process makes one at a time; who finds it
// taken gets `false`, goes on polling and tries later.
// Test: tests/unit/link/machine.cpp   Model: tests/model/parker.cpp   Price: bench/park.cpp

#include <trust/link/edges.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace trust::link {

struct real_machine : shipped_protocol {
  template <class T> using atomic = std::atomic<T>;

  static void wrote(const void*, std::size_t) noexcept {}
  static void read(const void*, std::size_t) noexcept {}

  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");  // `yield` is a no-op on most cores; `isb` waits a little, as x86's pause does
#else
    std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
  }

  // A clock that costs a few nanoseconds, in ticks of its own; for telling long from short, never for time.
  [[nodiscard]] static std::uint64_t ticks() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    std::uint64_t t;
    asm volatile("mrs %0, cntvct_el0" : "=r"(t));
    return t * 64;  // it ticks at tens of megahertz
#else
    return 0;
#endif
  }

  // True once the kernel has accepted this process for private expedited membarriers. The first call registers, which
  // takes milliseconds when other threads already run: ask before starting any. Any thread; the answer never changes,
  // and later calls cost a load.
  [[nodiscard]] static bool has_membarrier() noexcept;

  // False: no barrier has happened, because another thread is at it or the kernel refused; go on polling. Any thread.
  [[nodiscard]] static bool membarrier() noexcept;

  static void order_store_load_compiler() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
};

}  // namespace trust::link
