// SPDX-License-Identifier: MIT
#pragma once
// spawn: tasks of the runtime's own scope: spawn, block_on, and the handle to join them.
//
// The callable travels to its worker in a letter; there it is called, its task runs as a root, and the result goes into a state that worker
// and handle share. Nothing detached is lost: a root stands in its worker's list until it has ended, and an error that no handle waits for
// goes to options.on_error.

#include <trust/delegate/begin.hpp>
#include <trust/delegate/closure.hpp>
#include <trust/link/oneshot.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/runtime.hpp>

#include <memory>
#include <utility>

namespace trust {
namespace delegate {

/// Shared by a root and its handle.
template <class R> struct task_state {
  link::refcount<worker::machine> holders{2};
  link::oneshot<worker::machine, worker::homeward> end;
  worker::core* home;
  worker::port& at;            ///< where the task runs
  coro::root* task = nullptr;  ///< its worker's, while it runs
  result<R> outcome;
  bool taken = false;  // by who joined; it drops after that

  explicit task_state(worker::port& p) noexcept : home{p.home}, at{p} { home->hold(); }
  ~task_state() { home->drop(); }
  void drop() noexcept {
    if (!holders.drop()) return;
    if (!taken && !outcome.nothing_yet() && !outcome.has_value()) report();
    delete this;
  }

  /// Any thread; throws std::bad_alloc on another than the task's.
  void request_stop() {
    if (worker::loop* w = worker::here(); w != nullptr && &w->face() == &at) return stop_task();
    struct request final : worker::letter {
      explicit request(task_state& s) noexcept : of{s} {
        open = [](worker::letter& l, worker::loop&) noexcept {
          const std::unique_ptr<request> self{&static_cast<request&>(l)};
          self->of.stop_task();
          self->of.drop();
        };
      }
      task_state& of;
    };
    auto letter = std::make_unique<request>(*this);
    holders.add();
    if (worker::core::post(at, *letter)) {
      static_cast<void>(letter.release());
    } else {
      drop();  // its worker has left, and the task has ended before
    }
  }

 private:
  void stop_task() noexcept {
    if (task != nullptr) task->request_stop();
  }
  /// Nobody joined, and it failed: the error is not lost.
  void report() noexcept {
    const failure& why = outcome.error();
    if (why == errc::cancelled || why == errc::runtime_stopped) return;
    if (worker::loop* w = worker::here(); w != nullptr && &w->home() == home)
      return w->unheard(why.exception(), "a detached task");
    home->report_unheard(why.exception(), "a detached task");
  }
};

/// The root of a spawned task: first the letter that brings it, then the task itself.
template <class Bound, class R> class spawned final : public worker::letter, public coro::root {
 public:
  static void send(worker::port& p, priority rank, task_state<R>& state, Bound&& f) {
    auto made = base::undoing([&] { return std::make_unique<spawned>(state, std::move(f)); }, [&] { state.drop(); });
    made->env.ranks(rank);
    if (worker::loop* w = worker::here(); w != nullptr && &w->face() == &p) {
      made.release()->begin(*w);
    } else if (worker::core::post(p, *made)) {
      static_cast<void>(made.release());
    } else {
      made.reset();
      state.drop();
      base::raise(error{errc::runtime_stopped});
    }
  }

  spawned(task_state<R>& state, Bound&& f) : state_{state}, function_{std::move(f)} {
    open = [](worker::letter& l, worker::loop& w) noexcept { static_cast<spawned&>(l).begin(w); };
    start_.calls([](coro::resumable& r) noexcept {
      return std::coroutine_handle<>{static_cast<starter&>(r).self.task_.frame()};
    });
  }

  void end() noexcept override {
    base::attempt([&] { state_.outcome = std::move(task_.frame().promise().kept); },
                  [&](std::exception_ptr e) { state_.outcome.fail(failure{std::move(e)}); });
    finish();
  }
  void abandon() noexcept override {
    state_.outcome.fail(failure{errc::runtime_stopped});
    finish();
  }

 private:
  using Task = decltype(std::declval<Bound&>()());
  struct starter : coro::resumable {
    explicit starter(spawned& s) noexcept : self{s} {}
    spawned& self;
  };

  void begin(worker::loop& w) noexcept {
    env.name = base::type_name<Bound>();
    const bool called = w.takes_tasks() && base::attempt(
                                               [&] {
                                                 task_ = function_();
                                                 return true;
                                               },
                                               [&](std::exception_ptr e) {
                                                 state_.outcome.fail(failure{std::move(e)});
                                                 return false;
                                               });
    w.started(*this);
    state_.task = this;
    if (!called) {
      if (state_.outcome.nothing_yet()) state_.outcome.fail(failure{errc::runtime_stopped});
      return finish();
    }
    auto& promise = task_.frame().promise();
    promise.done = this;
    promise.env = &env;
    if (env.rank == priority::normal) return w.ready(start_);
    w.ready_in_background(start_);
  }

  void finish() noexcept {
    worker::loop& w = *worker::here();
    w.ended(*this);
    task_ = Task{};
    task_state<R>& state = state_;
    state.task = nullptr;
    delete this;  // what the callable held dies before who waits goes on
    if (worker::homeward* waiter = state.end.finish(); waiter != nullptr) w.send_home(*waiter);
    state.drop();
  }

  task_state<R>& state_;
  Bound function_;
  Task task_;
  starter start_{*this};
};

/// In a simulation: runs the workers until the task has ended. A task that never will is an error; if `borrows`, what lies in the caller's
/// frame is in use by it, so it is asked to stop, and if it is deaf to that, the whole runtime: then it has ended before the caller goes on.
template <class R> void simulate_until_ended(task_state<R>& s, bool borrows) {
  constexpr unsigned most_turns = 10'000;  // of a task that was asked to stop
  while (!s.end.finished() && s.home->simulate_once()) {}
  if (s.end.finished()) return;
  const error never{errc::would_deadlock, s.home->who_waits()};
  if (borrows) {
    if (s.task != nullptr) s.home->ask_to_stop(0, *s.task);
    for (unsigned n = 0; n < most_turns && !s.end.finished() && s.home->simulate_once(); ++n) {}
    if (!s.end.finished()) static_cast<void>(s.home->stop(time_point::max()));
    s.taken = true;
  }
  base::raise(never);
}

/// A foreign thread waits at `gate` (null in a simulation, where it runs the workers meanwhile) and takes the result.
template <class R> [[nodiscard]] R stand_for(task_state<R>& s, link::gate* gate, bool borrows = false) {
  if (gate == nullptr) {
    simulate_until_ended(s, borrows);
  } else {
    struct joiner final : worker::homeward {
      explicit joiner(link::gate& g) noexcept : opened{g} {
        calls([](coro::resumable& r) noexcept {
          link::gate& mine = static_cast<joiner&>(r).opened;
          mine.open();
          mine.drop();
          return std::coroutine_handle<>{};
        });
      }
      link::gate& opened;
    };
    joiner j{*gate};
    if (s.end.wait(j)) {
      gate->wait();
    } else {
      gate->drop();
    }
    gate->drop();
  }
  s.taken = true;
  return std::move(s.outcome).value();
}

template <class R, class F, class... Args>
[[nodiscard]] task_state<R>* spawn_on(worker::port& p, priority rank, F&& f, Args&&... args) {
  if (p.parker.peek() == link::forgotten) base::raise(error{errc::forked});
  auto* state = new task_state<R>{p};
  base::undoing(
      [&] {
        spawned<bound_copy<F, Args...>, R>::send(p, rank, *state,
                                                 bind_copy(std::forward<F>(f), std::forward<Args>(args)...));
      },
      [&] { state->drop(); });
  return state;
}

}  // namespace delegate

/// A spawned task. `co_await` it on a worker, or get() it on a foreign thread; dropping it detaches the task. Move-only.
/// A task that waits for it and is asked to stop ends the waiting with errc::cancelled; the spawned one goes on, detached or to be awaited again.
template <class R> class task_handle : public coro::ours {
 public:
  using value_type = R;
  task_handle() noexcept = default;
  explicit task_handle(delegate::task_state<R>* s) noexcept : state_{s} {}
  task_handle(task_handle&& o) noexcept : state_{std::exchange(o.state_, nullptr)} {}
  task_handle& operator=(task_handle&& o) noexcept {
    if (this != &o) {
      detach();
      state_ = std::exchange(o.state_, nullptr);
    }
    return *this;
  }
  ~task_handle() { detach(); }

  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }
  [[nodiscard]] bool done() const noexcept { return state_->end.finished(); }
  void detach() noexcept {
    if (state_ == nullptr) return;
    std::exchange(state_, nullptr)->drop();
  }

