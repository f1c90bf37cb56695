// SPDX-License-Identifier: MIT
#pragma once
// count: the three ways to count one corpus. Each reads the same pieces with the same number of threads, gathers words in
// batches of the same size, and adds them to the same kind of table; they differ in how a reader reaches a table.
#include "files.hpp"
#include "words.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace trust {
class runtime;
}

namespace wordcount {

struct outcome {
  counts all;  // sorted by word
  std::uint64_t words = 0;
  double seconds = 0;
};

struct job {
  std::shared_ptr<const corpus> text;
  std::size_t threads = 1;
  std::size_t readers = 64;  // coroutines on each worker; the rivals have one reader on each thread
  std::size_t batch = 64;
  bool pinned = false;  // the rivals' threads, as the workers are
  bool progress = false;
};

// A table entrusted to each worker, which every reader sends its words to.
outcome count_entrusted(trust::runtime& rt, const job& what);

// One table, and one std::mutex around it.
outcome count_one_mutex(const job& what);

// As many tables as threads, and a std::mutex around each.
outcome count_sharded(const job& what);

// Takes the words out of the tables, sorts them, and adds up how many there were.
outcome gather(std::vector<table> tables, double seconds);

}  // namespace wordcount
