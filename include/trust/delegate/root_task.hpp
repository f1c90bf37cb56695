// SPDX-License-Identifier: MIT
#pragma once
// root_task: the roots behind launch and attend: a task on the object's trustee, with its closure, in one block of the trustee's pool.
//
// A launched task pins its object; its result goes straight to the op of its caller, and the caller is told by a completion, or in the answer
// itself when the task ended in its first stretch. Its caller's deadline, bound, context and priority are its own too; when its caller is asked to stop a
// message tells it (src/worker/stopped.cpp). An attending task does not pin; it is told to stop when the last handle goes.

#include <trust/coro/task.hpp>
#include <trust/delegate/borrow.hpp>
#include <trust/delegate/outcome.hpp>
#include <trust/delegate/thunk.hpp>
#include <trust/worker/lease.hpp>

#include <memory>
#include <utility>

namespace trust {
template <class Kind> class op;
}

namespace trust::delegate {

/// A root in a block of the pool, with the closure that its task may refer to.
template <class Kind, class Self> class rooted : public coro::root {
 protected:
  using Closure = typename Kind::Closure;
  using Task = typename Kind::Task;

  rooted(Closure& c, record& r) : cell_{*static_cast<worker::cell*>(r.target)}, closure_{std::move(c)} {
    task_ = closure_(object_of<typename Kind::Object>(r));
    env.name = base::type_name<Closure>();
    auto& promise = task_.frame().promise();
    promise.done = this;
    promise.env = &env;
  }
  ~rooted() = default;

  template <class... Args> [[nodiscard]] static Self* make(Args&&... args) {
    void* block = coro::frame_pool::allocate(sizeof(Self));
    return base::undoing([&] { return ::new (block) Self(std::forward<Args>(args)...); },
                         [&] { coro::frame_pool::release(block, sizeof(Self)); });
  }

  /// Runs the first stretch, in place: the object's closure is over, so there are steps again. True: the task has ended already.
  [[nodiscard]] bool run_first_stretch(worker::loop& w) {
    w.started(*this);
    const std::uint32_t steps = w.steps;
    const std::uint32_t slice = w.slice;
    base::begin_resumption(w);
    starting = true;
    task_.frame().resume();
    starting = false;
    w.steps = steps;
    w.slice = slice;
    return finished();
  }

  /// Destroys the frame and gives the block back.
  void dispose(worker::loop& w) noexcept {
    w.ended(*this);
    auto* self = static_cast<Self*>(this);
    self->~Self();
    coro::frame_pool::release(self, sizeof(Self));
  }

  worker::cell& cell_;
  [[no_unique_address]] Closure closure_;
  Task task_;
};

/// Stops a launched task when its deadline has come, where no task of its caller's does.
struct deadline_watch : coro::timer {
  explicit deadline_watch(coro::root& r) noexcept
      : timer{[](coro::timer& t) noexcept { static_cast<deadline_watch&>(t).task.request_stop(); }}, task{r} {}
  [[nodiscard]] static void* operator new(std::size_t bytes) { return coro::frame_pool::allocate(bytes); }
  static void operator delete(void* block, std::size_t bytes) noexcept { coro::frame_pool::release(block, bytes); }
  coro::root& task;
};

template <class Kind> class launched final : public rooted<Kind, launched<Kind>>, private worker::stoppable {
  using super = rooted<Kind, launched<Kind>>;
  friend super;
  using R = typename Kind::Result;

 public:
  [[nodiscard]] static status start(typename Kind::Closure& c, record& r, void* out) {
    worker::loop& w = *worker::here();
    if (!w.takes_tasks()) {
      const auto code = static_cast<std::uint64_t>(errc::runtime_stopped);
      std::memcpy(out, &code, sizeof code);
      return status::refused;
    }
    launched* self = super::make(c, r, w.origin());
    ++self->cell_.pins;
    if (!self->run_first_stretch(w)) {
      w.waits(*self->who_, self->from_, self);
      return status::later;
    }
    const status s = self->deliver(out);
    worker::cell& cell = self->cell_;
    self->dispose(w);
    w.unpin(cell);
    return s;
  }

  launched(typename Kind::Closure& c, record& r, worker::way_back* from)
      : super{c, r},
        stoppable{[](stoppable& s) noexcept { static_cast<launched&>(s).request_stop(); }},
        who_{static_cast<op<Kind>*>(static_cast<worker::call*>(r.who))},
        from_{from},
        pins_{&this->cell_, who_} {
    this->env.pinning = &pins_;
    if ((r.bits & link::record_bits::bounded) != 0) [[unlikely]]
      inherit(*static_cast<worker::call*>(r.who)->env);
  }
  ~launched() = default;

  void end() noexcept override { tell(deliver(&who_->small)); }
  void abandon() noexcept override {
    who_->small = static_cast<std::uint64_t>(errc::runtime_stopped);
    tell(status::refused);
  }

 private:
  /// The caller's environment outlives the task.
  void inherit(const coro::environment& callers) {
    this->env.deadline = callers.deadline;
    this->env.context = callers.context;
    this->env.bound = callers.bound;
    this->env.in_the_way = true;
    this->env.rank = callers.rank;
    if (callers.awaited || callers.deadline == time_point::max()) return;
    watch_ = std::make_unique<deadline_watch>(*this);
    coro::here()->timers.insert(*watch_, callers.deadline);
  }

  /// Puts the task's result where its caller looks for it.
  [[nodiscard]] status deliver(void* out) noexcept {
    auto& kept = this->task_.frame().promise().kept;
    return base::attempt(
        [&] {
          if (!kept.has_value()) {
            return who_->fails(kept.error().exception());
          }
          result_place<R>* place = nullptr;
          if constexpr (!fits_reply<R>) place = &who_->place;
          make_result<R>(out, place, [&]() -> R {
            if constexpr (is_unchecked<typename Kind::Raw>) {
              return std::move(kept.take().value);
            } else {
              return kept.take();
            }
          });
          return status::value;
        },
        [&](std::exception_ptr e) { return who_->fails(std::move(e)); });
  }

  void tell(status s) noexcept {
    worker::loop& w = *worker::here();
    worker::call& who = *who_;
    worker::way_back* const from = from_;
    worker::cell& cell = this->cell_;
    this->dispose(w);  // what the task held dies before its caller goes on
    w.complete(who, from, s);
    w.unpin(cell);
  }

  op<Kind>* who_;
  worker::way_back* from_;
  worker::pinning pins_;
  std::unique_ptr<deadline_watch> watch_;
};

template <class Kind> class attending final : public rooted<Kind, attending<Kind>>, private worker::attendant {
  using super = rooted<Kind, attending<Kind>>;
  friend super;

 public:
  static void start(typename Kind::Closure& c, record& r) {
    worker::loop& w = *worker::here();
    if (!w.takes_tasks()) base::raise(error{errc::runtime_stopped});
    attending* self = super::make(c, r);
    self->cell_.attendants.push_back(*self);
    if (self->run_first_stretch(w)) self->end();
  }

  attending(typename Kind::Closure& c, record& r) : super{c, r} { worker::attendant::task = this; }
  ~attending() = default;

  void end() noexcept override {
    auto& kept = this->task_.frame().promise().kept;
    if (!kept.has_value() && !(this->env.stop.requested() && kept.error() == errc::cancelled)) {
      worker::here()->unheard(kept.error().exception(), "an attending task");
    }
    abandon();
  }
  void abandon() noexcept override {
    worker::loop& w = *worker::here();
    worker::cell& cell = this->cell_;
    static_cast<worker::attendant&>(*this).unlink();
    this->dispose(w);
    if (cell.condemned && cell.attendants.empty()) w.condemn(cell);
  }
};

}  // namespace trust::delegate