  /// Asks the task to stop: what it waits for ends with errc::cancelled, and it sees this_task::stop_token(). Does not wait for it. Any thread;
  /// more than once is as once. Throws std::bad_alloc.
  void request_stop() { state_->request_stop(); }

  class awaiter : private worker::homeward, private coro::stop_node {
   public:
    explicit awaiter(delegate::task_state<R>& s) noexcept : stop_node{&awaiter::stopped}, state_{s} {}
    [[nodiscard]] bool await_ready() const noexcept { return state_.end.finished() && base::take_step(*base::here); }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      coro::stop_state& stop = h.promise().env->stop;
      if (stop.cancels() && !state_.end.finished()) {
        frame = coro::turn_of(h);
        cancelled_ = true;
        return coro::here()->gives_way(*this);
      }
      leave_home(h);
      withdraw = [](worker::homeward& me) noexcept { return static_cast<awaiter&>(me).state_.end.unwait(me); };
      if (state_.end.wait(*this)) {
        stop.add(*this);
        return true;
      }
      arrived();
      coro::here()->give_way(*this);
      return true;
    }
    R await_resume() { return await_result().value(); }
    [[nodiscard]] result<R> await_result() {
      arrived();
      coro::stop_node::unlink();
      if (cancelled_) return failure{errc::cancelled};
      if (!state_.end.finished()) return failure{errc::runtime_stopped};  // withdrawn at the worker's end
      state_.taken = true;
      return std::move(state_.outcome);
    }

