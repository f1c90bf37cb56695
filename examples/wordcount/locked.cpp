// SPDX-License-Identifier: MIT
// locked: the rivals. Plain threads, pinned as the workers are, and std::mutex around one table or around each of several.
#include "count.hpp"
#include "progress.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace wordcount {
namespace {

struct alignas(128) shard {
  std::mutex mutex;
  table words;
};

// The n-th CPU that we may run on, going round; threads stay where they are if that cannot be known.
void pin(std::thread& thread, std::size_t n) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return;
  std::size_t left = n % static_cast<std::size_t>(CPU_COUNT(&mask));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mask) || left-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(thread.native_handle(), sizeof one, &one);
    return;
  }
}

outcome count(const job& what, std::size_t shards, const char* label) {
  std::vector<shard> owners(shards);
  std::atomic<std::size_t> next{0};
  std::mutex bar_mutex;
  progress bar{label, what.text->bytes(), what.progress};

  auto read = [&] {
    std::vector<std::vector<word>> outbox(shards);
    auto send = [&](std::size_t to) {
      std::lock_guard lock{owners[to].mutex};
      owners[to].words.add(outbox[to]);
      outbox[to].clear();
    };
    const auto& pieces = what.text->pieces();
    for (std::size_t at; (at = next.fetch_add(1)) < pieces.size();) {
      words_in scan{pieces[at]};
      for (word w; scan.next(w);) {
        std::size_t to = shard_of(w, shards);
        outbox[to].push_back(w);
        if (outbox[to].size() == what.batch) send(to);
      }
      if (!what.progress) continue;
      std::lock_guard lock{bar_mutex};
      bar.add(pieces[at].size());
    }
    for (std::size_t to = 0; to < shards; ++to) send(to);
  };

  auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < what.threads; ++i) {
    threads.emplace_back(read);
    if (what.pinned) pin(threads.back(), i);
  }
  for (auto& t : threads) t.join();
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;

  bar.finish();
  std::vector<table> tables;
  for (auto& s : owners) tables.push_back(std::move(s.words));
  return gather(std::move(tables), took.count());
}

}  // namespace

outcome count_one_mutex(const job& what) { return count(what, 1, "one mutex"); }
outcome count_sharded(const job& what) { return count(what, what.threads, "mutex per shard"); }

outcome gather(std::vector<table> tables, double seconds) {
  outcome out;
  for (auto& t : tables) t.move_to(out.all);
  std::sort(out.all.begin(), out.all.end());
  for (const auto& [text, n] : out.all) out.words += n;
  out.seconds = seconds;
  return out;
}

}  // namespace wordcount
