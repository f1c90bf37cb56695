// SPDX-License-Identifier: MIT
// frame: what does it cost to make, run and destroy a task?
//
// Figures are per task. `trust_task` takes frames from the worker's pool and counts steps, so that no chain of
// transfers is endless; `malloc_task` is the least that a lazy task can be, with frames from operator new and no such
// bound. `fib:30` is recursion, each call a task; `nested:N` a chain of N tasks, each awaits the next; `when_all:1000`
// all at once.
#include "support/crowd.hpp"
#include "support/pause.hpp"
#include "support/session.hpp"

#include <coroutine>
#include <exception>
#include <vector>

namespace {

using bench::measured;

/// A lazy task with symmetric transfer, frames from operator new, no errors.
class malloc_task {
 public:
  struct promise_type {
    std::coroutine_handle<> parent = std::noop_coroutine();
    long value = 0;
    struct final_awaiter {
      final_awaiter() noexcept {}
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
        return h.promise().parent;
      }
      void await_resume() const noexcept {}
    };
    malloc_task get_return_object() { return malloc_task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }
    void return_value(long v) noexcept { value = v; }
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };
  explicit malloc_task(std::coroutine_handle<promise_type> h) noexcept : frame_{h} {}
  malloc_task(malloc_task&&) = delete;
  ~malloc_task() { frame_.destroy(); }

  struct awaiter {
    explicit awaiter(std::coroutine_handle<promise_type> h) noexcept : child{h} {}
    std::coroutine_handle<promise_type> child;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) const noexcept {
      child.promise().parent = h;
      return child;
    }
    [[nodiscard]] long await_resume() const noexcept { return child.promise().value; }
  };
  awaiter operator co_await() const noexcept { return awaiter{frame_}; }
  [[nodiscard]] long run() const {
    frame_.resume();
    return frame_.promise().value;
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

// The same programs for both kinds of task.
template <class Task> Task leaf(long x) { co_return x; }
template <class Task> Task leaves(long times) {
  long sum = 0;
  for (long i = 0; i < times; ++i) sum += co_await leaf<Task>(1);
  co_return sum;
}
template <class Task> Task chain(long depth) {
  if (depth <= 1) co_return 1;
  const long below = co_await chain<Task>(depth - 1);
  co_return below + 1;
}
template <class Task> Task chains(long times, long depth) {
  long sum = 0;
  for (long i = 0; i < times; ++i) sum += co_await chain<Task>(depth);
  co_return sum;
}
template <class Task> Task fib(long n) {
  if (n < 2) co_return n;
  const long a = co_await fib<Task>(n - 1);
  const long b = co_await fib<Task>(n - 2);
  co_return a + b;
}

using trust_task = trust::task<long>;

trust_task all_at_once(long times) {
  long sum = 0;
  for (long i = 0; i < times; ++i) {
    std::vector<trust_task> all;
    for (int k = 0; k < 1000; ++k) all.push_back(leaf<trust_task>(1));
    for (long x : co_await trust::when_all(std::move(all))) sum += x;
  }
  co_return sum;
}

// What `make` returns is run, timed, and must be `wanted`; `tasks` have run then.
template <class Make> measured on_worker(trust::runtime& rt, long tasks, long wanted, Make make) {
  double ns = 0;
  const long got = rt.block_on([&]() -> trust_task {
    const auto begin = bench::clock::now();
    const long result = co_await make();
    ns = bench::ns_between(begin, bench::clock::now());
    co_return result;
  });
  bench::check("trust_task", got, wanted);
  return {.operations = static_cast<double>(tasks), .ns = ns};
}
template <class Make> measured plain(long tasks, long wanted, Make make) {
  const auto begin = bench::clock::now();
  const malloc_task made = make();
  const long got = made.run();
  const double ns = bench::ns_between(begin, bench::clock::now());
  bench::check("malloc_task", got, wanted);
  return {.operations = static_cast<double>(tasks), .ns = ns};
}

constexpr long fib_30 = 832040;
constexpr long fib_30_tasks = 2692537;

}  // namespace

int main(int argc, char** argv) {
  bench::session s{argc, argv, "frame"};
  trust::runtime rt{bench::pinned(1)};
  const bench::row_options here{.over = bench::crossing::none};
  const bench::row_options once{.over = bench::crossing::none, .operations = 1};

  s.add("frame/malloc_task/nested:1", [](long n) { return plain(n, n, [n] { return leaves<malloc_task>(n); }); }, here);
  s.add(
      "frame/trust_task/nested:1", [&rt](long n) { return on_worker(rt, n, n, [n] { return leaves<trust_task>(n); }); },
      here);
  for (long depth : {16L, 1000L}) {
    const std::string nested = "/nested:" + std::to_string(depth);
    s.add(
        "frame/malloc_task" + nested,
        [depth](long n) {
          const long times = std::max(n / depth, 1L);
          return plain(times * depth, times * depth, [=] { return chains<malloc_task>(times, depth); });
        },
        here);
    s.add(
        "frame/trust_task" + nested,
        [&rt, depth](long n) {
          const long times = std::max(n / depth, 1L);
          return on_worker(rt, times * depth, times * depth, [=] { return chains<trust_task>(times, depth); });
        },
        here);
  }
  s.add(
      "frame/malloc_task/fib:30", [](long) { return plain(fib_30_tasks, fib_30, [] { return fib<malloc_task>(30); }); },
      once);
  s.add(
      "frame/trust_task/fib:30",
      [&rt](long) { return on_worker(rt, fib_30_tasks, fib_30, [] { return fib<trust_task>(30); }); }, once);
  s.add(
      "frame/trust_task/when_all:1000",
      [&rt](long n) {
        const long times = std::max(n / 1000, 1L);
        return on_worker(rt, times * 1000, times * 1000, [times] { return all_at_once(times); });
      },
      here);
  return s.run();
}
