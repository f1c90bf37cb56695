// SPDX-License-Identifier: MIT
#pragma once
// locks: the rivals that are locks, behind one interface: `typename L::node n; l.lock(n); ...; l.unlock(n);`. A node is
// the caller's place in a queue, which only the MCS lock needs. None of them sleeps but std::mutex, which is the
// system's.
//
//     mutex    std::mutex
//     ttas     test and test-and-set: one word, looked at until it is free, then exchanged
//     ticket   a number for each who comes; all wait on the one word that is served
//     mcs      a queue of the waiters' own nodes; each waits on its own line
#include "pause.hpp"

#include <atomic>
#include <mutex>

namespace bench {

struct no_node {};

class mutex_lock {
 public:
  using node = no_node;
  void lock(node&) { mutex_.lock(); }
  void unlock(node&) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ttas_lock {
 public:
  using node = no_node;
  void lock(node&) noexcept {
    while (taken_.exchange(true, std::memory_order_acquire))
      wait_until([&] { return !taken_.load(std::memory_order_relaxed); });
  }
  void unlock(node&) noexcept { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

class ticket_lock {
 public:
  using node = no_node;
  void lock(node&) noexcept {
    const unsigned mine = next_.fetch_add(1, std::memory_order_relaxed);
    wait_until([&] { return serving_.load(std::memory_order_acquire) == mine; });
  }
  void unlock(node&) noexcept {
    serving_.store(serving_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

 private:
  std::atomic<unsigned> next_{0};
  alignas(64) std::atomic<unsigned> serving_{0};
};

class mcs_lock {
 public:
  struct alignas(64) node {
    std::atomic<node*> next{nullptr};
    std::atomic<bool> waits{false};
  };
  void lock(node& mine) noexcept {
    mine.next.store(nullptr, std::memory_order_relaxed);
    mine.waits.store(true, std::memory_order_relaxed);
    node* const before = last_.exchange(&mine, std::memory_order_acq_rel);
    if (before == nullptr) return;
    before->next.store(&mine, std::memory_order_release);
    wait_until([&] { return !mine.waits.load(std::memory_order_acquire); });
  }
  void unlock(node& mine) noexcept {
    node* after = mine.next.load(std::memory_order_acquire);
    if (after == nullptr) {
      node* me = &mine;
      if (last_.compare_exchange_strong(me, nullptr, std::memory_order_acq_rel)) return;
      wait_until([&] { return (after = mine.next.load(std::memory_order_acquire)) != nullptr; });
    }
    after->waits.store(false, std::memory_order_release);
  }

 private:
  std::atomic<node*> last_{nullptr};
};

/// A value behind a lock, each on lines of its own.
template <class Lock, class T> struct alignas(128) guarded_by {
  Lock lock;
  alignas(128) T value{};
};

}  // namespace bench
