// SPDX-License-Identifier: MIT
#pragma once
// call: one call on its way, without its types: who waits, for which object, and what its closure's thunks are.
//
// It lies where its maker put it: in the frame of the coroutine that awaits (an op), on the stack of a foreign thread, or in a block from the
// pool (post, then, start). It travels by lane when the caller is another worker, by inbox from a foreign thread, by the worker's own
// queue when caller and trustee are one. What does not fit a record stays in the call, which outlives the round trip.
//
//     described   not begun; movable
//     waiting     no room in the lane yet; stands in that lane's FIFO and holds the object by a handle of its own
//     published   the trustee's, until its answer is collected
//     later       the trustee answered so; a completion will name it
//     done        status, and small or the storage of the op, or error, tell how it ended

#include <trust/coro/environment.hpp>
#include <trust/coro/resumable.hpp>
#include <trust/link/requests.hpp>
#include <trust/worker/cell.hpp>

#include <cstdint>
#include <exception>

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

struct call : coro::resumable, letter, base::hook {
  cell* target = nullptr;
  const call_type* type = nullptr;
  std::uint32_t bits = 0;  ///< flags and offset of the object, see link::record_bits
  link::status status = link::status::value;
  std::uint64_t small;               ///< a result of up to 8 bytes, or the errc of a refusal
  coro::environment* env = nullptr;  ///< of the task that waits
  std::exception_ptr error;
  link::record head;  ///< travels by inbox, queue or FIFO: the record

  call(cell* c, std::uint32_t b, const call_type& t) noexcept : target{c}, type{&t}, bits{b} {}

  /// The head with the closure left in the call.
  void head_in_call() noexcept {
    head.bits = bits | 1;
    head.thunk = type->in_call;
    head.target = target;
    head.who = this;
  }
};

/// A request that waits on its trustee for something else than its object (a latch): so that the end of the worker finds it.
struct parked_request : base::hook {
  void (*abandon)(parked_request&) noexcept = nullptr;
};

/// A request that waits in its object's FIFO: its head, and its closure where that came in a record.
struct held {
  held* next = nullptr;
  struct inbound* from = nullptr;  ///< null: from the inbox or the worker's own queue
  std::uint32_t granules = 1;
  link::record head;  ///< followed by the closure

  [[nodiscard]] static std::size_t bytes(std::uint32_t granules) noexcept {
    return sizeof(held) + (granules - 1) * link::granule_bytes;
  }
};

}  // namespace trust::worker
