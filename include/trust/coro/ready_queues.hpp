// SPDX-License-Identifier: MIT
#pragma once
// ready_queues: what this worker can go on with, by priority: a row each. One thread.
//
// Everything comes into the first row. What has a frame of a background task is found there when its turn comes (resumable::claim) and set
// aside into the second, so who makes something ready need not know whose it is, and without background tasks nothing is asked but whether the
// second row is empty, once for a run. From that one comes, at the end of a run,
//     nobody else was left          one
//     others were left              one, after eight of them at least and a run at most
// so background work is never starved, and what else a pass does waits for one slice of it at a time.   Tests: tests/unit/delegate/priority.cpp

#include <trust/coro/ready_queue.hpp>

namespace trust::coro {

class ready_queues {
 public:
  static constexpr unsigned others_for_one = 8;

  void push(resumable& r) noexcept { first_.push(r); }
  void push_in_background(resumable& r) noexcept { background_.push(r); }
  [[nodiscard]] bool empty() const noexcept { return first_.empty() && background_.empty(); }

  [[nodiscard]] resumable* pop() noexcept { return first_.pop(); }
  /// At the end of a run that popped `n` of at most `most`.
  [[nodiscard]] resumable* pop_in_background(unsigned n, unsigned most) noexcept {
    if (background_.empty()) [[likely]]
      return nullptr;
    others_ += n;
    if (n == most && others_ < others_for_one) return nullptr;
    others_ = 0;
    return background_.pop();
  }

  void remove(const resumable& r) noexcept {
    first_.remove(r);
    background_.remove(r);
  }
  /// Both in the order of this, see ready_queue.
  void shuffle(base::chance* by) noexcept {
    first_.shuffle(by);
    background_.shuffle(by);
  }

 private:
  ready_queue first_;
  ready_queue background_;
  unsigned others_ = 0;  // resumed since the last of the background
};

}  // namespace trust::coro
