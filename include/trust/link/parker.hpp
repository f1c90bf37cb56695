// SPDX-License-Identifier: MIT
#pragma once
// parker: the word that tells producers whether a worker needs its bell, and the order in which both sides look.
//
//     sleeper                                      producer
//     raise the flag                               publish (a turn word, an answer, a letter)
//     barrier                                      [compiler fence]
//     look once more at all that may be published  look at the flag
//     sleep until the bell                         raised? claim it, ring the bell
//
// This is Dekker's pattern: each side writes its own word and then reads the other's, and at least one of them must see the other's
// write. The sleeper pays: its barrier is membarrier(PRIVATE_EXPEDITED), which stands in for a fence at whatever point every other thread
// has reached, so the producer pays a plain load. Without membarrier both sides use a read-modify-write of the flag: the two are totally
// ordered, and the later one sees the earlier, with all that was published before it [park].
//
//     forgotten  the word was wiped by a fork: nobody is behind it in this process
//     awake      the worker runs; producers do nothing
//     parked     the worker sleeps or is about to; the first producer to claim it rings
//     claimed    somebody has taken the duty to ring; the others need not
//     left       the worker has gone for good; see lane.hpp for what a producer does then
//
// Promise          a worker that is told `sleep` has nothing to do that was published before, or its bell will ring.
// Edges            [park], [claim].     Model: tests/model/parker.cpp   Stress: tests/stress/park.cpp   Price: bench/park.cpp

#include <trust/link/edges.hpp>

#include <cstdint>

namespace trust::link {

enum parked_state : std::uint32_t { forgotten, awake, parked, claimed, left };

/// What a producer must do after it has published.
enum class duty : std::uint8_t { nothing, ring, absent };

template <class M> class parker {
 public:
  /// Sleeper: raises the flag. False: the barrier was busy or somebody rang already; the flag is down again, go on polling.
  [[nodiscard]] bool prepare(bool membarrier) noexcept {
    if (membarrier) {
      state_.store(parked, std::memory_order_relaxed);
      if (M::step(step::barrier) && !M::membarrier()) {
        cancel();
        return false;
      }
      return true;
    }
    state_.exchange(parked, M::order(edge::park, std::memory_order_acq_rel));
    return true;
  }

  /// Sleeper: the second look found something, or the sleep is over. True: a producer has claimed the duty to ring meanwhile, so the
  /// bell has rung or is about to.
  bool cancel() noexcept { return state_.exchange(awake, M::order(edge::claim, std::memory_order_acq_rel)) == claimed; }

  /// Producer: to be asked after each publication, with a compiler fence before it.
  [[nodiscard, gnu::always_inline]] duty after_publishing(bool membarrier) noexcept {
    return duty_of(look_after_publishing(membarrier));
  }
  /// The same in two halves: where this says `awake` there is no duty, else duty_of says which.
  [[nodiscard, gnu::always_inline]] std::uint32_t look_after_publishing(bool membarrier) noexcept {
    if (membarrier) {
      M::order_store_load_compiler();
      return state_.load(std::memory_order_relaxed);
    }
    // Adding nothing is the read-modify-write that the sleeper's exchange is ordered with.
    return state_.fetch_add(0, M::order(edge::park, std::memory_order_acq_rel));
  }
  [[nodiscard, gnu::always_inline]] duty duty_of(std::uint32_t seen) noexcept {
    if (seen == awake || seen == claimed) return duty::nothing;
    return slow(seen);
  }

  /// Sleeper: goes for good. A barrier and a last look follow (see lane.hpp).
  void leave() noexcept { state_.exchange(left, M::order(edge::park, std::memory_order_acq_rel)); }

  /// The worker begins.
  void begin() noexcept { state_.store(awake, std::memory_order_release); }

  /// What the word says now; for reports and for the check after a fork.
  [[nodiscard]] parked_state peek() const noexcept {
    return static_cast<parked_state>(state_.load(std::memory_order_relaxed));
  }

 private:
  [[nodiscard, gnu::noinline]] duty slow(std::uint32_t seen) noexcept {
    if (seen != parked) return duty::absent;
    if (!M::step(step::ring)) return duty::nothing;
    std::uint32_t expected = parked;
    if (state_.compare_exchange_strong(expected, claimed, M::order(edge::claim, std::memory_order_acq_rel),
                                       std::memory_order_relaxed)) {
      return duty::ring;
    }
    return expected == left || expected == forgotten ? duty::absent : duty::nothing;
  }

  typename M::template atomic<std::uint32_t> state_{awake};
};

}  // namespace trust::link
