// SPDX-License-Identifier: MIT
#pragma once
// latched: remote<latch<T>>::locked: a closure that runs in one go, in its turn among the holders of the latch.
//
// Free: it runs in place, like apply. Held: it waits as a block in the latch's row, not as a task, pins the object, and is answered `later`.

#include <trust/delegate/calls.hpp>
#include <trust/delegate/latch.hpp>

#include <utility>

namespace trust::delegate {

template <class L, class C, bool Hazardous> struct locked_kind;

/// A closure that waits in a latch's row.
template <class Kind>
class waiting_closure final : public sync::mutex::waiter, private worker::parked_request, private worker::stoppable {
 public:
  static void wait(typename Kind::Closure& c, record& r, sync::mutex& m) {
    worker::loop& w = *worker::here();
    void* block = coro::frame_pool::allocate(sizeof(waiting_closure));
    auto* self = base::undoing([&] { return ::new (block) waiting_closure{c, r, w.origin()}; },
                               [&] { coro::frame_pool::release(block, sizeof(waiting_closure)); });
    ++static_cast<worker::cell*>(r.target)->pins;
    m.row().enter(*self);
    w.parked.push_back(*self);
    w.waits(*static_cast<worker::call*>(r.who), w.origin(), self);
  }

 private:
  waiting_closure(typename Kind::Closure& c, record& r, worker::way_back* from)
      : sync::mutex::waiter{&waiting_closure::turn},
        stoppable{[](stoppable& s) noexcept { static_cast<waiting_closure&>(s).asked_to_stop(); }},
        closure_{std::move(c)},
        head_{r},
        from_{from} {
    parked_request::abandon = [](worker::parked_request& p) noexcept {
      static_cast<waiting_closure&>(p).refuse(errc::runtime_stopped);
    };
  }

  void asked_to_stop() noexcept {
    if (!waits()) return;  // it has been handed the latch already: it runs
    stand_out();
    refuse(errc::cancelled);
  }
  void refuse(errc e) noexcept {
    static_cast<worker::call*>(head_.who)->small = static_cast<std::uint64_t>(e);
    over(status::refused);
  }

  static std::coroutine_handle<> turn(coro::resumable& r) noexcept {
    auto& self = static_cast<waiting_closure&>(static_cast<sync::mutex::waiter&>(r));
    worker::loop& w = *worker::here();
    auto& who = *static_cast<worker::call*>(self.head_.who);
    w.waits(who, self.from_, nullptr);
    const std::uint32_t left = std::exchange(w.steps, 0);
    const status s = base::attempt([&] { return Kind::run_held(self.closure_, self.head_, &who.small); },
                                   [&](std::exception_ptr e) { return who.fails(std::move(e)); });
    w.steps = left;
    self.over(s);
    return {};
  }

  /// The closure dies, its caller is told.
  void over(status s) noexcept {
    worker::loop& w = *worker::here();
    auto& who = *static_cast<worker::call*>(head_.who);
    worker::way_back* const from = from_;
    auto& cell = *static_cast<worker::cell*>(head_.target);
    this->~waiting_closure();
    coro::frame_pool::release(this, sizeof(waiting_closure));
    w.complete(who, from, s);
    w.unpin(cell);
  }

  typename Kind::Closure closure_;
  record head_;
  worker::way_back* from_;
};

template <class L, class C, bool Hazardous> struct locked_kind {
  using Object = L;
  using Value = typename L::value_type;
  using Closure = C;
  using Raw = raw_result<C, Value>;
  using Result = unwrapped_t<Raw>;
  static constexpr bool waits = true;
  static constexpr bool hazardous = Hazardous;
  static constexpr bool has_shortcut = false;
  static constexpr bool wants_to_be_alone = false;
  static_assert(!awaitable_result<Raw>,
                "trust-tee: this closure returns a task or another awaitable, but locked runs its closure in one go; "
                "use launch and "
                "co_await latch.lock() for one that waits");

  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<op<locked_kind>&>(c).closure.get();
  }

  static status body(Closure& c, record& r, void* out) {
    sync::mutex& m = object_of<L>(r).core();
    if (m.try_lock()) return run_held(c, r, out);
    waiting_closure<locked_kind>::wait(c, r, m);
    return status::later;
  }

  /// Runs while the latch is held, and releases it.
  static status run_held(Closure& c, record& r, void* out) {
    check_result<Value, Raw>();
    struct releasing {
      explicit releasing(sync::mutex& x) noexcept : m{x} {}
      ~releasing() { m.unlock(); }
      sync::mutex& m;
    } const at_end{object_of<L>(r).core()};
    Value& value = object_of<L>(r).value_of_holder();
    result_place<Result>* place = nullptr;
    if constexpr (!fits_reply<Result>) place = &static_cast<op<locked_kind>*>(static_cast<worker::call*>(r.who))->place;
    make_result<Result>(out, place, [&]() -> Result {
      if constexpr (is_unchecked<Raw>) {
        return std::move(c(value).value);
      } else {
        return c(value);
      }
    });
    return status::value;
  }
};

}  // namespace trust::delegate
