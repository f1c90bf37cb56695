// SPDX-License-Identifier: MIT
#pragma once
// scheduler: the part of a worker that coroutines know: ready queue, timers, frames, roots. One thread.
//
// It is the seat that `here` points to. The worker's loop (floor 5) derives from it and runs it.

#include <trust/base/here.hpp>
#include <trust/base/list.hpp>
#include <trust/coro/frame_pool.hpp>
#include <trust/coro/ready_queues.hpp>
#include <trust/coro/root.hpp>
#include <trust/coro/timers.hpp>

namespace trust::coro {

class scheduler : public base::seat {
 public:
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;

  [[nodiscard]] frame_pool* frames() const noexcept { return frames_; }
  [[nodiscard]] virtual time_point now() const noexcept { return clock::now(); }

  /// May what runs now go on for a while, if nobody waits? This one counts; a worker looks at the time, see options.slice.
  [[nodiscard]] virtual bool slice_goes_on() noexcept { return base::take_step(*this); }

  /// Goes on with `r` in its turn.
  void ready(resumable& r) noexcept { ready_.push(r); }
  /// The same for what background tasks do.
  void ready_in_background(resumable& r) noexcept { ready_.push_in_background(r); }
  /// As ready, for a coroutine that could go on but gives way; at the worker's end it is not resumed any more.
  void give_way(resumable& r) noexcept {
    if (!ending_) ready_.push(r);
  }
  /// For an await that finds its answer at once: true when the step budget is spent, so that it is suspended and gives way.
  [[nodiscard]] bool gives_way(resumable& r) noexcept {
    if (base::take_step(*this)) return false;
    give_way(r);
    return true;
  }
  /// `r` is destroyed before its turn, if it had one: at the end of a worker one frame's end may let another go on, which ends next.
  void forget(const resumable& r) noexcept { ready_.remove(r); }
  /// Goes on with at most `most` of what is ready now, and with one of the background at its turn; says with how many.
  unsigned run_ready(unsigned most) noexcept {
    unsigned n = 0;
    for (; n < most; ++n) {
      resumable* r = ready_.pop();
      if (r == nullptr) break;
      base::begin_resumption(*this);
      r->go();
    }
    resumable* const r = ready_.pop_in_background(n, most);
    if (r == nullptr) [[likely]]
      return n;
    base::begin_resumption(*this);
    r->go();
    return n + 1;
  }

  /// The worker ends: frames that have not ended are destroyed.
  [[nodiscard]] bool ending() const noexcept { return ending_; }

  timer_heap timers;
  base::list<root> roots;  ///< every task that nobody awaits as a child: nothing detached is lost

 protected:
  scheduler() : frames_{frame_pool::make()} {}
  ~scheduler() { frames_->retire(); }

  ready_queues ready_;
  bool ending_ = false;

 private:
  frame_pool* frames_;
};

/// The worker that runs on this thread, or null.
[[nodiscard]] inline scheduler* here() noexcept { return static_cast<scheduler*>(base::here); }

}  // namespace trust::coro
