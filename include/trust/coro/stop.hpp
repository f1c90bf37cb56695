// SPDX-License-Identifier: MIT
#pragma once
// stop: asking a task to stop, within one thread.
//
// A stop_state lies in the environment of a root task (and of a scope); children share it. Who waits registers a stop_node,
// whose `fire` is called once, from request(), on the worker of the task. Requests from other threads come as messages, so nothing here is
// atomic. A token is a pointer: it is valid while its task runs.   Tests: tests/unit/coro/stop.cpp

#include <trust/base/list.hpp>

namespace trust::coro {

/// Waits for a stop request; unlinks itself when destroyed.
struct stop_node : base::hook {
  using action = void (*)(stop_node&) noexcept;
  explicit stop_node(action a) noexcept : fire{a} {}
  action fire;
};

class stop_state {
 public:
  stop_state() noexcept = default;
  /// A state that is also stopped when `parent` is.
  explicit stop_state(stop_state* parent) noexcept { follow(parent); }
  stop_state(const stop_state&) = delete;
  stop_state& operator=(const stop_state&) = delete;

  [[nodiscard]] bool requested() const noexcept { return requested_; }
  void add(stop_node& n) noexcept { nodes_.push_back(n); }
  void follow(stop_state* parent) noexcept {
    if (parent == nullptr) return;
    if (parent->requested()) {
      requested_ = true;
    } else {
      parent->add(link_);
    }
  }
  /// True for the first request.
  bool request() noexcept {
    if (requested_) return false;
    requested_ = true;
    while (stop_node* n = nodes_.pop_front()) n->fire(*n);
    return true;
  }

 private:
  struct relay : stop_node {
    explicit relay(stop_state& s) noexcept
        : stop_node{[](stop_node& n) noexcept { static_cast<relay&>(n).mine.request(); }}, mine{s} {}
    stop_state& mine;
  };
  bool requested_ = false;
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
