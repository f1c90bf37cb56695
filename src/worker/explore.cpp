// SPDX-License-Identifier: MIT
// Runs of a test, one seed each. What a run has come to is its failure and the hash of its trace: the second run of a seed must have both again.

#include <trust/worker/explore.hpp>

#include <deque>
#include <iterator>
#include <memory>
#include <optional>

namespace trust::worker {
namespace {

/// What one run has come to.
struct run {
  std::optional<std::string> why;  ///< it failed
  std::uint64_t hash = 0;
  bool operator==(const run&) const = default;
};

/// What a run that was stopped may end with, and what a message meets that comes too late.
bool is_an_end(const failure& f) noexcept { return f == errc::cancelled || f == errc::runtime_stopped; }

run run_once(simulated how, const std::function<bool(runtime&)>& test,
             const std::function<void(std::string_view)>& see) {
  const auto r = std::make_shared<run>();  // a handle may outlive the run, and report what has become of its task
  if (see) {
    how.trace = [&see, r = r.get(), theirs = how.trace](std::string_view line) {
      if (theirs) theirs(line);
      if (!r->why) see(line);  // what leads to the failure, not what comes after it
    };
  }
  const auto fails = [r](std::string why) {
    if (!r->why) r->why = std::move(why);
  };
  if (!how.on_error) {
    how.on_error = [fails](std::exception_ptr e, std::string_view origin) {
      const failure f{std::move(e)};
      if (!is_an_end(f)) fails("nobody waits for this error, from " + std::string{origin} + ": " + f.what());
    };
  }
  const bool may_be_stopped = how.stop_within.count() > 0;
  runtime rt{how};
  base::attempt(
      [&] {
        if (!test(rt)) fails("the test returned false");
      },
      [&](std::exception_ptr e) {
        const failure f{std::move(e)};
        if (!(may_be_stopped && is_an_end(f))) fails(f.what());
      });
  r->hash = rt.trace_hash();
  static_cast<void>(rt.stop());  // errors of the end count too
  return *r;
}

}  // namespace

finding explore(const exploration& e, const std::function<bool(runtime&)>& test) {
  for (std::uint64_t i = 0; i < e.seeds; ++i) {
    simulated how = e.how;
    how.seed = e.first_seed + i;
    const run first = run_once(how, test, {});
    if (!first.why) continue;
    finding found{how.seed, *first.why, first.hash};
    std::deque<std::string> last;
    const run second = run_once(how, test, [&](std::string_view line) {
      last.emplace_back(line);
      if (last.size() > e.events) last.pop_front();
    });
    found.ran_again(first == second, {std::move_iterator{last.begin()}, std::move_iterator{last.end()}});
    return found;
  }
  return {};
}

}  // namespace trust::worker

namespace trust {

std::string finding::what() const {
  if (!failed_) return "no seed failed";
  std::string text = "seed " + std::to_string(seed_) + ": " + why_;
  if (!replays_) {
    text +=
        "\nA second run of this seed was another one: the test depends on more than its runtime (other threads, the "
        "real clock, the order of "
        "addresses, globals that a run leaves changed).";
  }
  if (!events_.empty()) text += "\nThe last events of the run:";
  for (const std::string& line : events_) text += "\n  " + line;
  return text;
}

}  // namespace trust
