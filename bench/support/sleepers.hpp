// SPDX-License-Identifier: MIT
#pragma once
// sleepers: rivals that wake a sleeping thread, behind one interface: `sleep()` on the sleeper's side returns once
// after each `wake()`. And spinners of the idle class: processes that keep every CPU awake and give way to anybody, so
// that what is measured is waking a thread, not waking a CPU.
#include "machine.hpp"

#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace bench {

class idle_spinners {
 public:
  /// One process for each CPU. Before any thread is started.
  idle_spinners();
  ~idle_spinners();
  idle_spinners(const idle_spinners&) = delete;

 private:
  std::vector<int> children_;
};

class by_futex {
 public:
  void sleep() {
    while (word_.exchange(0) == 0) syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
  }
  void wake() {
    word_.store(1);
    syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

class by_eventfd {
 public:
  by_eventfd() : fd_{eventfd(0, EFD_CLOEXEC)} {}
  by_eventfd(const by_eventfd&) = delete;
  ~by_eventfd() { close(fd_); }
  void sleep() {
    std::uint64_t n = 0;
    while (read(fd_, &n, sizeof n) < 0) continue;
  }
  void wake() {
    const std::uint64_t one = 1;
    while (write(fd_, &one, sizeof one) < 0) continue;
  }

 protected:
  int fd_;
};

class by_epoll : public by_eventfd {
 public:
  by_epoll() : epoll_{epoll_create1(EPOLL_CLOEXEC)} {
    epoll_event what{};
    what.events = EPOLLIN;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &what);
  }
  ~by_epoll() { close(epoll_); }
  void sleep() {
    std::array<epoll_event, 1> ready{};
    while (epoll_wait(epoll_, ready.data(), 1, -1) < 1) continue;
    by_eventfd::sleep();
  }

 private:
  int epoll_;
};

class by_condition {
 public:
  void sleep() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return rung_; });
    rung_ = false;
  }
  void wake() {
    {
      const std::lock_guard lock{mutex_};
      rung_ = true;
    }
    changed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

}  // namespace bench
