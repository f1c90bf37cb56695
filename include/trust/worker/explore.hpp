// SPDX-License-Identifier: MIT
#pragma once
// explore: runs a test in one simulated runtime after another, each of another seed, until a seed makes it fail.
//
//     const auto bad = trust::explore({.seeds = 1000}, [](trust::runtime& rt) { ... });
//     CHECK_MESSAGE(!bad, bad.what());                        // "seed 17: ... ", and the last events of that run
//     trust::explore({.first_seed = 17, .seeds = 1}, ...)     // that run again, event for event
//
// A run fails when the test throws or returns false, or when an error of it reaches nobody (a throwing post, a detached task), unless `how` has an
// on_error of its own. A failing seed is run a second time with the trace on, which gives the last events, and shows whether it replays: it does
// not where the test depends on more than its runtime (threads, the real clock, the order of addresses, globals that a run leaves changed).
// Tests: tests/unit/worker/explore.cpp, tests/story/clearing.py

#include <trust/base/exceptions.hpp>
#include <trust/worker/runtime.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace trust {

/// What explore runs.
struct exploration {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 100;
  simulated how = {};       ///< of each run; its seed is replaced
  std::size_t events = 20;  ///< so many of the last events of a failing run are kept
};

/// What explore found: nothing, or the first seed that failed.
class [[nodiscard]] finding {
 public:
  finding() = default;
  finding(std::uint64_t seed, std::string why, std::uint64_t hash)
      : failed_{true}, seed_{seed}, why_{std::move(why)}, hash_{hash} {}

  /// Whether a seed failed.
  [[nodiscard]] explicit operator bool() const noexcept { return failed_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// What the test threw, or that it returned false, or the first error that reached nobody.
  [[nodiscard]] const std::string& why() const noexcept { return why_; }
  /// runtime::trace_hash() when the test had ended.
  [[nodiscard]] std::uint64_t trace_hash() const noexcept { return hash_; }
  /// Whether the second run was the first one again.
  [[nodiscard]] bool replays() const noexcept { return replays_; }
  /// The last events of the second run, oldest first.
  [[nodiscard]] const std::vector<std::string>& events() const noexcept { return events_; }
  /// All of this for people; "no seed failed" where none has.
  [[nodiscard]] std::string what() const;

  void ran_again(bool as_before, std::vector<std::string> events) {
    replays_ = as_before;
    events_ = std::move(events);
  }

 private:
  bool failed_ = false;
  std::uint64_t seed_ = 0;
  std::string why_;
  std::uint64_t hash_ = 0;
  bool replays_ = false;
  std::vector<std::string> events_;
};

namespace worker {

[[nodiscard]] finding explore(const exploration& e, const std::function<bool(runtime&)>& test);

}  // namespace worker

/// Runs test(runtime&), which returns nothing or whether all is well, for one seed after another, each in a runtime of its own; stops at the first that
/// fails. The calling thread is no worker; everything runs on it. Where `how.stop_within` stops the runtime, a test that ends with
/// errc::cancelled or errc::runtime_stopped has not failed.
template <class F>
  requires std::invocable<F&, runtime&>
finding explore(const exploration& e, F&& test) {
  using R = std::invoke_result_t<F&, runtime&>;
  static_assert(std::is_void_v<R> || std::is_convertible_v<R, bool>,
                "trust-tee: the test that explore runs returns nothing, or whether all is well");
  return worker::explore(e, [&test](runtime& rt) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(test, rt);
      return true;
    } else {
      return static_cast<bool>(std::invoke(test, rt));
    }
  });
}

}  // namespace trust
