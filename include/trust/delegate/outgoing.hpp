// SPDX-License-Identifier: MIT
#pragma once
// outgoing: what of an op needs no types: how it begins, what it holds, how it is refused. Compiled once, in the library.
//
// Who owns what    the closure is the maker's until the call has begun; then it is run, or destroyed, by whom it reaches. Refused, it is
//                  destroyed here.
// Price            a closure that is not empty goes into its record through call_type::move_to_record, an indirect call.

#include <trust/coro/environment.hpp>
#include <trust/worker/loop.hpp>

#include <coroutine>

namespace trust::delegate {

class outgoing : public worker::call {
 public:
  outgoing(const outgoing&) = delete;
  outgoing& operator=(const outgoing&) = delete;

  [[nodiscard]] worker::core* home() const noexcept { return target != nullptr ? target->home : nullptr; }
  /// Begins without a coroutine; false: it has ended already (refused).
  [[nodiscard]] bool begin(coro::resumable& done, coro::environment* waiting);
  /// For a call that begins at once and waits nowhere: errc::overloaded where options.backlog is reached.
  void check_room() const;

 protected:
  enum class stage : std::uint8_t { described, begun, ran_here, taken };
  enum class hold : std::uint8_t { nothing, handle, weak };

  outgoing(worker::cell* c, std::uint32_t how, const worker::call_type& t, hold h) noexcept
      : call{c, how, t}, holds{h} {}
  ~outgoing() {
    if (holds != hold::nothing) let_go();
  }

  /// Begins for the coroutine `h`. False: it has ended already, and the step budget has a step left.
  [[nodiscard]] bool suspend(std::coroutine_handle<> h, coro::environment* waiting);
  /// Keeps the object by a handle of its own from now on, or by a weak one.
  void hold_object(hold h) noexcept;
  /// For an object that `w` owns: whether the call may run at once. It is live, nothing is queued before, and a step is left (and taken).
  [[nodiscard]] bool may_run_here(worker::loop& w) const noexcept {
    return w.runs_inline && target->queued == 0 && target->state.get() == worker::cell_state::live &&
           w.face().parker.peek() != link::forgotten && base::take_step(w);
  }
  /// Whether there is a value to take. Asked once, when the call has ended.
  [[nodiscard]] bool ended_well() noexcept {
    TRUST_ASSERT(at == stage::begun || at == stage::ran_here,
                 "the result of an op was taken twice, or before it had begun");
    at = stage::taken;
    return status == link::status::value;
  }

  coro::resumable* done;  // where no coroutine waits
  stage at = stage::described;
  hold holds;

 private:
  [[nodiscard, gnu::always_inline]] bool send();
  [[nodiscard, gnu::noinline]] bool refuse(errc e) noexcept;
  void let_go() noexcept;
};

}  // namespace trust::delegate
