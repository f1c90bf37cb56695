// SPDX-License-Identifier: MIT
#pragma once
// checked_machine: the machine whose atomics, payload, pause and membarrier belong to the explorer.
//
// It has what the real machine has, so a link type over it is the code that ships. An atomic<T> is as large as its
// T; what the explorer knows about it lies in a table keyed by its address, so it may be laid over a record's
// bytes. `order` and `step` are where a twin is weaker: one edge is relaxed at both ends or at one (or loses its
// place in the order of seq_cst), or one step is left out.
//
// membarrier is modelled as what it is: every other thread passes a fence at some point of its own between the call and
// the return, in any order, and nothing else happens to it. So the caller sees what the others stored before that, and
// they see, from there on, what the caller stored before the call.
#include "explorer.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace model {

const twin& current_twin() noexcept;

// The untyped half, in explorer_machine.cpp.
std::uint64_t do_load(const volatile void* at, unsigned size, std::memory_order);
void do_store(volatile void* at, unsigned size, std::uint64_t value, std::memory_order);
using combine = std::uint64_t (*)(std::uint64_t, std::uint64_t);
std::uint64_t do_exchange(volatile void* at, unsigned size, combine, std::uint64_t operand, std::memory_order);
bool do_compare_exchange(volatile void* at, unsigned size, std::uint64_t& expected, std::uint64_t desired,
                         std::memory_order success, std::memory_order failure, bool weak);
bool do_membarrier();
bool does_membarrier();
std::memory_order weakened(int edge, std::memory_order) noexcept;

struct checked_machine {
  template <class T> class atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

   public:
    atomic() noexcept : value_{} { model::wrote(this, sizeof *this); }
    atomic(T v) noexcept : value_{v} { model::wrote(this, sizeof *this); }
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    T load(std::memory_order o) const noexcept { return out(do_load(this, sizeof(T), o)); }
    void store(T v, std::memory_order o) noexcept { do_store(this, sizeof(T), in(v), o); }
    T exchange(T v, std::memory_order o) noexcept {
      return rmw(in(v), o, [](std::uint64_t, std::uint64_t b) { return b; });
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order s, std::memory_order f) noexcept {
      return swap(expected, desired, s, f, false);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order s, std::memory_order f) noexcept {
      return swap(expected, desired, s, f, true);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order o) noexcept {
      return swap(expected, desired, o, without_release(o), false);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order o) noexcept {
      return swap(expected, desired, o, without_release(o), true);
    }
    T fetch_add(T v, std::memory_order o) noexcept {
      return rmw(in(v), o, [](std::uint64_t a, std::uint64_t b) { return in(static_cast<T>(out(a) + out(b))); });
    }
    T fetch_sub(T v, std::memory_order o) noexcept {
      return rmw(in(v), o, [](std::uint64_t a, std::uint64_t b) { return in(static_cast<T>(out(a) - out(b))); });
    }
    T fetch_or(T v, std::memory_order o) noexcept {
      return rmw(in(v), o, [](std::uint64_t a, std::uint64_t b) { return a | b; });
    }
    T fetch_and(T v, std::memory_order o) noexcept {
      return rmw(in(v), o, [](std::uint64_t a, std::uint64_t b) { return a & b; });
    }

   private:
    static std::uint64_t in(T v) noexcept {
      std::uint64_t n = 0;
      std::memcpy(&n, &v, sizeof v);
      return n;
    }
    static T out(std::uint64_t n) noexcept {
      T v;
      std::memcpy(&v, &n, sizeof v);
      return v;
    }
    static constexpr std::memory_order without_release(std::memory_order o) noexcept {
      if (o == std::memory_order_acq_rel) return std::memory_order_acquire;
      return o == std::memory_order_release ? std::memory_order_relaxed : o;
    }
    T rmw(std::uint64_t operand, std::memory_order o, combine f) noexcept {
      return out(do_exchange(this, sizeof(T), f, operand, o));
    }
    bool swap(T& expected, T desired, std::memory_order s, std::memory_order f, bool weak) noexcept {
      std::uint64_t e = in(expected);
      const bool done = do_compare_exchange(this, sizeof(T), e, in(desired), s, f, weak);
      expected = out(e);
      return done;
    }

    alignas(sizeof(T)) T value_;
  };

  static void wrote(const volatile void* p, std::size_t n) noexcept { model::wrote(p, n); }
  static void read(const volatile void* p, std::size_t n) noexcept { model::read(p, n); }
  static void pause() noexcept { model::pause(); }
  static bool membarrier() noexcept { return do_membarrier(); }
  static bool has_membarrier() noexcept { return does_membarrier(); }
  static void order_store_load_compiler() noexcept {}  // what it keeps the compiler from, stale reads show anyway

  template <class Edge> static std::memory_order order(Edge e, std::memory_order o) noexcept {
    return weakened(static_cast<int>(e), o);
  }
  template <class Step> static bool step(Step s) noexcept { return current_twin().step != static_cast<int>(s); }
};

}  // namespace model
