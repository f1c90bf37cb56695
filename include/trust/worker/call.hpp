// SPDX-License-Identifier: MIT
#pragma once
// call: one call on its way, without its types: who waits, for which object, and what its closure's thunks are.
//
// It lies where its maker put it: in the frame of the coroutine that awaits (an op), on the stack of a foreign thread, or in a block from the
// pool (post, then, start). It travels by lane when the caller is another worker, by inbox from a foreign thread, by the worker's own
// queue when caller and trustee are one. What does not fit a record stays in the call, which outlives the round trip.
//
//     described   not begun; movable; what only a call on its way has is not made yet
//     waiting     no room in the lane yet; stands in that lane's FIFO and holds the object by a handle of its own
//     published   the trustee's, until its answer is collected
//     later       the trustee answered so; a completion will name it
//     done        status, and small or the storage of the op, or error, tell how it ended
// A stop request of the task that awaits it finds it where it waits on its own worker, or is answered `later`: it listens then. What is published
// and not answered is not touched: its trustee looks at the bound of its environment (bound.hpp) before it begins.

#include <trust/coro/environment.hpp>
#include <trust/coro/resumable.hpp>
#include <trust/link/halt.hpp>
#include <trust/link/requests.hpp>
#include <trust/worker/bound.hpp>
#include <trust/worker/cell.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <utility>

namespace trust::worker {

/// What is known of a kind of call when it is compiled.
struct call_type {
  using thunk = link::status (*)(link::verb, link::record&, void* out);
  thunk in_record;                                        ///< the closure lies in the record
  thunk in_call;                                          ///< the record names the call, the closure lies there
  void (*move_to_record)(call&, link::record&) noexcept;  ///< relocates the closure; null: it is empty
  std::uint32_t granules;                                 ///< of the record with the closure in it; 0: it never is
  const char* (*name)() noexcept;                         ///< of the closure's type
};

/// What a trustee can stop for a caller that it has answered `later`: a launched task, a request that is held. The trustee's alone.
struct stoppable {
  explicit stoppable(void (*f)(stoppable&) noexcept) noexcept : stop{f} {}
  void (*stop)(stoppable&) noexcept;  ///< called once at most; it ends soon, in its own time or at once
};

struct outbound;

/// How a stop request finds a call that waits. Its caller's alone.
struct call_ear final : coro::stop_node {
  enum class place : std::uint8_t {
    no_room,    ///< in the FIFO of a lane
    own_queue,  ///< in the worker's own queue
    later,      ///< with another worker, which is told by a message
    later_here  ///< with this worker
  };
  call_ear(action a, call& c, place p, outbound* o) noexcept : stop_node{a}, of{c}, lane{o}, at{p} {}
  call& of;
  outbound* lane;  ///< no_room, later
  place at;
  link::halt<machine> talk;  ///< later
};

struct call : coro::resumable, letter, base::links {
  cell* target;
  std::uint32_t bits;      ///< flags and offset of the object, see link::record_bits
  link::status status;     ///< how it ended, when it has
  std::uint64_t small;     ///< a result of up to 8 bytes, or the errc of a refusal
  coro::environment* env;  ///< of the task that waits; null: nobody awaits it
  const call_type* type;   ///< where it did not go straight into a lane
  stoppable*
      waits_at;       ///< the trustee's, from the answer `later` to the completion: what can be stopped there, or null
  link::record head;  ///< travels by inbox, queue or FIFO: the record

  call(cell* c, std::uint32_t b) noexcept : target{c}, bits{b} {}
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  /// It has ended with an exception, which is kept while `status` is error: `give_up_error` must follow.
  [[nodiscard]] link::status fails(std::exception_ptr&& e) noexcept {
    ::new (static_cast<void*>(error_)) std::exception_ptr{std::move(e)};
    return link::status::error;
  }
  /// Gives the exception away. Once, where `status` is error.
  [[nodiscard]] std::exception_ptr give_up_error() noexcept {
    auto& kept = *std::launder(reinterpret_cast<std::exception_ptr*>(error_));
    std::exception_ptr e = std::move(kept);
    kept.~exception_ptr();
    status = link::status::refused;
    return e;
  }

  /// False for a message, and for what get or start has begun.
  [[nodiscard]] bool is_awaited() const noexcept { return env != nullptr && env->awaited; }

  // Its ear, while bits & listens.

  [[nodiscard]] bool listens() const noexcept { return (bits & link::record_bits::listens) != 0; }
  [[nodiscard]] call_ear& ear() noexcept { return *std::launder(reinterpret_cast<call_ear*>(ear_)); }
  void listen(coro::stop_node::action heard, call_ear::place p, outbound* o) noexcept {
    ::new (static_cast<void*>(ear_)) call_ear{heard, *this, p, o};
    bits |= link::record_bits::listens;
  }
  void stop_listening() noexcept {
    if (!listens()) return;
    ear().~call_ear();
    bits &= ~link::record_bits::listens;
  }

  /// The head with the closure left in the call, which is in no list.
  void head_in_call() noexcept {
    begin_unlinked();
    head.bits = bits | 1;
    head.thunk = type->in_call;
    head.target = target;
    head.who = this;
  }

 private:
  alignas(std::exception_ptr) std::byte error_[sizeof(std::exception_ptr)];
  alignas(call_ear) std::byte ear_[sizeof(call_ear)];
};

/// A request that waits on its trustee for something else than its object (a latch): so that the end of the worker finds it.
struct parked_request : base::hook {
  void (*abandon)(parked_request&) noexcept = nullptr;
};

/// A request that waits: its head, and its closure where that came in a record.
struct held : entry, stoppable {
  held(way_back* f, std::uint32_t n, const link::record& r) noexcept;
  std::uint32_t granules;
  link::record head;  ///< followed by the closure

  [[nodiscard]] static std::size_t bytes(std::uint32_t granules) noexcept {
    return sizeof(held) + (granules - 1) * link::granule_bytes;
  }
};

}  // namespace trust::worker
