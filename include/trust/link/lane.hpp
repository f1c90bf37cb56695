// SPDX-License-Identifier: MIT
#pragma once
// lane: everything between one client thread and one trustee thread: requests, replies, completions, and how the two part.
//
//     client                                       trustee
//     claim, publish      -- [call] -------------> look, pass, run
//     collect             <--------- [answer] ---- place, answer, tell
//     take chain          <----- [completion] ---- add, tell
//     take back the rest  <--------- [closed] ---- close, after its last look
//
// Room             the smaller of free granules and free reply places. A place is given back when the client has *collected* its answer,
//                  granules when the trustee has *taken* the request, so a launched task holds neither.
// Parting          a trustee that leaves raises `left` on its parker, makes a barrier, looks at each lane for the last time, and closes it. A
//                  client that publishes after that look finds `left` on the parker (Dekker, as for parking), waits for [closed] and
//                  takes back what was not taken. So each request is run, refused or taken back, exactly once.
// Memory           one block, first touched by the client (so it lies on the client's node), freed by whichever end leaves last.
// Edges            those of its parts, and [closed].     Model: tests/model/lane.cpp, tests/model/parting.cpp

#include <trust/link/completions.hpp>
#include <trust/link/refcount.hpp>
#include <trust/link/replies.hpp>
#include <trust/link/requests.hpp>

#include <cstdint>
#include <memory>
#include <new>

