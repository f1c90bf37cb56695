// SPDX-License-Identifier: MIT
#pragma once
// stop: asking a task to stop, within one thread.
//
// A stop_state lies in an environment (see environment.hpp): of a root task, a scope, a timeout. An inner one follows the one around it. Who waits
// registers a stop_node, whose `fire` is called from request(), on the worker of the task. Requests from other threads come as
// messages, so nothing here is atomic. A token is a pointer: it is valid while its task runs.
//
//     none        nobody has asked
//     ending      the runtime ends: what waits ends, delegation goes on until all tasks have ended (promise 9)
//     cancelled   by who owns the task: a scope, a race
//     timed_out   by a deadline
// `ending` may be followed by one of the other two; these are final.   Tests: tests/unit/coro/stop.cpp

#include <trust/base/list.hpp>

#include <algorithm>
#include <cstdint>

namespace trust::coro {

enum class stop_reason : std::uint8_t { none, ending, cancelled, timed_out };

/// Waits for a stop request; unlinks itself when destroyed.
struct stop_node : base::hook {
  using action = void (*)(stop_node&) noexcept;
  explicit stop_node(action a) noexcept : fire{a} {}
  action fire;  ///< called once, out of the list; may put it back to hear of what follows `ending`
};

class stop_state {
 public:
  stop_state() noexcept = default;
  /// A state that is also stopped when `parent` is.
  explicit stop_state(stop_state* parent) noexcept { follow(parent); }
  stop_state(const stop_state&) = delete;
  stop_state& operator=(const stop_state&) = delete;

  [[nodiscard]] bool requested() const noexcept { return reason_ != stop_reason::none; }
  [[nodiscard]] stop_reason reason() const noexcept { return reason_; }
  [[nodiscard]] bool cancels() const noexcept { return reason_ >= stop_reason::cancelled; }
  void add(stop_node& n) noexcept { nodes_.push_back(n); }
  void follow(stop_state* parent) noexcept {
    if (parent == nullptr) return;
    reason_ = std::max(reason_, parent->reason_);  // it may have been asked before
    link_.parent = parent;
    if (!parent->cancels()) parent->add(link_);
  }
  /// True for the first request, and for the first one that cancels.
  bool request(stop_reason why = stop_reason::cancelled) noexcept {
    if (cancels() || why <= reason_) return false;
    reason_ = why;
    base::list<stop_node> told;  // who is put back is not told again
    told.append(nodes_);
    while (stop_node* n = told.pop_front()) n->fire(*n);
    return true;
  }

 private:
  struct relay : stop_node {
    explicit relay(stop_state& s) noexcept
        : stop_node{[](stop_node& n) noexcept {
            auto& self = static_cast<relay&>(n);
            if (!self.parent->cancels()) self.parent->add(self);
            self.mine.request(self.parent->reason());
          }},
          mine{s} {}
    stop_state& mine;
    stop_state* parent = nullptr;
  };
  stop_reason reason_ = stop_reason::none;
  base::list<stop_node> nodes_;
  relay link_{*this};
};

}  // namespace trust::coro

namespace trust {

/// Says whether the task that it was read in has been asked to stop. One thread: the task's worker.
class stop_token {
 public:
  stop_token() noexcept = default;
  explicit stop_token(coro::stop_state* s) noexcept : state_{s} {}
  [[nodiscard]] bool stop_requested() const noexcept { return state_ != nullptr && state_->requested(); }
  [[nodiscard]] bool stop_possible() const noexcept { return state_ != nullptr; }
  [[nodiscard]] coro::stop_state* state() const noexcept { return state_; }

 private:
  coro::stop_state* state_ = nullptr;
};

}  // namespace trust
