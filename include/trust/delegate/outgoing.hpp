// SPDX-License-Identifier: MIT
#pragma once
// outgoing: what of an op needs no types: how it begins, what it holds, how it is refused. Compiled once, in the library.
//
// Who owns what    the closure is the maker's until the call has begun; then it is run, or destroyed, by whom it reaches. Refused, it is
//                  destroyed here.
// Price            the straight way calls nothing but its own end, so it saves no register: each store of the client waits in one queue
//                  behind the line that the trustee has had last (bench/README.md).

#include <trust/coro/environment.hpp>
#include <trust/worker/loop.hpp>

#include <coroutine>
#include <cstdint>

namespace trust::delegate {

/// For a call to the object of `c`, or to none, that begins at once and waits nowhere: errc::overloaded where options.backlog is reached.
void check_room_at(worker::cell* c);

class outgoing : public worker::call {
 public:
  outgoing(const outgoing&) = delete;
  outgoing& operator=(const outgoing&) = delete;

  [[nodiscard]] worker::core* home() const noexcept { return target != nullptr ? target->home : nullptr; }
  void check_room() const { check_room_at(target); }

 protected:
  enum class stage : std::uint8_t {
    described,
    begun,    ///< it is on its way, or `status` says how it ended
    ran_here  ///< run in place, with a value
  };
  enum class hold : std::uint8_t { nothing, handle, weak };

  outgoing(worker::cell* c, std::uint32_t how, hold h) noexcept : call{c, how}, holds{h} {}
  ~outgoing() {
    if (holds != hold::nothing) let_go();
  }

  // How it begins for the coroutine `h`. False: it has ended already, and the step budget has a step left.

  /// For a closure that does not go into the record, being empty or too large.
  [[nodiscard]] bool suspend(const worker::call_type& t, std::coroutine_handle<> h, coro::environment* waiting);
  /// For one that does, `frame` and `env` being set: where to, if there is room; then `depart`. Else `suspend_slowly`.
  [[nodiscard]] worker::loop::vacancy reserve(std::uint32_t granules) const noexcept;
  bool depart(worker::loop::vacancy v, worker::call_type::thunk thunk, std::uint32_t granules) noexcept;
  [[nodiscard, gnu::noinline]] bool suspend_slowly(const worker::call_type& t);
  /// Begins without a coroutine; false: it has ended already (refused).
  [[nodiscard]] bool begin(const worker::call_type& t, coro::resumable& done, coro::environment* waiting);
  /// Keeps the object by a handle of its own from now on, or by a weak one.
  void hold_object(hold h) noexcept;
  /// Whether there is a value to take. Asked once, when the call has ended.
  [[nodiscard]] bool ended_well() noexcept {
    if (at == stage::ran_here) return true;
    TRUST_ASSERT(at == stage::begun, "the result of an op was taken before it had begun");
    return status == link::status::value;
  }

  coro::resumable* done;        // where no coroutine waits
  stage at = stage::described;  // a byte of its own: with `holds` in one, a call run in place would take 0.4 ns more
  hold holds;

 private:
  [[nodiscard, gnu::always_inline]] bool send(const worker::call_type& t);
  [[nodiscard, gnu::noinline]] bool refuse(const worker::call_type& t, errc e) noexcept;
  void let_go() noexcept;
};

}  // namespace trust::delegate
