// SPDX-License-Identifier: MIT
#pragma once
// channel_outlet: the sending side of a remote_channel on one worker: what it has staged, and what is on its way.
//
//     taken             announced            pushed          taken + capacity
//     | the trustee's   | staged here        | free          |
//
// A send puts its element at `pushed` and goes on. A step of the ready queue later, or when enough is staged, a *parcel* announces all that is
// staged in one call; its answer says how far the trustee has taken, which is credit. A few parcels are under way at a time; what is
// sent while all of them are makes the next one larger. While sends wait, and after one was refused for want of credit, a *question* is
// under way, which is answered when there is some.
// Who owns what    an outlet is its worker's alone; the ring's announced part is the trustee's (see channel_hub.hpp). It lies in the
//                  office (channel_office.hpp), and counts as a sender there as long as it has anything to do.
// At the end       a closed outlet still delivers what is staged; with its runtime gone, that is destroyed.
// Tests: tests/unit/delegate/remote_channel.cpp, tests/stress/remote_channel.cpp   Price: bench/stream.cpp

#include <trust/delegate/calls.hpp>
#include <trust/delegate/channel_hub.hpp>
#include <trust/delegate/remote.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace trust::delegate {

/// An answer of the hub, in one word: how many elements of this worker were ever taken, and how it stands.
class credit {
 public:
  enum standing : std::uint64_t {
    open,
    closed,
    ending  ///< the runtime ends: there will be no more for those who wait
  };
  credit(std::uint64_t taken, standing how) noexcept : word_{taken << 2 | how} {}
  [[nodiscard]] std::uint64_t taken() const noexcept { return word_ >> 2; }
  [[nodiscard]] bool is(standing how) const noexcept { return (word_ & 3) == how; }

 private:
  std::uint64_t word_;
};

/// "All up to `upto` is there": what goes to the hub's entry, for many elements.
struct parcel {
  std::byte* ring;
  std::uint64_t upto;
  std::uint32_t worker;
  credit operator()(hub_entry& e) const noexcept;
};
/// Launched: waits until more than `known` is taken.
struct question {
  std::uint64_t known;
  std::uint32_t worker;
  task<credit> operator()(hub_entry& e) const;
};

/// What a closing hub asks of each worker, at its hall: how many elements it has ever sent.
struct last_word {
  channel_office* office;
  std::uint32_t worker;
  std::uint64_t operator()(const nowhere&) const noexcept;
};
using last_word_op = op<apply_kind<const nowhere, last_word, false>>;

/// Launched, at either object.
struct close_channel {
  template <class Object> task<> operator()(Object& o) const { return o.hub->closes(); }
};

class channel_outlet : public intake {
 public:
  static constexpr unsigned parcels = 4;  ///< under way at a time

  /// Throws std::bad_alloc.
  channel_outlet(channel_office& o, std::uint32_t worker);

  // All of it on its worker.

  /// Makes the way to the trustee; throws what that does (std::bad_alloc, errc::runtime_stopped).
  void open();
  template <class T, class U> void push(U&& value) {
    put<T>(std::forward<U>(value));
    if (!scheduled_) return schedule();
    if (pushed_ - announced_ >= eager_) [[unlikely]]
      announce();
  }
  /// There was no room for somebody who may try again.
  void refused() noexcept {
    if (over() != errc{}) return;
    refused_ = true;
    schedule();
  }
  void wait(queued_send& s, coro::resumable& done, coro::environment& env) noexcept;
  /// Takes nothing more; says how many it has ever taken.
  std::uint64_t close() noexcept;

 private:
  struct courier : coro::resumable {
    channel_outlet* of = nullptr;
    std::uint64_t from = 0, upto = 0;
    std::optional<op<apply_kind<hub_entry, parcel, false>>> call;
  };
  struct asker : coro::resumable {
    channel_outlet* of = nullptr;
    std::optional<op<launch_kind<hub_entry, question, false>>> call;
  };
  struct step : coro::resumable {
    channel_outlet* of = nullptr;
  };

  void schedule() noexcept;
  void announce() noexcept;
  void describe(courier& c);
  void ask() noexcept;
  template <class Going> [[nodiscard]] bool begins(Going& g) noexcept;
  template <class Going> [[nodiscard]] result<credit> answer(Going& g) noexcept;
  void came_back(courier& c) noexcept;
  void came_back(asker& a) noexcept;
  void has_credit(credit c) noexcept;
  void stops(errc why) noexcept;
  void hold() noexcept;
  void settle() noexcept;

  channel_office& office_;
  const std::uint32_t worker_;
  const std::uint64_t eager_;
  std::uint64_t announced_ = 0;
  std::uint64_t taken_ = 0;  // as known here
  bool scheduled_ = false;
  bool refused_ = false;  // since a question was last asked
  bool held_ = false;     // counts as a sender
  unsigned under_way_ = 0;
  step flush_;
  std::array<courier, parcels> couriers_;
  asker asker_;
};

}  // namespace trust::delegate
