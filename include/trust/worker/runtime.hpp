// SPDX-License-Identifier: MIT
#pragma once
// runtime: the workers of a program, or of a part of it, and what is asked of them as a whole.
//
// Making one starts the workers; its end stops them: tasks are asked to stop and may end within options.grace, then calls are refused, what is left
// is ended, messages are drained, objects are destroyed at home, threads joined. Several runtimes in one process are fine. No signal
// handlers, nothing global. The templates are defined in delegate/.
// Tests: tests/unit/worker/runtime.cpp, tests/stress/shutdown.cpp

#include <trust/base/result.hpp>
#include <trust/coro/task.hpp>
#include <trust/coro/travel.hpp>
#include <trust/worker/pool.hpp>
#include <trust/worker/worker_id.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

namespace trust {

template <class T> class remote;
template <class T> class sharded;
template <class R> class task_handle;

namespace delegate {

/// What spawn takes for a callable: not what may come before one.
template <class F>
concept spawnable = !std::same_as<std::decay_t<F>, on> && !std::same_as<std::decay_t<F>, priority>;

template <class F, class... Args> using task_of = std::invoke_result_t<std::decay_t<F>, coro::travelling_t<Args>...>;

template <class Task> struct value_of_task {
  static_assert(is_task<Task>, "trust-tee: spawn and block_on take a callable that returns a trust::task");
  using type = void;
};
template <class R> struct value_of_task<task<R>> {
  using type = R;
};
template <class F, class... Args> using task_result = typename value_of_task<task_of<F, Args...>>::type;

/// What entrust_sharded makes one of on each trustee.
template <class T, class... Args> struct shard_type;

/// A handle that must have a name to be awaited: see coro/travel.hpp.
template <class R> class named_task_handle;
template <class F, class... Args>
using handle_of = std::conditional_t<(coro::hazardous<F>() || ... || coro::hazardous<Args>()),
                                     named_task_handle<task_result<F, Args...>>, task_handle<task_result<F, Args...>>>;

}  // namespace delegate

/// What a worker has counted.
struct worker_metrics {
  std::uint64_t parks = 0;         ///< times it went to sleep
  std::uint64_t spurious = 0;      ///< woken with nothing to do
  std::uint64_t rung = 0;          ///< bells that it rang for others
  std::uint64_t served = 0;        ///< requests run for others
  std::uint64_t lanes_polled = 0;  ///< lanes looked at, over all passes
  std::uint64_t passes = 0;
  std::uint64_t unheard = 0;  ///< errors that nobody waited for
};

class runtime {
 public:
  /// Throws trust::error bad_option (with the sentence), std::system_error (threads, descriptors), std::bad_alloc.
  runtime();
  explicit runtime(const options& o);
  explicit runtime(const simulated& s);
  /// Stops and waits. On a worker, of this or another runtime, it ends the program with a sentence: it would wait for itself.
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// Moves `value` to a trustee, which is chosen in turn, or given by `on` or `beside`; `named` gives it a name. Any thread. On a worker it
  /// does not wait. Throws std::bad_alloc, errc::runtime_stopped, errc::forked; what T's move constructor throws comes to every call.
  template <class T> [[nodiscard]] remote<std::decay_t<T>> entrust(T&& value);
  template <class T> [[nodiscard]] remote<std::decay_t<T>> entrust(on place, T&& value);
  template <class T> [[nodiscard]] remote<std::decay_t<T>> entrust(struct beside place, T&& value);
  template <class T> [[nodiscard]] remote<std::decay_t<T>> entrust(const named& name, T&& value);
  template <class Place, class T>
  [[nodiscard]] remote<std::decay_t<T>> entrust(Place place, const named& name, T&& value);
  /// Builds a T on its trustee from `args`, which travel there; a place and a name may come first.
  template <class T, class... Args> [[nodiscard]] remote<T> emplace(Args&&... args);
  /// Builds a T on each trustee (every worker, or the dedicated ones if there are any), each from its own copy of `args`; or, without a T, what
  /// make(i) gives, which is called on the i-th of them. A name may come first: the shards are called name/0, name/1. Throws as `entrust`.
  template <class T = void, class... Args>
  [[nodiscard]] sharded<typename delegate::shard_type<T, std::decay_t<Args>...>::type> entrust_sharded(Args&&... args);

  /// Runs the task that f(args...) returns on worker 0 and waits for it. For threads that are no workers: errc::would_block there. In a
  /// simulated runtime errc::would_deadlock, when nothing is left to happen and the task has not ended; the task is asked to stop then, and if
  /// it is deaf to that, the whole runtime, so that it has ended before this throws.
  template <class F, class... Args> delegate::task_result<F, Args...> block_on(F&& f, Args&&... args);
  /// Starts the task that f(args...) returns: on this worker, from a foreign thread on workers in turn, or where `on` says. Dropping the
  /// handle detaches the task. By-reference captures are refused. errc::no_worker where all (or that one) are dedicated.
  /// A task of trust::priority::background gives precedence to all others of its worker, see delegate/priority.hpp.
  template <class F, class... Args>
    requires delegate::spawnable<F>
  delegate::handle_of<F, Args...> spawn(F&& f, Args&&... args);
  template <class F, class... Args> delegate::handle_of<F, Args...> spawn(priority p, F&& f, Args&&... args);
  template <class F, class... Args>
    requires delegate::spawnable<F>
  delegate::handle_of<F, Args...> spawn(on place, F&& f, Args&&... args);
  template <class F, class... Args> delegate::handle_of<F, Args...> spawn(on place, priority p, F&& f, Args&&... args);

  /// Asks all tasks to stop, and the runtime to end when they have. Any thread; async-signal-safe.
  void request_stop() noexcept;
  /// Stops and waits until `deadline`; false: not everybody has stopped, and the log names who. On a worker it only asks, and says false.
  bool stop(time_point deadline = time_point::max());

  [[nodiscard]] std::size_t workers() const noexcept;
  [[nodiscard]] worker_metrics metrics(std::size_t worker) const noexcept;
  /// What the threads of trust::blocking have done and do now. Any thread.
  [[nodiscard]] trust::blocking_metrics blocking_metrics() const;
  /// What was decided, and why: workers, CPUs, pinning, back end.
  [[nodiscard]] std::string describe() const;
  /// Writes to `fd` what every worker is doing: tasks with the place of their await, objects with names and states. Any thread; a worker that does
  /// not come round within a second is said so.
  void dump(int fd) const;

  /// Of a simulated runtime: a digest of all that has happened in it so far, who did what when: two runs of one seed have the same. Else 0.
  [[nodiscard]] std::uint64_t trace_hash() const noexcept;

  [[nodiscard]] worker::core& core() const noexcept { return *core_; }

 private:
  worker::core* core_;
};

/// The runtime of this worker; throws errc::no_worker on a foreign thread.
[[nodiscard]] runtime& this_runtime();

}  // namespace trust
