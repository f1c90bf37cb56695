// SPDX-License-Identifier: MIT
// A plain queue under a mutex: jobs here take microseconds at least.

#include <trust/base/exceptions.hpp>
#include <trust/base/topology.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/pool.hpp>

#include <utility>

namespace trust::worker {

void pool::submit(job& j) {
  if (core_.is_simulated()) return j.run(j);
  {
    const std::lock_guard lock{mutex_};
    if (idle_ <= queued_ && threads_.size() < core_.opts().blocking_threads) {
      base::attempt([&] { threads_.emplace_back([this] { work(); }); },
                    [&](std::exception_ptr e) {
                      if (threads_.empty()) base::rethrow(std::move(e));
                    });
    }
    j.next = nullptr;
    *last_ = &j;
    last_ = &j.next;
    ++queued_;
  }
  changed_.notify_one();
}

void pool::work() {
  base::name_this_thread("trust/blocking");
  core_.unpin_this_thread();  // it was started by a pinned worker
  std::unique_lock lock{mutex_};
  for (;;) {
    ++idle_;
    changed_.wait(lock, [&] { return first_ != nullptr || stopping_; });
    --idle_;
    if (first_ == nullptr) return;
    job* j = std::exchange(first_, first_->next);
    if (first_ == nullptr) last_ = &first_;
    --queued_;
    lock.unlock();
    j->run(*j);
    lock.lock();
  }
}

void pool::stop() noexcept {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& t : threads_) {
    if (t.joinable()) t.join();
  }
  threads_.clear();
}

}  // namespace trust::worker