   private:
    static void stopped(coro::stop_node& n) noexcept {
      auto& self = static_cast<awaiter&>(n);
      if (!self.env->stop.cancels()) return self.env->stop.add(n);  // the runtime ends: the other task hears of it too
      if (!self.state_.end.unwait(self)) return;                    // it has ended: its letter is on the way
      self.cancelled_ = true;
      coro::here()->ready(self);
    }
    delegate::task_state<R>& state_;
    bool cancelled_ = false;
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{*state_}; }

  /// For threads that are no workers: waits and takes the result. Once.
  R get() {
    if (worker::here() != nullptr) base::raise(error{errc::would_block});
    return delegate::stand_for(*state_, state_->home->is_simulated() ? nullptr : link::gate::make());
  }

 private:
  delegate::task_state<R>* state_ = nullptr;
};

template <class R> class delegate::named_task_handle : public task_handle<R> {
 public:
  static constexpr bool hazardous = true;
  using task_handle<R>::task_handle;
  [[nodiscard]] auto operator co_await() const& noexcept { return task_handle<R>::operator co_await(); }
  template <bool Hazardous = true> [[nodiscard]] auto operator co_await() && noexcept {
    coro::check_temporary<Hazardous>();
    return task_handle<R>::operator co_await();
  }
};

template <class F, class... Args> delegate::task_result<F, Args...> runtime::block_on(F&& f, Args&&... args) {
  using R = delegate::task_result<F, Args...>;
  if (worker::here() != nullptr) base::raise(error{errc::would_block});
  if (core_->task_workers() == 0) base::raise(error{errc::no_worker});
  // The caller waits, so its callable is used where it lies.
  auto in_place = [&f, tuple = std::tuple<delegate::travelling_t<Args>...>{
                           delegate::unwrap(std::forward<Args>(args))...}]() mutable {
    return std::apply([&](auto&... a) { return std::invoke(std::forward<F>(f), std::move(a)...); }, tuple);
  };
  // Made before the task, which uses what lies here: from then on nothing may throw until it has ended.
  link::gate* const gate = core_->is_simulated() ? nullptr : link::gate::make();
  auto* const state =
      base::undoing([&] { return delegate::spawn_on<R>(core_->at(0), priority::normal, std::move(in_place)); },
                    [&] {
                      if (gate == nullptr) return;
                      gate->drop();
                      gate->drop();
                    });
  const task_handle<R> joined{state};
  return delegate::stand_for(*state, gate, true);
}

template <class F, class... Args>
  requires delegate::spawnable<F>
delegate::handle_of<F, Args...> runtime::spawn(F&& f, Args&&... args) {
  return spawn(priority::normal, std::forward<F>(f), std::forward<Args>(args)...);
}

template <class F, class... Args> delegate::handle_of<F, Args...> runtime::spawn(priority p, F&& f, Args&&... args) {
  delegate::check_unawaited<F, Args...>();
  worker::loop* const w = worker::here();
  const bool stays = w != nullptr && &w->home() == core_;
  worker::port& at = stays ? w->face() : core_->next_for_tasks();
  if (at.index >= core_->task_workers()) base::raise(error{errc::no_worker, "spawn on a dedicated worker"});
  return delegate::handle_of<F, Args...>{
      delegate::spawn_on<delegate::task_result<F, Args...>>(at, p, std::forward<F>(f), std::forward<Args>(args)...)};
}

template <class F, class... Args>
  requires delegate::spawnable<F>
delegate::handle_of<F, Args...> runtime::spawn(on place, F&& f, Args&&... args) {
  return spawn(place, priority::normal, std::forward<F>(f), std::forward<Args>(args)...);
}

template <class F, class... Args>
delegate::handle_of<F, Args...> runtime::spawn(on place, priority p, F&& f, Args&&... args) {
  delegate::check_unawaited<F, Args...>();
  if (place.index >= core_->workers()) {
    base::raise(error{errc::bad_option, "there is no worker " + std::to_string(place.index)});
  }
  if (place.index >= core_->task_workers()) base::raise(error{errc::no_worker, "that worker is dedicated"});
  return delegate::handle_of<F, Args...>{delegate::spawn_on<delegate::task_result<F, Args...>>(
      core_->at(place.index), p, std::forward<F>(f), std::forward<Args>(args)...)};
}

}  // namespace trust
