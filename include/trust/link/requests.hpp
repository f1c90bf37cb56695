// SPDX-License-Identifier: MIT
#pragma once
// requests: the ring of granules through which one client thread sends records to one trustee thread.
//
//     client                                   trustee
//     write record, release turn -- [call] --> read record, run it
//     claim granules     <-------- [room] ---- publish consumed
//
// A granule is 32 bytes; a record begins with its head (turn, bits, thunk, target, who) and goes on over as many granules as its
// closure needs. The turn word lies in the record itself: `open(at)` publishes the record that begins at position `at`, every other
// value reads as closed. A record never straddles the end of the ring: a `skip` record leads to granule 0.
// Who owns what    granules between consumed and the client's tail belong to the trustee once their record is open, all others to
//                  the client. `consumed` is written by the trustee alone, every turn word by the client alone.
// The rule         the word that the trustee looks at next never reads as open before the client publishes there. Records overlay
//                  turn words with closure bytes, so before it releases a record the client looks at the first word after it (which
//                  is free, since n granules hold at most n - 1) and closes it if last lap's bytes read as open.
// Why it holds     the trustee looks only at `head`, which is the granule after the last record that it has taken. That word was closed,
//                  or read as not open, before the record was released; [call] makes that visible with the record. Between
//                  that and its own publication nobody writes it: the client's next write there is the next record.
// Rejected         a shared tail index (11.3 ns per operation with 64 in flight against 6.8); writing `closed` every time (2.4 ns more).
// Edges            [call] turn word, [room] consumed.     Model: tests/model/lane.cpp   Price: bench/counter.cpp

#include <trust/base/assert.hpp>
#include <trust/link/edges.hpp>

#include <cstddef>
#include <cstdint>

