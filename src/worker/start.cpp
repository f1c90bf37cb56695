// SPDX-License-Identifier: MIT
// Starting the workers: where they run, how they sleep. Each makes its driver on its own, pinned thread; one refusal of io_uring and all take
// epoll, so that a runtime has one back end.

#include <trust/base/fd.hpp>
#include <trust/base/topology.hpp>
#include <trust/io/driver.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/pool.hpp>
#include <trust/worker/watch.hpp>

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace trust::worker {
namespace {

/// Other runtimes of this process are seen by the names of their threads, so that nothing global needs to count them.
std::size_t runtimes_alive() {
  std::size_t n = 0;
  const std::unique_ptr<DIR, decltype([](DIR* d) { ::closedir(d); })> tasks{::opendir("/proc/self/task")};
  if (tasks == nullptr) return 0;
  while (const dirent* entry = ::readdir(tasks.get())) {
    std::ifstream comm{std::string{"/proc/self/task/"} + entry->d_name + "/comm"};
    std::string name;
    if (std::getline(comm, name) && name == "trust/0") ++n;
  }
  return n;
}

backend chosen_backend(backend wished, std::string& why) {
  const char* text = std::getenv("TRUST_IO");
  if (text == nullptr || *text == '\0') return wished;
  const std::optional<backend> named = io::backend_named(text);
  if (!named)
    base::raise(error{errc::bad_option, std::string{"TRUST_IO is \""} + text + "\": write uring, epoll or auto"});
  why += std::string{"back end: "} + text + " (TRUST_IO)\n";
  return *named;
}

}  // namespace

void core::start_threads() {
  base::placement_request wish;
  wish.workers = options_.workers;
  wish.cpus = options_.cpus;
  wish.pin = options_.pin;
  wish = base::from_environment(std::move(wish), [](const char* name) { return std::getenv(name); });
  if (!wish.error.empty()) base::raise(error{errc::bad_option, wish.error});
  const base::placement plan =
      base::decide(wish, {base::usable_cpus(), base::cpu_quota(), base::whole_mask_is_ours(), runtimes_alive()});
  if (!plan.error.empty()) base::raise(error{errc::bad_option, plan.error});
  blocking_cpus_ = plan.blocking_cpus;
  why_ = wish.overridden + plan.why;
  shares_cpus_ = plan.shares_cpus;
  cpus_ = plan.cpus_of_worker;
  options_.io = chosen_backend(options_.io, why_);
  use_epoll_ = options_.io == backend::epoll;
  prepare_ports(cpus_.size());
  drivers_.resize(workers_);

  threads_.reserve(workers_);
  base::undoing(
      [&] {
        for (std::size_t i = 0; i < workers_; ++i) threads_.emplace_back([this, i] { thread_main(i); });
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return up_ == workers_ || start_failure_; });
        if (start_failure_) base::rethrow(start_failure_);
        lock.unlock();
        if (options_.stall_report.count() > 0) watch_ = std::make_unique<watch>(*this);
        lock.lock();
        started_ = true;
        changed_.notify_all();
      },
      [&] {
        {
          const std::lock_guard lock{mutex_};
          aborted_ = true;
        }
        changed_.notify_all();
        join();
      });
}

void core::thread_main(std::size_t i) {
  const bool runs = base::attempt([&] { return prepare(i); },
                                  [&](std::exception_ptr e) {
                                    const std::lock_guard lock{mutex_};
                                    start_failure_ = std::move(e);
                                    changed_.notify_all();
                                    return false;
                                  });
  if (!runs) return;
  loops_[i]->run();
  const std::lock_guard lock{mutex_};
  ++down_;
  changed_.notify_all();
}

/// The thread's part of the start: its CPU, its driver, its loop. True when all are there and the runtime begins.
bool core::prepare(std::size_t i) {
  char name[16];
  std::snprintf(name, sizeof name, "trust/%u", static_cast<unsigned>(i));
  base::name_this_thread(name);
  ports_.first[i].thread = static_cast<int>(::gettid());
  std::error_code unpinned;
  if (!cpus_[i].empty()) unpinned = base::pin_this_thread(cpus_[i]);

  std::unique_lock lock{mutex_};
  const auto vote = [&](bool ring_refused, const std::string& why) {
    if (ring_refused && !use_epoll_) {
      use_epoll_ = true;
      refusal_ = why;
    }
    ++voted_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return voted_ >= workers_ || aborted_; });
    return !aborted_;
  };
  io::made mine;
  if (!use_epoll_) {
    lock.unlock();
    mine = io::make_ring();
    lock.lock();
  }
  if (unpinned) why_ += std::string{name} + " could not be pinned: " + unpinned.message() + "\n";
  if (!vote(!mine.it, mine.refused.message())) return false;
  if (use_epoll_) mine = io::make_epoll();
  if (!mine.it) base::raise(std::system_error{mine.refused, "no way to sleep: neither io_uring nor epoll"});
  if (i == 0) {
    if (!refusal_.empty()) {
      log(severity::warning, "io_uring is refused (" + refusal_ + "), going on with epoll");
      why_ += "back end: epoll, since io_uring is refused: " + refusal_ + "\n";
    } else {
      why_ += "back end: " + std::string{io::name_of(mine.it->kind())} + ", " + mine.how + "\n";
    }
  }
  drivers_[i] = std::move(mine.it);
  ports_.first[i].driver = drivers_[i].get();
  loops_[i] = std::make_unique<loop>(*this, ports_.first[i]);
  ++up_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return started_ || aborted_; });
  return started_;
}

void core::leave_workers_alone() const noexcept {
  static_cast<void>(base::pin_this_thread(blocking_cpus_));  // where that is refused it stays on its maker's CPU
}

std::chrono::nanoseconds core::cpu_time(std::size_t i) const noexcept {
  clockid_t which;
  timespec t{};
  if (::pthread_getcpuclockid(const_cast<std::thread&>(threads_[i]).native_handle(), &which) != 0) return {};
  if (::clock_gettime(which, &t) != 0) return {};
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

void core::join() {
  for (std::thread& t : threads_) {
    if (t.joinable()) t.join();
  }
  threads_.clear();
}

}  // namespace trust::worker
