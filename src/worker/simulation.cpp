// SPDX-License-Identifier: MIT
// What a seed decides: the run's weather when it begins, then one thing after another.

#include "worker/simulation.hpp"

#include <string>

namespace trust::worker {
namespace {

template <class T, std::size_t N> T one_of(const T (&choices)[N], base::chance& by) noexcept {
  return choices[by.below(N)];
}

[[nodiscard]] std::uint64_t span(std::chrono::nanoseconds d) noexcept { return static_cast<std::uint64_t>(d.count()); }

constexpr std::size_t usual_capacity = 512;

/// Any begin will do, but not one at which subtracting hours underflows.
constexpr time_point daybreak{std::chrono::hours{24}};

}  // namespace

std::size_t simulation::lane_capacity_of(std::uint64_t seed) noexcept {
  base::chance by{~seed};
  return seed == 0 ? usual_capacity : one_of<std::size_t>({2, 4, 8, 16, 64, usual_capacity}, by);
}

simulation::simulation(const simulated& how, std::size_t workers)
    : seed_{how.seed},
      chance_{base::chance::mixed(how.seed)},
      hash_{how.seed},
      begin_{daybreak},
      now_{daybreak},
      seats_(workers),
      most_passes_{how.most_passes},
      trace_{how.trace},
      delay_{span(how.delay)},
      slow_{span(how.slow)} {
  if (how.stop_within.count() > 0) stop_at_ = now_ + how.stop_within;
  if (!draws()) return;
  if (how.stop_within.count() > 0) stop_at_ = now_ + std::chrono::nanoseconds{chance_.draw() % span(how.stop_within)};
  candidates_.reserve(workers);
  delay_one_in_ = delay_ == 0 ? 0 : one_of<std::uint64_t>({0, 2, 4, 16, 64}, chance_);
  slow_one_in_ = slow_ == 0 ? 0 : one_of<std::uint64_t>({0, 16, 64, 256}, chance_);
  burst_ = one_of<unsigned>({1, 4, 64}, chance_);
  pass_takes_ = one_of<std::uint64_t>({16, 128, 1000}, chance_);
}

bool simulation::held_up(time_point& gate, std::size_t worker, std::size_t peer, happening h) noexcept {
  if (gate != time_point{}) return gate > now_;
  gate = now_;
  if (!chance_.one_in(delay_one_in_)) return false;
  const std::uint64_t d = chance_.up_to(delay_);
  gate += std::chrono::nanoseconds{d};
  if (d != 0) happened(h, worker, d, peer);
  return d != 0;
}

void simulation::worked(std::size_t worker) noexcept {
  nobody_is_idle();
  now_ += std::chrono::nanoseconds{1 + chance_.below(pass_takes_)};
  if (!chance_.one_in(slow_one_in_)) return;
  const std::uint64_t d = chance_.up_to(slow_);
  seats_[worker].stands_until = now_ + std::chrono::nanoseconds{d};
  if (d != 0) happened(happening::stands, worker, d);
}

void simulation::idles(std::size_t worker, time_point due, bool knows_of_letters) noexcept {
  seats_[worker].idle_until = due;
  seats_[worker].knows_of_letters = knows_of_letters;
}

time_point simulation::next_to_go_on() const noexcept {
  time_point next = time_point::max();
  for (const seat& s : seats_) {
    if (const time_point t = std::max(s.stands_until, s.idle_until); t > now_) next = std::min(next, t);
  }
  return next;
}

void simulation::jump(time_point to) noexcept {
  now_ = std::max(now_, to);
  happened(happening::jumped, nobody, 0);
}

void simulation::stops() noexcept {
  stop_at_ = time_point::max();
  happened(happening::asked, nobody, 0);
}

void simulation::tell(happening h, std::size_t worker, std::uint64_t n, std::size_t peer,
                      const std::string& detail) const noexcept {
  const auto several = [n](const char* verb, const char* noun) {
    return std::string{verb} + " " + std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
  };
  const auto name = [](std::size_t i) { return "trust/" + std::to_string(i); };
  const auto what = [&]() -> std::string {
    switch (h) {
      case happening::passed:
        return several("makes a pass and does", "thing");
      case happening::ended:
        return "does its part in the end of the runtime";
      case happening::resumed:
        return several("goes on with", "coroutine");
      case happening::opened:
        return several("opens", "letter");
      case happening::fenced:
        return "asks its clients for a fence, since an object has moved";
      case happening::served:
        return several("serves", "request") + " of " + name(peer);
      case happening::ran_own:
        return several("runs", "call") + " of its own";
      case happening::collected:
        return several("collects", "answer") + " of " + name(peer);
      case happening::told:
        return several("publishes completions for", "lane");
      case happening::fired:
        return several("fires", "timer");
      case happening::destroyed:
        return several("looks after", "object") + " that nobody holds";
      case happening::delayed:
        return (peer == nobody ? "will have its letters" : "will have the requests of " + name(peer)) +
               several(" in", "nanosecond");
      case happening::unanswered:
        return "will have the answers of " + name(peer) + several(" in", "nanosecond");
      case happening::stands:
        return several("stands still for", "nanosecond");
      case happening::jumped:
        return "the clock jumps to here";
      case happening::asked:
        return "the runtime is asked to stop";
    }
    return {};
  };
  base::attempt(
      [&] {
        const auto t = static_cast<std::uint64_t>((now_ - begin_).count());
        std::string after_point = std::to_string(t % 1'000'000'000);
        after_point.insert(0, 9 - after_point.size(), '0');
        trace_(std::to_string(t / 1'000'000'000) + "." + after_point + " " +
               (worker == nobody ? std::string{} : name(worker) + " ") + what() + (detail.empty() ? "" : ": ") +
               detail);
      },
      [](std::exception_ptr) {});
}

}  // namespace trust::worker