namespace trust::link {

inline constexpr std::size_t granule_bytes = 32;

/// What a record's thunk is asked to do.
enum class verb : std::uint8_t {
  run,       ///< run the closure on the object, write the result, destroy the closure
  relocate,  ///< move the closure to the record at `out`, destroy the one here
  drop,      ///< destroy the closure without running it
  describe,  ///< write the name of the closure's type, a const char*, to `out`; touches nothing else
};

/// What becomes of a request: two bits of a reply line's word.
enum class status : std::uint8_t {
  value,    ///< the result lies in the reply, or in the waiter's storage where it is larger
  error,    ///< an exception lies in the waiter
  refused,  ///< not begun: the trustee has stopped, the object is gone, the deadline has passed
  later,    ///< the result comes as a completion that names its waiter
};

/// The head of a record: one granule. What follows it in the next granules is the closure.
struct record {
  std::uint32_t turn;                         ///< overlaid by the machine's atomic
  std::uint32_t bits;                         ///< see record_bits
  status (*thunk)(verb, record&, void* out);  ///< knows the closure's type
  void* target;                               ///< the cell
  void* who;                                  ///< the waiter, or up to 8 bytes of closure where nobody waits
  [[nodiscard]] void* body() noexcept { return this + 1; }  ///< the closure, where it has granules of its own
};
static_assert(sizeof(record) == granule_bytes);

/// bits: granules of the record, flags, and the object's offset from its cell.
namespace record_bits {
inline constexpr std::uint32_t granules = 0x0f;  ///< 1..15
inline constexpr std::uint32_t skip = 0x10;      ///< nothing here: go on at granule 0
inline constexpr std::uint32_t answered = 0x20;  ///< takes a reply place
inline constexpr std::uint32_t bounded = 0x40;   ///< its waiter has a deadline, a stop word or a context: looked at first
inline constexpr std::uint32_t listens = 0x80;   ///< the client's own: a stop request finds the call
inline constexpr std::uint32_t lasts = 0x100;    ///< what it begins lasts longer than itself: a task, the end of the object
inline constexpr std::uint32_t offset_shift = 9;
inline constexpr std::uint32_t offset_limit = 1u << 23;
}  // namespace record_bits

/// The longest record that any ring takes inline, in granules.
inline constexpr std::uint32_t longest_record = 8;

template <class M> class requests {
  using word = typename M::template atomic<std::uint32_t>;
  static_assert(sizeof(word) == sizeof(std::uint32_t));

 public:
  /// What both ends know of the ring. `granules` is a power of two, at least 2.
  struct shape {
    record* ring;
    std::uint32_t mask;
    std::uint32_t shift;
    [[nodiscard]] std::uint32_t size() const noexcept { return mask + 1; }
    [[nodiscard]] std::uint32_t open(std::uint32_t at) const noexcept { return 2 * (at >> shift) + 1; }
    [[nodiscard]] std::uint32_t closed(std::uint32_t at) const noexcept { return 2 * (at >> shift); }
    [[nodiscard]] word& turn(std::uint32_t at) const noexcept { return reinterpret_cast<word&>(ring[at & mask].turn); }
    /// The longest record that this ring takes: a quarter of it, and one granule at least.
    [[nodiscard]] std::uint32_t longest() const noexcept {
      const std::uint32_t quarter = size() / 4;
      return quarter == 0 ? 1 : (quarter < longest_record ? quarter : longest_record);
    }
  };

  /// The client's end. One thread.
  class writer {
   public:
    writer(shape s, word& consumed, std::uint32_t begin) noexcept
        : shape_{s},
          consumed_{consumed},
          at_{s.ring + (begin & s.mask)},
          end_{s.ring + s.size()},
          lap_{begin & ~s.mask},
          seen_{begin},
          open_{s.open(begin)},
          longest_{s.longest()} {
      find_stop();
    }

    /// The place of the next record of `granules`, or null while there is no room. Claimed twice without publish, it is the same.
    [[nodiscard, gnu::always_inline]] record* claim(std::uint32_t granules) noexcept {
      TRUST_ASSERT(granules >= 1 && granules <= longest_, "a record longer than its ring takes");
      record* const r = claim_known(granules);
      if (r != nullptr) [[likely]]
        return r;
      return claim_slowly(granules);
    }
    /// The same; null also where another look at the trustee's word, or a skip, would have made room.
    [[nodiscard, gnu::always_inline]] record* claim_known(std::uint32_t granules) noexcept {
      return static_cast<std::size_t>(stop_ - at_) >= granules ? at_ : nullptr;
    }

    /// Releases the claimed record of `granules`, whose fields other than `turn` are written.
    [[gnu::always_inline]] void publish(record& r, std::uint32_t granules) noexcept {
      TRUST_ASSERT(granules == (r.bits & record_bits::granules), "a record that is not as long as it says");
      M::wrote(&r.bits, sizeof(record) - sizeof r.turn);
      release(r, granules);
    }

    /// True when the trustee has taken all that was published, as far as this end has looked (`fresh` looks again).
    [[nodiscard]] bool all_taken(bool fresh) noexcept {
      if (fresh) seen_ = consumed_.load(M::order(edge::room, std::memory_order_acquire));
      return seen_ == tail();
    }

    /// After the trustee has left for good: hands back what it did not take, oldest first, to `f(record&)`.
    template <class F> void take_back(F&& f) {
      seen_ = consumed_.load(M::order(edge::room, std::memory_order_acquire));
      while (seen_ != tail()) {
        record& r = shape_.ring[seen_ & shape_.mask];
        const std::uint32_t bits = r.bits;
        seen_ += (bits & record_bits::skip) ? shape_.size() - (seen_ & shape_.mask) : (bits & record_bits::granules);
        if (!(bits & record_bits::skip)) f(r);
      }
    }

    [[nodiscard]] const shape& ring() const noexcept { return shape_; }
    [[nodiscard]] std::uint32_t longest() const noexcept { return longest_; }

   private:
    /// Looks at what has been taken since, and goes on at granule 0 where the rest of the ring is too short.
    [[nodiscard, gnu::noinline]] record* claim_slowly(std::uint32_t granules) noexcept {
      const auto left = static_cast<std::uint32_t>(end_ - at_);
      const std::uint32_t needed = granules <= left ? granules : left + granules;
      if (!fits(needed)) {
        seen_ = consumed_.load(M::order(edge::room, std::memory_order_acquire));
        if (!fits(needed)) return nullptr;
      }
      if (granules > left) skip_to_start(left);
      find_stop();
      return at_;
    }
    /// Where the next record goes, as a position that is never taken back.
    [[nodiscard]] std::uint32_t tail() const noexcept { return lap_ + static_cast<std::uint32_t>(at_ - shape_.ring); }
    /// Granules that are known to be free; n granules hold at most n - 1.
    [[nodiscard]] std::uint32_t free() const noexcept { return shape_.mask - (tail() - seen_); }
    [[nodiscard]] bool fits(std::uint32_t needed) const noexcept { return needed <= free(); }
    void find_stop() noexcept {
      const auto left = static_cast<std::uint32_t>(end_ - at_);
      stop_ = at_ + (free() < left ? free() : left);
    }

    void skip_to_start(std::uint32_t left) noexcept {
      record& r = *at_;
      r.bits = record_bits::skip;
      M::wrote(&r.bits, sizeof r.bits);
      release(r, left);
    }

    // claim, publish and release are the middle of the hot path: they are inline wherever they are used, and what is rare
    // is not (bench/counter.cpp).
    [[gnu::always_inline]] void release(record& r, std::uint32_t granules) noexcept {
      const std::uint32_t open = open_;
      record* next = &r + granules;
      if (next == end_) [[unlikely]] {  // a lap is over
        next = shape_.ring;
        lap_ += shape_.size();
        open_ = shape_.open(lap_);
        stop_ = next;  // the next claim looks
      }
      word& next_turn = reinterpret_cast<word&>(next->turn);
      if (M::step(step::close_next) && next_turn.load(std::memory_order_relaxed) == open_) [[unlikely]]
        next_turn.store(open_ - 1, std::memory_order_relaxed);
      reinterpret_cast<word&>(r.turn).store(open, M::order(edge::call, std::memory_order_release));
      at_ = next;
    }

    shape shape_;
    word& consumed_;
    record* at_;          // the next record's place
    record* stop_;        // from there to here all is known to be free
    record* end_;         // of the ring
    std::uint32_t lap_;   // the position of granule 0 in this lap
    std::uint32_t seen_;  // consumed, when last looked at
    std::uint32_t open_;  // the turn of this lap
    std::uint32_t longest_;
  };

  /// The trustee's end. One thread.
  class reader {
   public:
    reader(shape s, word& consumed, std::uint32_t begin) noexcept
        : shape_{s}, consumed_{consumed}, head_{begin}, told_{begin} {}

    /// The next record, or null. It stays the trustee's until `tell`.
    [[nodiscard]] record* look() noexcept {
      for (;;) {
        if (shape_.turn(head_).load(M::order(edge::call, std::memory_order_acquire)) != shape_.open(head_))
          return nullptr;
        record& r = shape_.ring[head_ & shape_.mask];
        M::read(&r.bits, sizeof r.bits);
        if (!(r.bits & record_bits::skip)) return &r;
        head_ += shape_.size() - (head_ & shape_.mask);
      }
    }

    /// Moves past the record; call before its closure runs, so that what it calls finds the ring in order.
    void pass(const record& r) noexcept { head_ += r.bits & record_bits::granules; }

    /// Gives all passed granules back. Their closures are gone by then.
    void tell() noexcept {
      if (told_ == head_) return;
      told_ = head_;
      consumed_.store(head_, M::order(edge::room, std::memory_order_release));
    }

    [[nodiscard]] bool all_told() const noexcept { return told_ == head_; }

   private:
    shape shape_;
    word& consumed_;
    std::uint32_t head_;
    std::uint32_t told_;
  };
};

}  // namespace trust::link
