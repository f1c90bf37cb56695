// SPDX-License-Identifier: MIT
#pragma once
// bare_lane: the lane and nothing above it: awaited calls through the shipped link::lane between two bare loops.
//
// What the design asks of every call is there: the object's owner and state are looked at, room in requests and answers,
// status bits, the step budget, an exception's way back, the trustee's parker after each publication. What is not there:
// a scheduler, timers, I/O, many lanes, ops that hold what does not fit, refusals. So what a call costs here is the
// protocol on this machine, and what `remote_apply` costs more is the runtime.
#include "crowd.hpp"
#include "pause.hpp"
#include "work.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <cstring>
#include <exception>

namespace bench {

class bare_lane {
  using machine = trust::worker::machine;
  using record = trust::link::record;
  using verb = trust::link::verb;
  using status = trust::link::status;
  struct alignas(128) end {
    trust::link::parker<machine> parker;  // the other end looks at it
  };
  struct call {
    call* next = nullptr;
    std::coroutine_handle<> frame;
    std::uint64_t value = 0;
    status how = status::value;
    std::exception_ptr error;
  };
  using lane = trust::link::lane<machine, call, end>;

 public:
  /// The object that is called.
  struct alignas(128) target {
    trust::link::word<machine, end*> owner;
    trust::link::word<machine, trust::worker::cell_state> state{trust::worker::cell_state::live};
    alignas(128) long value = 0;  // the callers look at the rest
  };

  bare_lane() : lane_{lane::make(granules, &client_, &trustee_)} { target_.owner.set(&trustee_); }
  bare_lane(const bare_lane&) = delete;
  ~bare_lane() {
    lane_->leave();
    lane_->leave();
  }

  /// `in_flight` coroutines, of which each awaits `increments` of them, with `work` in between. Runs both ends.
  [[nodiscard]] double run(std::size_t in_flight, long increments, const work& between) {
    alive_ = in_flight;
    std::atomic<bool> over{false};
    const auto took = together(2, [&](std::size_t side) {
      if (side == 0) {
        for (std::size_t i = 0; i < in_flight; ++i) caller(increments, between);
        wait_until([&] { return collect(), alive_ == 0; });
        over.store(true, std::memory_order_relaxed);
      } else {
        wait_until([&] { return serve(), over.load(std::memory_order_relaxed); });
      }
    });
    return took.ns;
  }
  [[nodiscard]] long value() const noexcept { return target_.value; }

 private:
  static constexpr std::uint32_t granules = 512;

  class increment : call {
   public:
    explicit increment(bare_lane& l) noexcept : lane_{l} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      frame = h;
      record* r = lane_.target_.owner.get() == &lane_.trustee_ ? lane_.lane_->claim(1, true) : nullptr;
      if (r == nullptr) [[unlikely]]
        std::terminate();  // a runtime's worker would wait for room
      r->bits = 1 | trust::link::record_bits::answered;
      r->thunk = &thunk;
      r->target = &lane_.target_;
      r->who = static_cast<call*>(this);
      lane_.lane_->publish(*r, 1, *this);
      if (lane_.trustee_.parker.after_publishing(true) != trust::link::duty::nothing) [[unlikely]]
        std::terminate();  // and ring
    }
    std::uint64_t await_resume() {
      if (how == status::error) std::rethrow_exception(error);
      return value;
    }

   private:
    static status thunk(verb v, record& r, void* out) {
      if (v != verb::run) return status::value;
      try {
        const long now = ++static_cast<target*>(r.target)->value;
        std::memcpy(out, &now, sizeof now);
        return status::value;
      } catch (...) {
        static_cast<call*>(r.who)->error = std::current_exception();
        return status::error;
      }
    }
    bare_lane& lane_;
  };

  trust::delegate::carrier caller(long times, const work& between) {
    for (long i = 0; i < times; ++i) {
      co_await increment{*this};
      between();
    }
    --alive_;
  }

  void collect() noexcept {
    for (;;) {
      status s;
      std::uint64_t value;
      call* const c = lane_->collect(s, value);
      if (c == nullptr) return;
      c->how = s;
      c->value = value;
      steps_ = 64;
      c->frame.resume();
    }
  }

  void serve() noexcept {
    auto& requests = lane_->in();
    auto& answers = lane_->replies_out();
    for (unsigned n = 0; n < 64; ++n) {
      record* const r = requests.look();
      if (r == nullptr) break;
      requests.pass(*r);
      const auto& t = *static_cast<target*>(r->target);
      if (t.state.get() != trust::worker::cell_state::live || t.owner.get() != &trustee_) std::terminate();
      answers.answer(r->thunk(verb::run, *r, answers.place()));
    }
    answers.tell();
    requests.tell();
    if (client_.parker.after_publishing(true) != trust::link::duty::nothing) [[unlikely]]
      std::terminate();
  }

  end client_;
  end trustee_;
  target target_;
  lane* lane_;  // nobody writes it meanwhile
  // The client's.
  alignas(128) std::size_t alive_ = 0;
  std::uint32_t steps_ = 64;
};

}  // namespace bench
