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
#include <cstdint>

namespace trust::delegate {

class outgoing : public worker::call {
 public:
  outgoing(const outgoing&) = delete;
  outgoing& operator=(const outgoing&) = delete;

  [[nodiscard]] worker::core* home() const noexcept { return target != nullptr ? target->home : nullptr; }
  /// For a call that begins at once and waits nowhere: errc::overloaded where options.backlog is reached.
  void check_room() const;

 protected:
  enum class stage : std::uint8_t {
    described,
    begun,     ///< it is on its way, or `status` says how it ended
    ran_here,  ///< run in place, with a value
    taken
  };
  enum class hold : std::uint8_t { nothing, handle, weak };

  outgoing(worker::cell* c, std::uint32_t how, hold h) noexcept : call{c, how}, holds{h} {}
  ~outgoing() {
    if (holds != hold::nothing) let_go();
  }

  /// Begins for the coroutine `h`. False: it has ended already, and the step budget has a step left.
  [[nodiscard]] bool suspend(const worker::call_type& t, std::coroutine_handle<> h, coro::environment* waiting);
  /// Begins without a coroutine; false: it has ended already (refused).
  [[nodiscard]] bool begin(const worker::call_type& t, coro::resumable& done, coro::environment* waiting);
  /// Keeps the object by a handle of its own from now on, or by a weak one.
  void hold_object(hold h) noexcept;
  /// Whether there is a value to take. Asked once, when the call has ended.
  [[nodiscard]] bool ended_well() noexcept {
    if (at == stage::ran_here) return true;
    TRUST_ASSERT(at == stage::begun, "the result of an op was taken twice, or before it had begun");
    at = stage::taken;
    return status == link::status::value;
  }

  coro::resumable* done;        // where no coroutine waits
  stage at = stage::described;  // a byte of its own: with `holds` in one, a call run in place would take 0.4 ns more
  hold holds;

 private:
  [[nodiscard, gnu::always_inline]] bool send();
  [[nodiscard, gnu::noinline]] bool refuse(errc e) noexcept;
  void let_go() noexcept;
};

}  // namespace trust::delegate
