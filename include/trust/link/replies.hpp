// SPDX-License-Identifier: MIT
#pragma once
// replies: the lines in which a trustee answers one client, several answers to a line, in the order of the requests.
//
//     trustee                                        client
//     write values, release the line's word -- [answer] --> read status and values
//
// A line is 64 bytes: one word (answers so far << 14 | two status bits for each of this line's seven) and seven values. The trustee
// writes a line's word when the line is full or its visit ends, so a lone answer costs one line and a burst shares lines.
// Who owns what    a line belongs to the trustee from the collection of its last lap's answers to the release of its word; its
//                  values below the count belong to the client then. The client bounds what is outstanding to `places`, so a
//                  line is never written before its last lap was collected: that knowledge travels with the next request [call].
// Rejected         an answer in its request's own slot: 16-17 ns per operation against 6.8.
// Edges            [answer] line word.     Model: tests/model/replies.cpp   Price: bench/counter.cpp

#include <trust/link/edges.hpp>
#include <trust/link/requests.hpp>

#include <cstddef>
#include <cstdint>

namespace trust::link {

inline constexpr std::uint32_t answers_per_line = 7;

template <class M> struct alignas(64) reply_line {
  typename M::template atomic<std::uint64_t> word{0};
  std::uint64_t value[answers_per_line];
};

template <class M> class replies {
 public:
  using line = reply_line<M>;

  /// Lines needed so that `places` answers may be outstanding.
  [[nodiscard]] static constexpr std::uint32_t lines_for(std::uint32_t places) noexcept {
    return (places + 2 * (answers_per_line - 1)) / answers_per_line;
  }

  /// The trustee's end. One thread.
  class writer {
   public:
    writer(line* lines, std::uint32_t count) noexcept : first_{lines}, line_{lines}, end_{lines + count} {}

    /// Where the next answer's value goes: 8 bytes.
    [[nodiscard]] void* place() noexcept { return &line_->value[k_]; }

    /// Adds the next answer; it shows at the latest with `tell`.
    void answer(status s) noexcept {
      M::wrote(&line_->value[k_], sizeof line_->value[k_]);
      bits_ |= std::uint64_t{static_cast<std::uint8_t>(s)} << (2 * k_);
      if (++k_ == answers_per_line) {
        release();
        before_ += answers_per_line;
        k_ = told_ = 0;
        bits_ = 0;
        if (++line_ == end_) line_ = first_;
      }
    }

    /// Publishes a line that is not full.
    void tell() noexcept {
      if (told_ != k_) release();
    }

   private:
    void release() noexcept {
      told_ = k_;
      line_->word.store((before_ + k_) << (2 * answers_per_line) | bits_,
                        M::order(edge::answer, std::memory_order_release));
    }

    line* first_;
    line* line_;
    line* end_;
    std::uint64_t before_ = 0;  // answers in lines that are full
    std::uint64_t bits_ = 0;    // of the line being written: its status bits,
    std::uint32_t k_ = 0;       // its answers,
    std::uint32_t told_ = 0;    // and how many of those show
  };

  /// The client's end. One thread. Its bookkeeping is ahead of `f`, which may make calls.
  class reader {
   public:
    reader(line* lines, std::uint32_t count) noexcept : first_{lines}, line_{lines}, end_{lines + count} {}

    /// Takes the next answer, if there is one: `value` gets its eight bytes.
    [[nodiscard]] bool take(status& s, std::uint64_t& value) noexcept {
      if (known_ == collected_ && !refresh()) return false;
      M::read(&line_->value[k_], sizeof line_->value[k_]);
      s = static_cast<status>(word_ >> (2 * k_) & 3);
      value = line_->value[k_];
      ++collected_;
      if (++k_ == answers_per_line) {
        k_ = 0;
        if (++line_ == end_) line_ = first_;
      }
      return true;
    }

    /// How many were taken.
    [[nodiscard]] std::uint64_t collected() const noexcept { return collected_; }
    /// One that the trustee has left unanswered counts as taken.
    void give_up_one() noexcept { ++collected_; }

    /// Whether there is one.
    [[nodiscard]] bool shows() noexcept { return known_ != collected_ || refresh(); }

   private:
    [[nodiscard]] bool refresh() noexcept {
      word_ = line_->word.load(M::order(edge::answer, std::memory_order_acquire));
      const std::uint64_t count = word_ >> (2 * answers_per_line);
      if (count <= collected_) return false;
      known_ = count;
      return true;
    }

    line* first_;
    line* line_;
    line* end_;
    std::uint64_t word_ = 0;
    std::uint64_t known_ = 0;  // answers known to be there; never past the line being read
    std::uint64_t collected_ = 0;
    std::uint32_t k_ = 0;
  };
};

}  // namespace trust::link
