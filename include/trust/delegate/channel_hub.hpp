// SPDX-License-Identifier: MIT
#pragma once
// channel_hub: the receiving side of a remote_channel, on the channel's trustee: what has arrived from whom, who waits for it, how it closes.
//
//     worker that sends                                     the channel's trustee
//     ring of its outlet: [taken | arrived | staged]
//     parcel: "up to here", one call for many elements --> inlet: arrived; elements are moved out of that ring when they are received
//     credit = capacity - (pushed - taken)   <------------ the parcel's answer: taken
//     question, where senders wait: a launched task  ----> waits in the inlet's row until more has been taken, and answers the same
//
// An element needs no memory of the hub. The last inlet is the hub's own, its *door*: the intake of those who have no outlet, the trustee's
// own tasks, foreign threads and workers of other runtimes. Those that are elsewhere launch a task here that receives, or sends at the door:
// how it waits, is cancelled and ends with the runtime is what sync/row.hpp and launch say.
// Who owns what    everything here is the trustee's. Of an outlet's ring, what lies between taken and arrived is too: the calls that bring
//                  the one number and return the other carry it there and back ([call], [answer], [completion] of link).
//                  Two entrusted objects share the hub: the entry, which goes with the last sender, and the exit, with the last receiver.
// Order            of each outlet, and of each caller at the door, as sent. Inlets take turns, `burst` elements each.
// Closing          workers may have credit that they have not used, so elements may be on their way. A closing hub asks every worker of
//                  the runtime for its last word (how many it has ever sent, and it sends no more); there is nothing more when all of
//                  that has come. When the entry goes, all has: it is destroyed after everything that was sent before. When the exit goes,
//                  nobody asks any more: what is there and what comes is destroyed, and outlets hear of it by their next answer.
// Rejected         credit from one pool for all workers: one that has asked and stopped sending would keep it from the others.
// Tests: tests/unit/delegate/remote_channel.cpp, tests/stress/remote_channel.cpp   Price: bench/stream.cpp

#include <trust/coro/task.hpp>
#include <trust/delegate/channel_intake.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace trust::delegate {

class channel_office;
class channel_hub;

/// The objects that are entrusted.
struct hub_entry {
  explicit hub_entry(std::shared_ptr<channel_hub>&& h) noexcept : hub{std::move(h)} {}
  hub_entry(const hub_entry&) = delete;
  hub_entry& operator=(const hub_entry&) = delete;
  ~hub_entry();
  const std::shared_ptr<channel_hub> hub;
};
struct hub_exit {
  explicit hub_exit(std::shared_ptr<channel_hub>&& h) noexcept : hub{std::move(h)} {}
  hub_exit(const hub_exit&) = delete;
  hub_exit& operator=(const hub_exit&) = delete;
  ~hub_exit();
  const std::shared_ptr<channel_hub> hub;
};

class channel_hub {
 public:
  static constexpr unsigned burst = 32;

  /// Who waits to receive; `meet` moves the element out of its place.
  struct receiver : sync::waiter {
    void (*meet)(receiver&, void* element) noexcept = nullptr;
  };
  struct inlet {
    struct turn : base::hook {
      inlet* of = nullptr;
    };
    std::byte* ring = nullptr;
    std::uint64_t arrived = 0;
    std::uint64_t taken = 0;
    std::uint64_t final = 0;  ///< the last word
    turn active;              ///< linked while there is something to take
    sync::row<> questions;    ///< waits for credit: at most one
  };
  class door : public intake {
   public:
    explicit door(channel_hub& h) : intake{h.type_, h.capacity_}, hub_{h} { h.door_.ring = ring_.begin(); }
    template <class T, class U> void push(U&& value) {
      put<T>(std::forward<U>(value));
      hub_.arrive(hub_.door_, pushed_);
    }
    void wait(queued_send& s, coro::resumable& done, coro::environment& env) noexcept { enter(s, done, env); }

   private:
    friend class channel_hub;
    channel_hub& hub_;
  };

  channel_hub(channel_office& o, const element_type& type, std::size_t capacity, std::size_t workers);
  channel_hub(const channel_hub&) = delete;
  channel_hub& operator=(const channel_hub&) = delete;
  ~channel_hub();

  // What has come and what goes.

  /// Whether a receive need not wait: there is something, or never will be.
  [[nodiscard]] bool ready() const noexcept { return !active_.empty() || over(); }
  /// What it gives then.
  template <class T> void take_if_any(std::optional<T>& value) noexcept {
    if (active_.empty()) return;
    inlet& in = *active_.front()->of;
    T& x = *std::launder(reinterpret_cast<T*>(in.ring) + (in.taken & mask_));
    value.emplace(std::move(x));
    x.~T();
    took(in);
  }
  template <class T> [[nodiscard]] std::optional<T> take_if_any() noexcept {
    std::optional<T> value;
    take_if_any(value);
    return value;
  }
  /// For those who find nothing.
  [[nodiscard]] sync::row<receiver>& receivers() noexcept { return receivers_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

  /// Makes it at first; throws std::bad_alloc.
  [[nodiscard]] door& open_door();

  // Parcels and questions, from outlets.

  [[nodiscard]] inlet& of_worker(std::uint32_t index) noexcept { return inlets_[index]; }
  /// All up to `upto` has come.
  void arrive(inlet& in, std::uint64_t upto) noexcept;

  // The end.

  [[nodiscard]] task<> closes();
  void senders_gone() noexcept;
  void receivers_gone() noexcept;

 private:
  /// Nothing more will ever be received.
  [[nodiscard]] bool over() const noexcept { return closed_ && missing_ == 0 && active_.empty(); }
  [[nodiscard]] void* place(const inlet& in) const noexcept { return in.ring + (in.taken & mask_) * type_.bytes; }
  void took(inlet& in) noexcept {
    ++in.taken;
    if (in.taken == in.arrived) {
      in.active.unlink();
      taken_in_turn_ = 0;
    } else if (++taken_in_turn_ >= burst) [[unlikely]] {
      next_turn(in);
    }
    if (!in.questions.empty()) in.questions.go_on();
    if (&in == &door_) admit_at_door();
  }
  void next_turn(inlet& in) noexcept;
  void admit_at_door() noexcept;
  void takes_no_more() noexcept;
  void discard(inlet& in) noexcept;
  void end_receivers() noexcept;

  channel_office& office_;
  const element_type& type_;
  const std::size_t capacity_;
  const std::size_t mask_;
  const std::size_t workers_;
  const std::unique_ptr<inlet[]> inlets_;
  inlet& door_;
  std::optional<door> open_door_;
  base::list<inlet::turn> active_;
  unsigned taken_in_turn_ = 0;
  sync::row<receiver> receivers_;
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};
  std::uint64_t missing_ = unknown;  // elements that are still to come: known when all last words are
  bool closed_ = false;
  bool discards_ = false;  // nobody can receive any more
};

}  // namespace trust::delegate
