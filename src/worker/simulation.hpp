// SPDX-License-Identifier: MIT
#pragma once
// simulation: what a simulated runtime chooses by its seed, its clock, and the record of what happened.
//
// One generator makes every decision; nothing is asked of the real clock, of addresses or of the system, so a seed is a run. Besides single
// decisions the seed draws the run's weather: how often things are under way for long, how often and how long a worker stands still, how much
// a pass takes on, how large lanes are. So some runs are nearly calm and some are wild (swarm testing), and bugs of both kinds show.
// Who owns what    the core owns it; the worker that makes its pass asks it. One thread.
//
//     turn       a pass of one worker, or a step of the clock (simulate.cpp)
//     pass       parts of what a worker does in a pass, each with a drawn budget (simulated_pass.cpp)
//     held up    what shows in a lane, or in an inbox, is under way for a drawn time: it is looked at when that is over. All of a lane waits
//                together, so a lane never reorders, while lanes of different clients overtake each other.
//     idle       a worker whose last whole pass found nothing to do, and nobody has done anything since. When all are, the clock jumps.
// Tests: tests/unit/worker/simulated.cpp, tests/unit/worker/explore.cpp, tests/story/clearing.py

#include <trust/base/chance.hpp>
#include <trust/worker/core.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trust::worker {

/// What a worker did, or what was done to it.
enum class happening : std::uint8_t {
  passed,      ///< seed 0: a whole pass
  ended,       ///< its part in the next phase of the end
  resumed,     ///< ready coroutines
  opened,      ///< letters
  fenced,      ///< it asks its clients for a record behind all that they have sent, since an object moves
  served,      ///< requests of a lane
  ran_own,     ///< its own queued calls
  collected,   ///< answers, and calls that found room
  told,        ///< completions
  fired,       ///< timers
  destroyed,   ///< objects
  delayed,     ///< a lane's messages, or an inbox's letters, are under way
  unanswered,  ///< a lane's answers are
  stands,      ///< a worker stands still
  jumped,      ///< the clock
  asked,       ///< the runtime is asked to stop
};

class simulation {
 public:
  simulation(const simulated& how, std::size_t workers);

  /// What a runtime of this seed has where nobody says: so small, often, that lanes are full.
  [[nodiscard]] static std::size_t lane_capacity_of(std::uint64_t seed) noexcept;

  [[nodiscard]] bool draws() const noexcept { return seed_ != 0; }
  [[nodiscard]] base::chance& chance() noexcept { return chance_; }
  [[nodiscard]] time_point now() const noexcept { return now_; }
  [[nodiscard]] std::uint64_t hash() const noexcept { return base::chance::mixed(hash_ ^ chance_.state()); }

  // Decisions of a pass.

  /// One bit.
  [[nodiscard]] bool coin() noexcept {
    if (coins_ <= 1) coins_ = chance_.draw() | std::uint64_t{1} << 63;
    const bool heads = (coins_ & 1) != 0;
    coins_ >>= 1;
    return heads;
  }
  /// How many of at most `most` a part takes on: one at least.
  [[nodiscard]] unsigned budget(unsigned most) noexcept {
    return coin() ? 1 + static_cast<unsigned>(chance_.below(std::min(most, burst_))) : 1;
  }
  /// Whether what shows behind `gate` is still under way. Asked of something new, it draws how long that is: `next` forgets the answer.
  [[nodiscard]] bool held_up(time_point& gate, std::size_t worker, std::size_t peer, happening h) noexcept;
  static void next(time_point& gate) noexcept { gate = time_point{}; }
  /// Calm from now on: the runtime ends, nothing is held up and nobody stands still.
  void calm_down() noexcept { delay_one_in_ = slow_one_in_ = 0; }

  // Decisions of a turn.

  /// The worker that makes the next pass, or the number of workers: nobody can.
  template <class MayRun> [[nodiscard]] std::size_t choose(MayRun&& may_run) noexcept {
    candidates_.clear();
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      if (seats_[i].stands_until <= now_ && may_run(i, seats_[i].idle_until > now_, seats_[i].knows_of_letters))
        candidates_.push_back(i);
    }
    if (candidates_.empty()) return seats_.size();
    return candidates_.size() == 1 ? candidates_[0] : candidates_[chance_.below(candidates_.size())];
  }
  void counts_a_pass() noexcept { ++passes_; }
  /// What came of it: a pass takes time, and who has worked may stand still after it.
  void worked(std::size_t worker) noexcept;
  /// Or nothing came of it, and nothing will before `due` unless somebody else does something.
  void idles(std::size_t worker, time_point due, bool knows_of_letters) noexcept;
  void nobody_is_idle() noexcept {
    for (seat& s : seats_) s.idle_until = time_point{};
  }
  /// When the next worker can go on that cannot now.
  [[nodiscard]] time_point next_to_go_on() const noexcept;
  void jump(time_point to) noexcept;
  /// The moment of the drawn stop, until it has come.
  [[nodiscard]] time_point stop_at() const noexcept { return stop_at_; }
  void stops() noexcept;
  [[nodiscard]] bool exhausted() const noexcept { return most_passes_ != 0 && passes_ >= most_passes_; }

  /// For the digest, and for the trace where there is one.
  void happened(happening h, std::size_t worker, std::uint64_t n, std::size_t peer = nobody,
                const std::string& detail = {}) noexcept {
    const std::uint64_t what = static_cast<std::uint64_t>(h) | worker << 8 | peer << 24 | n << 40;
    hash_ = base::chance::mixed(hash_ ^ what ^ static_cast<std::uint64_t>(now_.time_since_epoch().count()) << 20);
    if (trace_) [[unlikely]]
      tell(h, worker, n, peer, detail);
  }
  [[nodiscard]] bool traces() const noexcept { return static_cast<bool>(trace_); }
  static constexpr std::size_t nobody = 0xffff;

  unsigned idle_turns = 0;
  unsigned quiet_turns = 0;
  std::size_t busy_turns = 0;        // since the runtime was asked to stop
  std::vector<inbound*> lanes_in;    // scratch of the pass that is being made
  std::vector<outbound*> lanes_out;  // the same

 private:
  struct seat {
    time_point stands_until{};
    time_point idle_until{};
    bool knows_of_letters = false;  // that are held up
  };
  void tell(happening h, std::size_t worker, std::uint64_t n, std::size_t peer,
            const std::string& detail) const noexcept;

  std::uint64_t seed_;
  base::chance chance_;
  std::uint64_t coins_ = 0;
  std::uint64_t hash_;
  time_point begin_;
  time_point now_;
  time_point stop_at_ = time_point::max();
  std::vector<seat> seats_;
  std::vector<std::size_t> candidates_;
  std::uint64_t passes_ = 0;
  std::uint64_t most_passes_;
  std::function<void(std::string_view)> trace_;

  // The weather.
  std::uint64_t delay_;             // the longest, in nanoseconds
  std::uint64_t delay_one_in_ = 0;  // 0: never
  std::uint64_t slow_;
  std::uint64_t slow_one_in_ = 0;
  unsigned burst_ = 1;
  std::uint64_t pass_takes_ = 0;  // at most
};

}  // namespace trust::worker
