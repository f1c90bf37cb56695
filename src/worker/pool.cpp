// SPDX-License-Identifier: MIT
// A row and a stack under a mutex: jobs here take microseconds at least.

#include <trust/base/exceptions.hpp>
#include <trust/base/topology.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/pool.hpp>

#include <algorithm>
#include <utility>

namespace trust::worker {

struct pool::pretended : coro::timer {
  explicit pretended(pool& p) noexcept : timer{&pretended::ends}, home{p} {}
  void begin(job& j) {
    mine = &j;
    here()->timers.insert(*this, here()->now() + home.core_.draw_duration());
  }
  static void ends(coro::timer& t) noexcept {
    auto& self = static_cast<pretended&>(t);
    job& j = *std::exchange(self.mine, nullptr);
    j.run(j);
    ++self.home.seen_.done;
    if (job* const next = self.home.next()) {
      self.begin(*next);
    } else {
      ++self.home.idle_count_;
    }
    j.tell(j);
  }
  pool& home;
  job* mine = nullptr;
};

pool::pool(core& home) noexcept : core_{home} {}
pool::~pool() { stop(); }

pool::place pool::submit(job& j, bool may_wait) {
  const std::lock_guard lock{mutex_};
  TRUST_ASSERT(!stopping_, "blocking work was submitted after the workers had left");
  if (core_.is_simulated()) {
    if (pretend(j)) return place::begun;
  } else if (idle_ != nullptr) {
    berth& b = *std::exchange(idle_, idle_->below);
    --idle_count_;
    b.given = &j;
    b.changed.notify_one();
    return place::begun;
  } else if (start_thread(j)) {
    return place::begun;
  }
  if (!may_wait) return place::refused;
  if (queued_ >= core_.opts().blocking_queue) {
    ++seen_.refused;
    return place::refused;
  }
  waiting_.push_back(j);
  seen_.longest = std::max(seen_.longest, ++queued_);
  return place::waiting;
}

bool pool::take_back(job& j) noexcept {
  const std::lock_guard lock{mutex_};
  if (!j.linked()) return false;
  j.unlink();
  --queued_;
  ++seen_.cancelled;
  return true;
}

job* pool::next() noexcept {
  job* const j = waiting_.pop_front();
  if (j != nullptr) --queued_;
  return j;
}

bool pool::pretend(job& j) {
  const auto idle = std::ranges::find(pretended_, nullptr, [](const auto& p) { return p->mine; });
  if (idle != pretended_.end()) {
    --idle_count_;
    (*idle)->begin(j);
    return true;
  }
  if (pretended_.size() >= core_.opts().blocking_threads) return false;
  pretended_.push_back(std::make_unique<pretended>(*this));
  ++seen_.started;
  pretended_.back()->begin(j);
  return true;
}

bool pool::start_thread(job& j) {
  if (threads_.size() >= core_.opts().blocking_threads) return false;
  return base::attempt(
      [&] {
        threads_.emplace_back([this, first = &j] { work(*first); });
        ++seen_.started;
        return true;
      },
      [&](std::exception_ptr e) {
        if (threads_.empty()) base::rethrow(std::move(e));  // nobody would ever come round to it
        return false;
      });
}

void pool::work(job& first) {
  base::name_this_thread("trust/blocking");
  core_.leave_workers_alone();  // it was started by a pinned worker
  berth mine;
  job* j = &first;
  while (j != nullptr) {
    job& ended = *j;
    ended.run(ended);
    {
      const std::lock_guard lock{mutex_};
      ++seen_.done;
      j = next();
      if (j == nullptr) {
        mine.given = nullptr;
        mine.below = std::exchange(idle_, &mine);
        ++idle_count_;
      }
    }
    ended.tell(ended);
    if (j == nullptr) j = wait_for_job(mine);
  }
}

/// The next job, or null: it is time to end, and this thread is none of the pool's any more.
job* pool::wait_for_job(berth& mine) {
  std::thread before;
  {
    std::unique_lock lock{mutex_};
    const auto called = [&] { return mine.given != nullptr || stopping_; };
    const auto patience = core_.opts().blocking_idle;
    if (patience >= std::chrono::hours{24 * 365}) {  // a deadline so far away might overflow
      mine.changed.wait(lock, called);
    } else {
      mine.changed.wait_for(lock, patience, called);
    }
    if (mine.given != nullptr) return mine.given;
    berth** at = &idle_;
    while (*at != &mine) at = &(*at)->below;
    *at = mine.below;
    --idle_count_;
    const auto self = std::ranges::find(threads_, std::this_thread::get_id(), &std::thread::get_id);
    if (self == threads_.end()) return nullptr;  // stop() has it
    before = std::exchange(ended_, std::move(*self));
    threads_.erase(self);
  }
  if (before.joinable()) before.join();
  return nullptr;
}

blocking_metrics pool::metrics() const {
  const std::lock_guard lock{mutex_};
  blocking_metrics m = seen_;
  m.threads = core_.is_simulated() ? pretended_.size() : threads_.size();
  m.idle = idle_count_;
  m.queued = queued_;
  return m;
}

void pool::stop() noexcept {
  std::vector<std::thread> all;
  std::thread last;
  {
    const std::lock_guard lock{mutex_};
    TRUST_ASSERT(waiting_.empty(), "blocking work still waited when the workers had left");
    stopping_ = true;
    all.swap(threads_);
    last = std::move(ended_);
    for (berth* b = idle_; b != nullptr; b = b->below) b->changed.notify_one();
  }
  for (std::thread& t : all) t.join();
  if (last.joinable()) last.join();
}

}  // namespace trust::worker
