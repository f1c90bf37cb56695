// SPDX-License-Identifier: MIT
#pragma once
// explorer_memory: the memory model under which a scenario runs: C++20's release/acquire, played forwards.
//
// Every atomic word is a location, named by its address, with the list of all messages ever stored to it; the order of
// execution is its modification order. A thread has a view: per location the oldest message that it may still read
// (coherence and happens-before), and per other thread the clock up to which it knows that thread's doings.
//   load    may read every message that its view allows: stale values are choices of the explorer
//   store   adds a message; a release takes the thread's view along, a relaxed one only itself
//   rmw     reads the newest message and carries on the view of the one that it replaces (release sequences)
//   seq_cst accesses of one location also agree on one order: what one has read or written, a later one sees
//   fence   inside membarrier: joins the view with one that all fences share
// Plain accesses are announced and checked for races with the clocks, atomics against plain ones too, since
// closure bytes may lie where a turn word was. Left out: loads that move behind later stores (load buffering), and
// a store that is put into modification order before one that was executed earlier; no word of link has two
// unordered writers that do not use read-modify-writes.
#include "explorer_arena.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace model {

inline constexpr unsigned max_threads = arena::fibers - 1, setup = max_threads;
inline constexpr unsigned max_locations = 128, max_messages = 4096, max_per_location = 512;
using index = std::uint16_t;

struct view {
  std::array<index, max_locations> at{};
  std::array<index, max_threads> clock{};
};

struct message {
  std::uint64_t value;
  std::uint64_t hash;
  bool carries;  // a view, that is: some release heads it
  model::view view;
};

struct location {
  std::uintptr_t address;
  std::uint64_t hash;
  std::uint16_t count;
  std::uint8_t size;
  std::array<message*, max_per_location> messages;
};

struct thread_memory {
  model::view view;
  std::array<index, max_locations> floor;      // forced progress after a pause
  std::array<index, max_locations> last_read;  // what each location showed since the last pause
  std::array<std::uint8_t, max_locations> spun;
  unsigned spun_count;
  std::uint64_t hash;  // of everything that this thread has done and seen
};

// What two threads did to four bytes: per kind and thread the last clock, and which bytes.
enum class kind : std::uint8_t { read, write, atomic_read, atomic_write };
struct cell {
  std::uint32_t generation;
  std::uint16_t location;  // + 1
  std::uint16_t freed;
  std::array<std::array<index, max_threads>, 4> clock;
  std::array<std::array<std::uint8_t, max_threads>, 4> bytes;
};

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t x = (a ^ (b + 0x9E3779B97F4A7C15ULL + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9ULL;
  x ^= x >> 31;
  x *= 0x94D049BB133111EBULL;
  return x ^ (x >> 29);
}

class memory {
 public:
  // What the memory asks of the explorer: one of n, and the end of an execution that went wrong.
  struct hooks {
    unsigned (*choose)(unsigned n);
    void (*fail)(const char* what, std::uintptr_t address);
  };

  memory();
  ~memory();
  memory(const memory&) = delete;
  memory& operator=(const memory&) = delete;

  void begin(hooks h) noexcept;
  void fork() noexcept;  // the threads begin: they know what the setup did
  void join() noexcept;  // all have ended: the setup knows what they did

  std::uint64_t load(unsigned thread, std::uintptr_t at, unsigned size, std::memory_order order);
  void store(unsigned thread, std::uintptr_t at, unsigned size, std::uint64_t value, std::memory_order order);
  std::uint64_t exchange(unsigned thread, std::uintptr_t at, unsigned size,
                         std::uint64_t (*f)(std::uint64_t, std::uint64_t), std::uint64_t operand,
                         std::memory_order order);
  bool compare_exchange(unsigned thread, std::uintptr_t at, unsigned size, std::uint64_t& expected,
                        std::uint64_t desired, std::memory_order success, std::memory_order failure, bool may_fail);
  void plain(unsigned thread, std::uintptr_t at, std::size_t size, bool writes);
  void freed(unsigned thread, arena::block b);
  void fence(unsigned thread) noexcept;

  // pause: a thread that spun may go on when one of the words that it read has changed; it then has to see that.
  [[nodiscard]] bool has_news(unsigned thread) const noexcept;
  void take_news(unsigned thread);  // chooses the word that it sees
  void forget_reads(unsigned thread) noexcept;

  void note(unsigned thread, std::uint64_t what) noexcept { threads_[thread].hash = mix(threads_[thread].hash, what); }
  void change(std::uint64_t from, std::uint64_t to) noexcept { sum_ += to - from; }  // of state that all share
  [[nodiscard]] bool has_read(unsigned thread) const noexcept { return threads_[thread].spun_count != 0; }
  [[nodiscard]] std::uint64_t hash_of(unsigned thread) const noexcept { return threads_[thread].hash; }
  [[nodiscard]] std::uint64_t shared_hash() const noexcept { return sum_ + agreed_hash_ + mix(fences_hash_, 1); }
  void hand_over(unsigned thread, model::view& to) noexcept;          // release
  void take_over(unsigned thread, const model::view& from) noexcept;  // acquire

 private:
  location& find(unsigned thread, std::uintptr_t at, unsigned size);
  cell& cell_at(std::uintptr_t at) noexcept;
  void access(unsigned thread, std::uintptr_t at, std::size_t size, kind k);
  void check_announced(location& l);
  message& push(unsigned thread, location& l, std::uint64_t value);
  message& read(unsigned thread, location& l, unsigned which, std::memory_order order);
  [[nodiscard]] unsigned oldest(unsigned thread, const location& l, std::memory_order order) const noexcept;
  void replace(unsigned thread, location& l, std::uint64_t value, std::memory_order order);
  void agree(location& l, index which) noexcept;  // on the order of seq_cst
  void join(view& a, const view& b) const noexcept;

  [[nodiscard]] index number(const location& l) const noexcept { return static_cast<index>(&l - locations_); }
  void tick(unsigned thread) noexcept;

  hooks hooks_{};
  cell* cells_;
  location* locations_;
  message* messages_;
  unsigned location_count_ = 0, message_count_ = 0;
  std::uint32_t generation_ = 0;
  std::uint64_t sum_ = 0, agreed_hash_ = 0, fences_hash_ = 0;
  std::array<thread_memory, max_threads + 1> threads_{};
  std::array<index, max_locations> agreed_{};  // per location the newest message of the order of seq_cst
  view fences_{};
};

}  // namespace model
