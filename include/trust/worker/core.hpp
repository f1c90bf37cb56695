// SPDX-License-Identifier: MIT
#pragma once
// core: what a runtime's handles, lanes and letters share and keep alive: ports, bells, options, phase.
//
// The runtime object, every cell and both ends of every lane hold it; it closes with its last holder, so a handle may outlive its runtime.
// The phase is advanced by worker 0 (see src/worker/ending.cpp), asked for by anybody.
//
//     running      everything goes on
//     stopping     stop tokens have fired; tasks may end, until all have or the grace is over
//     ending       awaited calls are refused at their callers; tasks that are left are destroyed, messages drained
//     destroying   objects are destroyed at home; their destructors may still post
//     leaving      last look, inboxes and lanes closed, threads end

#include <trust/link/gate.hpp>
#include <trust/link/refcount.hpp>
#include <trust/link/word.hpp>
#include <trust/worker/loop.hpp>
#include <trust/worker/options.hpp>
#include <trust/worker/port.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trust {
class runtime;
}

namespace trust::worker {

class pool;
class simulation;
class watch;

class core {
 public:
  /// Decides, starts the workers (threads, or seats of a simulation); throws trust::error bad_option, std::system_error, bad_alloc.
  core(const options& wished, const simulated* how, runtime& owner);
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  void hold() noexcept { holders_.add(); }
  /// In a forked child nothing is taken apart: threads and locks stayed with the parent.
  void drop() noexcept {
    if (holders_.drop() && !forked()) delete this;
  }

  [[nodiscard]] const options& opts() const noexcept { return options_; }
  [[nodiscard]] std::size_t workers() const noexcept { return workers_; }
  [[nodiscard]] std::size_t task_workers() const noexcept { return workers_ - options_.dedicated; }
  [[nodiscard]] port& at(std::size_t i) const noexcept { return ports_.first[i]; }
  [[nodiscard]] outbound** lane_table(std::size_t i) const noexcept { return ports_.tables + i * ports_.table_size; }
  [[nodiscard]] std::size_t lane_table_size() const noexcept { return ports_.table_size; }
  [[nodiscard]] loop& seat(std::size_t i) const noexcept { return *loops_[i]; }
  [[nodiscard]] port& next_trustee() noexcept;
  [[nodiscard]] port& next_for_tasks();
  /// How many requests of that client's lane a trustee serves in a pass: as many as its weight is worth.
  [[nodiscard]] std::uint32_t burst_of(const port& client) const noexcept;
  [[nodiscard]] bool is_simulated() const noexcept { return simulation_ != nullptr; }
  [[nodiscard]] bool shares_cpus() const noexcept { return shares_cpus_; }
  [[nodiscard]] const std::string& why() const noexcept { return why_; }
  [[nodiscard]] bool forked() const noexcept { return ports_.first[0].parker.peek() == link::forgotten; }
  [[nodiscard]] runtime& owner() const noexcept { return *owner_; }

  /// Any thread: puts a letter into a worker's inbox and rings. False: the worker has left, the letter is still the caller's.
  [[nodiscard]] static bool post(port& to, letter& l) noexcept;

  /// A foreign thread waits until `done()` says so; in a simulation the workers run here meanwhile. False: it can never happen.
  [[nodiscard]] bool wait(link::gate& g);

  // The end.
  void request_stop() noexcept;                  ///< async-signal-safe
  [[nodiscard]] bool stop(time_point deadline);  ///< false: logs who did not stop
  link::word<machine, std::uint32_t> phase{running};
  link::word<machine, std::uint64_t> round{0};
  link::word<machine, std::uint32_t> watch_sleeps{0};
  void wake_watch() noexcept;
  [[nodiscard]] std::chrono::nanoseconds cpu_time(std::size_t worker) const noexcept;  ///< used by that worker's thread
  void advance();  ///< worker 0: moves the phase on when all are ready for it

  // Reports.
  void report_unheard(std::exception_ptr e, const char* origin) noexcept;
  void log(severity s, const std::string& text) const noexcept;
  [[nodiscard]] std::string describe() const;
  void dump(int fd);

  // The simulation, which has all of this to itself: see src/worker/simulation.hpp.
  [[nodiscard]] time_point virtual_now() const noexcept;
  bool simulate_once();  ///< a pass of a worker or of all, or a step of the clock; false: nothing is left to happen
  [[nodiscard]] std::uint64_t trace_hash() const noexcept;
  [[nodiscard]] base::chance* chance_of_simulation() noexcept;  ///< null: everything in its order
  [[nodiscard]] std::string who_waits() const;  ///< every task and the place of its await, for errc::would_deadlock
  /// Asks a task of worker `i` to stop, from outside.
  void ask_to_stop(std::size_t i, coro::root& task) noexcept;

  /// How long a job of trust::blocking takes there: up to a millisecond, with seed 0 nothing.
  [[nodiscard]] std::chrono::nanoseconds draw_duration() noexcept;

  [[nodiscard]] pool& blocking_pool();
  /// Lets the calling thread, which was started by a worker, run where blocking work is to run (base/placement.hpp).
  void leave_workers_alone() const noexcept;

 private:
  ~core();
  void start_threads();
  void start_simulated();
  bool turn_in_order();
  bool turn_as_drawn();
  bool let_time_pass();
  void end_endless_grace(std::size_t turns_a_round);
  void prepare_ports(std::size_t n);
  [[nodiscard]] bool all_reached(std::uint32_t p) const noexcept;
  [[nodiscard]] bool quiet();
  [[nodiscard]] bool all_left() const noexcept;
  void ring_all() noexcept;
  void thread_main(std::size_t i);
  [[nodiscard]] bool prepare(std::size_t i);
  void join();

  link::refcount<machine> holders_{1};
  options options_;
  runtime* owner_;
  bool shares_cpus_ = false;
  std::string why_;
  std::size_t workers_ = 0;
  /// The ports, in pages that a fork wipes.
  struct port_pages {
    port_pages() noexcept = default;
    port_pages(const port_pages&) = delete;
    port_pages& operator=(const port_pages&) = delete;
    ~port_pages();
    port* first = nullptr;
    std::size_t count = 0;
    std::size_t bytes = 0;
    outbound** tables =
        nullptr;  ///< each worker's lanes by trustee: a fork wipes them too, so none of them is published to in a child
    std::size_t table_size = 0;
  } ports_;
  std::vector<int> blocking_cpus_;
  std::vector<std::vector<int>> cpus_;
  std::vector<std::unique_ptr<io::driver>> drivers_;
  std::vector<std::unique_ptr<loop>> loops_;
  std::vector<std::thread> threads_;
  link::word<machine, std::uint32_t> next_trustee_{0};
  link::word<machine, std::uint32_t> next_for_tasks_{0};
  time_point grace_over_{};
  std::uint64_t quiet_rounds_ = 0;
  time_point next_round_{};
  std::unique_ptr<simulation> simulation_;

  // Start and end, guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t voted_ = 0;
  std::size_t up_ = 0;
  bool started_ = false;
  std::size_t down_ = 0;
  std::string refusal_;
  std::exception_ptr start_failure_;
  bool use_epoll_ = false;
  bool aborted_ = false;
  std::unique_ptr<pool> pool_;
  std::unique_ptr<watch> watch_;
};

}  // namespace trust::worker