namespace trust::link {

/// `Node` waits for an answer, `Link` is the part of it by which completions are chained, `Port` is what names an end.
template <class M, class Node, class Port, class Link = Node> class alignas(128) lane {
  using word = typename M::template atomic<std::uint32_t>;
  using ring = requests<M>;
  using lines = replies<M>;

 public:
  /// Allocates a lane of `granules` (a power of two, at least 2) whose counters begin at `begin`; throws std::bad_alloc.
  [[nodiscard]] static lane* make(std::uint32_t granules, Port* client, Port* trustee, std::uint32_t begin = 0) {
    const layout at{granules};
    void* block = ::operator new(at.bytes, std::align_val_t{128});
    return new (block) lane{at, granules, client, trustee, begin};
  }

  /// One end leaves; the second one frees.
  void leave() noexcept {
    if (!ends_.drop()) return;
    this->~lane();
    ::operator delete(this, std::align_val_t{128});
  }

  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  // The client's end.

  /// The place for a record of `granules`, or null while there is no room.
  [[nodiscard]] record* claim(std::uint32_t granules, bool answered) noexcept {
    if (answered && !has_place()) return nullptr;
    return out_.claim(granules);
  }
  /// The same for a record that is answered; null also where there may be room that nobody has looked for yet.
  [[nodiscard, gnu::always_inline]] record* claim_known(std::uint32_t granules) noexcept {
    return has_place() && (granules == 1 || granules <= out_.longest()) ? out_.claim_known(granules) : nullptr;
  }
  void publish(record& r, std::uint32_t granules) noexcept { out_.publish(r, granules); }
  [[gnu::always_inline]] void publish(record& r, std::uint32_t granules, Node& who) noexcept {
    who_[sent_ & out_.ring().mask] = &who;
    ++sent_;
    out_.publish(r, granules);
  }
  /// Takes the next answer and names its waiter, or null.
  [[nodiscard]] Node* collect(status& s, std::uint64_t& value) noexcept {
    const std::uint64_t at = answers_.collected();
    if (at == sent_ || !answers_.take(s, value)) return nullptr;
    return who_[at & out_.ring().mask];
  }
  /// Whether an answer or a chain of completions shows; for the second look before sleeping.
  [[nodiscard]] bool shows() noexcept {
    return (answers_.collected() != sent_ && answers_.shows()) || finished_.shows();
  }
  [[nodiscard]] Link* collect_completions() noexcept { return finished_.take(); }
  [[nodiscard]] std::uint64_t outstanding() const noexcept { return sent_ - answers_.collected(); }
  [[nodiscard]] std::uint32_t longest() const noexcept { return out_.longest(); }
  [[nodiscard]] bool all_taken() noexcept { return out_.all_taken(false) || out_.all_taken(true); }
  [[nodiscard]] bool closed() const noexcept {
    return closed_.load(M::order(edge::closed, std::memory_order_acquire)) != 0;
  }
  /// After `closed` said true and all answers were collected: each record that was not taken, oldest first, with its waiter.
  template <class F> void take_back(F&& f) {
    out_.take_back([&](record& r) {
      if ((r.bits & record_bits::answered) == 0) return f(r, nullptr);
      Node* const who = who_[answers_.collected() & out_.ring().mask];
      answers_.give_up_one();
      f(r, who);
    });
  }
  /// For the end of a client: each waiter whose answer is outstanding.
  template <class F> void each_outstanding(F&& f) {
    for (std::uint64_t i = answers_.collected(); i != sent_; ++i) f(*who_[i & out_.ring().mask]);
  }
  [[nodiscard]] Link* take_rest() noexcept { return finished_.take_rest(); }

  // The trustee's end.

  typename ring::reader& in() noexcept { return in_; }
  typename lines::writer& replies_out() noexcept { return replies_; }
  completions<M, Link>& completions_out() noexcept { return finished_; }
  void close() noexcept { closed_.store(1, M::order(edge::closed, std::memory_order_release)); }

  Port* client;
  Port* trustee;

 private:
  /// Whether one more answer may be outstanding.
  [[nodiscard]] bool has_place() const noexcept { return sent_ - answers_.collected() < places_; }

  struct layout {
    std::uint32_t granules;
    std::uint32_t line_count;
    std::size_t ring_at, lines_at, who_at, bytes;
    explicit layout(std::uint32_t n) noexcept
        : granules{n},
          line_count{lines::lines_for(n - 1)},
          ring_at{sizeof(lane)},
          lines_at{ring_at + std::size_t{n} * granule_bytes +
                   (n * granule_bytes % 128 != 0 ? 128 - n * granule_bytes % 128 : 0)},
          who_at{lines_at + std::size_t{line_count} * sizeof(reply_line<M>)},
          bytes{who_at + n * sizeof(Node*)} {}
  };

  lane(const layout& at, std::uint32_t granules, Port* c, Port* t, std::uint32_t begin) noexcept
      : client{c},
        trustee{t},
        out_{shape(at, granules, begin), consumed_, begin},
        answers_{line_array(at), at.line_count},
        who_{reinterpret_cast<Node**>(base() + at.who_at)},
        places_{granules - 1},
        in_{out_.ring(), consumed_, begin},
        replies_{line_array(at), at.line_count} {
    consumed_.store(begin, std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < at.line_count; ++i) new (line_array(at) + i) reply_line<M>{};
  }
  ~lane() = default;

  [[nodiscard]] std::byte* base() noexcept { return reinterpret_cast<std::byte*>(this); }
  [[nodiscard]] reply_line<M>* line_array(const layout& at) noexcept {
    return reinterpret_cast<reply_line<M>*>(base() + at.lines_at);
  }

  /// Every word of the fresh ring reads as closed, whatever `begin` is.
  [[nodiscard]] typename ring::shape shape(const layout& at, std::uint32_t granules, std::uint32_t begin) noexcept {
    std::uint32_t shift = 0;
    while ((1u << shift) < granules) ++shift;
    TRUST_ASSERT((1u << shift) == granules && granules >= 2, "the granules of a lane are a power of two, at least 2");
    typename ring::shape s{reinterpret_cast<record*>(base() + at.ring_at), granules - 1, shift};
    for (std::uint32_t i = 0; i < granules; ++i) {
      auto* r = new (s.ring + i) record{};
      new (&r->turn) word{s.closed(begin)};
    }
    return s;
  }

  // Client's lines.
  alignas(128) typename ring::writer out_;
  typename lines::reader answers_;
  Node** who_;
  std::uint64_t sent_ = 0;
  std::uint32_t places_;

  // Trustee's lines.
  alignas(128) typename ring::reader in_;
  typename lines::writer replies_;

  // Words that both look at.
  alignas(128) word consumed_{0};
  word closed_{0};
  refcount<M> ends_{2};
  completions<M, Link> finished_;
};

}  // namespace trust::link
