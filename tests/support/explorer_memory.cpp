// SPDX-License-Identifier: MIT
// explorer_memory: the rules of explorer_memory.hpp, one function each.
//
// The hash of a thread is a hash of its part of the execution graph: each event with the message that it read. Two
// prefixes of executions whose graphs are equal have equal futures, whatever the order in which they were played,
// and the explorer goes into one of them only.
#include "explorer_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace model {
namespace {

constexpr bool acquires(std::memory_order o) noexcept {
  return o == std::memory_order_acquire || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst ||
         o == std::memory_order_consume;
}
constexpr bool releases(std::memory_order o) noexcept {
  return o == std::memory_order_release || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
}
constexpr bool total(std::memory_order o) noexcept { return o == std::memory_order_seq_cst; }

std::uint64_t peek(std::uintptr_t at, unsigned size) noexcept {
  std::uint64_t v = 0;
  std::memcpy(&v, reinterpret_cast<const void*>(at), size);
  return v;
}

template <class T> T* pages(std::size_t n) {
  void* p = mmap(nullptr, n * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) std::abort();
  return static_cast<T*>(p);
}

constexpr std::size_t cell_count = arena::region_size / 4;
constexpr std::uint64_t loaded = 11, stored = 12, replaced = 13, failed = 14, news = 15;

}  // namespace

memory::memory()
    : cells_{pages<cell>(cell_count)},
      locations_{pages<location>(max_locations)},
      messages_{pages<message>(max_messages)} {}

memory::~memory() {
  munmap(cells_, cell_count * sizeof(cell));
  munmap(locations_, max_locations * sizeof(location));
  munmap(messages_, max_messages * sizeof(message));
}

void memory::begin(hooks h) noexcept {
  hooks_ = h;
  ++generation_;
  location_count_ = message_count_ = 0;
  sum_ = agreed_hash_ = fences_hash_ = 0;
  fences_ = {};
  agreed_ = {};
  for (unsigned t = 0; t <= max_threads; ++t) {
    threads_[t] = {};
    threads_[t].hash = mix(0x7468726561640000ULL, t);
  }
}

void memory::join(view& a, const view& b) const noexcept {
  for (unsigned i = 0; i < location_count_; ++i) a.at[i] = std::max(a.at[i], b.at[i]);
  for (unsigned i = 0; i < max_threads; ++i) a.clock[i] = std::max(a.clock[i], b.clock[i]);
}

void memory::fork() noexcept {
  for (unsigned t = 0; t < max_threads; ++t) {
    threads_[t].view = threads_[setup].view;
    threads_[t].view.clock[t] = 1;
  }
}

void memory::join() noexcept {
  for (unsigned t = 0; t < max_threads; ++t) join(threads_[setup].view, threads_[t].view);
  for (unsigned i = 0; i < location_count_; ++i)
    threads_[setup].view.at[i] = static_cast<index>(locations_[i].count - 1);
}

void memory::tick(unsigned thread) noexcept {
  if (thread != setup) ++threads_[thread].view.clock[thread];
}

cell& memory::cell_at(std::uintptr_t at) noexcept {
  cell& c = cells_[(at - arena::base()) / 4];
  if (c.generation != generation_) {
    c = {};
    c.generation = generation_;
  }
  return c;
}

// Two accesses of the same bytes, one of them a write, not both atomic, must be ordered by happens-before.
void memory::access(unsigned thread, std::uintptr_t at, std::size_t size, kind k) {
  static constexpr std::array<std::array<bool, 4>, 4> clash{{
      {false, true, false, true},   // read, against write and atomic_write
      {true, true, true, true},     // write
      {false, true, false, false},  // atomic_read
      {true, true, false, false},   // atomic_write
  }};
  for (std::uintptr_t word = at & ~std::uintptr_t{3}; word < at + size; word += 4) {
    cell& c = cell_at(word);
    if (c.freed) return hooks_.fail("a freed block is used", at);
    if (thread == setup) continue;
    std::uint8_t bytes = 0xF;
    if (word < at) bytes = static_cast<std::uint8_t>(bytes << (at - word) & 0xF);
    if (word + 4 > at + size) bytes = static_cast<std::uint8_t>(bytes & 0xF >> (word + 4 - at - size));
    const auto& mine = threads_[thread].view.clock;
    const auto me = static_cast<unsigned>(k);
    for (unsigned other = 0; other < 4; ++other) {
      if (!clash[me][other]) continue;
      for (unsigned t = 0; t < max_threads; ++t)
        if (t != thread && (c.bytes[other][t] & bytes) && c.clock[other][t] > mine[t])
          return hooks_.fail("data race", at);
    }
    c.clock[me][thread] = mine[thread];
    c.bytes[me][thread] |= bytes;
  }
}

location& memory::find(unsigned thread, std::uintptr_t at, unsigned size) {
  if (!arena::holds(at)) hooks_.fail("an atomic word lies outside of the scenario's memory", at);
  if (at % size) hooks_.fail("an atomic word is not aligned", at);
  cell& c = cell_at(at);
  if (c.location) {
    location& l = locations_[c.location - 1];
    if (l.address != at || l.size != size) hooks_.fail("atomic words of two sizes share memory", at);
    return l;
  }
  if (location_count_ == max_locations) hooks_.fail("the scenario has too many atomic words for the explorer", at);
  location& l = locations_[location_count_++];
  for (std::uintptr_t word = at & ~std::uintptr_t{3}; word < at + size; word += 4)
    cell_at(word).location = static_cast<std::uint16_t>(location_count_);
  l.address = at;
  l.size = static_cast<std::uint8_t>(size);
  l.count = 0;
  l.hash = mix(at, 1);
  const std::uint64_t h = threads_[thread].hash;
  const std::uint64_t sum = sum_;
  message& first = push(thread, l, peek(at, size));
  first.hash = mix(at, 2);  // the same, whoever looks first
  threads_[thread].hash = h;
  l.hash = mix(at, 1);
  sum_ = sum;
  return l;
}

message& memory::push(unsigned thread, location& l, std::uint64_t value) {
  if (l.count == max_per_location || message_count_ == max_messages)
    hooks_.fail("too many stores: livelock?", l.address);
  message& m = messages_[message_count_++];
  m.value = value;
  m.carries = false;
  threads_[thread].hash = mix(threads_[thread].hash, l.address);
  m.hash = threads_[thread].hash;
  const std::uint64_t before = l.count > 1 ? l.hash : 0;
  l.hash = mix(l.hash, m.hash);
  change(before, l.hash);
  threads_[thread].view.at[number(l)] = l.count;
  l.messages[l.count++] = &m;
  return m;
}

void memory::check_announced(location& l) {
  if (peek(l.address, l.size) != l.messages[l.count - 1]->value)
    hooks_.fail("an atomic word was overwritten by a plain write that nobody announced", l.address);
}

void memory::agree(location& l, index which) noexcept {
  index& a = agreed_[number(l)];
  if (which <= a) return;
  agreed_hash_ += mix(l.address, 1000U + which) - (a ? mix(l.address, 1000U + a) : 0);
  a = which;
}

unsigned memory::oldest(unsigned thread, const location& l, std::memory_order order) const noexcept {
  const index n = number(l);
  unsigned from = std::max(threads_[thread].view.at[n], threads_[thread].floor[n]);
  if (total(order)) from = std::max<unsigned>(from, agreed_[n]);
  return thread == setup ? l.count - 1U : from;
}

message& memory::read(unsigned thread, location& l, unsigned which, std::memory_order order) {
  message& m = *l.messages[which];
  thread_memory& t = threads_[thread];
  const index n = number(l);
  t.view.at[n] = std::max(t.view.at[n], static_cast<index>(which));
  if (acquires(order) && m.carries) join(t.view, m.view);
  if (total(order)) agree(l, static_cast<index>(which));
  t.hash = mix(mix(t.hash, l.address), m.hash);
  t.last_read[n] = static_cast<index>(which);
  if (std::find(t.spun.begin(), t.spun.begin() + t.spun_count, n) == t.spun.begin() + t.spun_count)
    t.spun[t.spun_count++] = static_cast<std::uint8_t>(n);
  return m;
}

std::uint64_t memory::load(unsigned thread, std::uintptr_t at, unsigned size, std::memory_order order) {
  access(thread, at, size, kind::atomic_read);
  location& l = find(thread, at, size);
  check_announced(l);
  note(thread, loaded);
  const unsigned newest = l.count - 1U, from = oldest(thread, l, order);
  const std::uint64_t v = read(thread, l, newest - hooks_.choose(newest - from + 1), order).value;
  tick(thread);
  return v;
}

void memory::store(unsigned thread, std::uintptr_t at, unsigned size, std::uint64_t value, std::memory_order order) {
  access(thread, at, size, kind::atomic_write);
  location& l = find(thread, at, size);
  check_announced(l);
  note(thread, stored);
  message& m = push(thread, l, value);
  std::memcpy(reinterpret_cast<void*>(at), &value, size);
  if (total(order)) agree(l, static_cast<index>(l.count - 1));
  if (releases(order)) hand_over(thread, m.view), m.carries = true;
  tick(thread);
}

// Puts `value` behind the newest message, which `read` has just returned, and goes on with its release sequence.
void memory::replace(unsigned thread, location& l, std::uint64_t value, std::memory_order order) {
  const message& before = *l.messages[l.count - 1];
  note(thread, replaced);
  message& m = push(thread, l, value);
  std::memcpy(reinterpret_cast<void*>(l.address), &value, l.size);
  if (total(order)) agree(l, static_cast<index>(l.count - 1));
  if (before.carries) m.view = before.view, m.carries = true;
  if (releases(order)) {
    if (m.carries) {
      join(m.view, threads_[thread].view);
    } else {
      hand_over(thread, m.view), m.carries = true;
    }
  }
}

std::uint64_t memory::exchange(unsigned thread, std::uintptr_t at, unsigned size,
                               std::uint64_t (*f)(std::uint64_t, std::uint64_t), std::uint64_t operand,
                               std::memory_order order) {
  access(thread, at, size, kind::atomic_write);
  location& l = find(thread, at, size);
  check_announced(l);
  const std::uint64_t before = read(thread, l, l.count - 1U, order).value;
  replace(thread, l, f(before, operand), order);
  tick(thread);
  return before;
}

bool memory::compare_exchange(unsigned thread, std::uintptr_t at, unsigned size, std::uint64_t& expected,
                              std::uint64_t desired, std::memory_order success, std::memory_order failure,
                              bool may_fail) {
  access(thread, at, size, kind::atomic_write);
  location& l = find(thread, at, size);
  check_announced(l);
  const unsigned newest = l.count - 1U;
  std::array<unsigned, max_per_location + 1> options;  // messages read by a failure; `newest` twice: success
  unsigned n = 0;
  const bool equal = l.messages[newest]->value == expected;
  if (equal) options[n++] = max_per_location;
  if (!equal || may_fail) options[n++] = newest;
  for (unsigned i = newest; i-- > oldest(thread, l, failure);)
    if (l.messages[i]->value != expected) options[n++] = i;
  const unsigned picked = options[hooks_.choose(n)];
  const bool succeeds = picked == max_per_location;
  if (succeeds) {
    read(thread, l, newest, success);
    replace(thread, l, desired, success);
  } else {
    note(thread, failed);
    expected = read(thread, l, picked, failure).value;
  }
  tick(thread);
  return succeeds;
}

// A plain write over an atomic word ends what was there: whoever looks at it afterwards has to be ordered after this.
void memory::plain(unsigned thread, std::uintptr_t at, std::size_t size, bool writes) {
  if (!size) return;
  if (!arena::holds(at) || !arena::holds(at + size - 1))
    return hooks_.fail("an announced access lies outside of the scenario's memory", at);
  access(thread, at, size, writes ? kind::write : kind::read);
  if (!writes) return;
  std::uint16_t last = 0;
  for (std::uintptr_t word = at & ~std::uintptr_t{3}; word < at + size; word += 4) {
    const std::uint16_t n = cell_at(word).location;
    if (!n || n == last) continue;
    last = n;
    location& l = locations_[n - 1];
    push(thread, l, peek(l.address, l.size));
  }
}

// Giving a block back is a write of all of it, and the last.
void memory::freed(unsigned thread, arena::block b) {
  for (std::uintptr_t word = b.address; word < b.address + b.size; word += 4) {
    cell& c = cell_at(word);
    if (thread != setup)
      for (unsigned k = 0; k < 4; ++k)
        for (unsigned t = 0; t < max_threads; ++t)
          if (t != thread && c.clock[k][t] > threads_[thread].view.clock[t])
            return hooks_.fail("a block is freed while another thread may use it", word);
    c.freed = 1;
  }
}

void memory::fence(unsigned thread) noexcept {
  thread_memory& t = threads_[thread];
  note(thread, mix(fences_hash_, agreed_hash_));
  fences_hash_ = mix(fences_hash_, t.hash);
  for (unsigned i = 0; i < location_count_; ++i) {
    fences_.at[i] = std::max({fences_.at[i], t.view.at[i], agreed_[i]});
    t.view.at[i] = fences_.at[i];
    agree(locations_[i], t.view.at[i]);
  }
}

void memory::hand_over(unsigned thread, model::view& to) noexcept { to = threads_[thread].view; }
void memory::take_over(unsigned thread, const model::view& from) noexcept { join(threads_[thread].view, from); }

bool memory::has_news(unsigned thread) const noexcept {
  const thread_memory& t = threads_[thread];
  for (unsigned i = 0; i < t.spun_count; ++i)
    if (locations_[t.spun[i]].count - 1 > t.last_read[t.spun[i]]) return true;
  return false;
}

void memory::take_news(unsigned thread) {
  thread_memory& t = threads_[thread];
  std::array<unsigned, max_locations> changed;
  unsigned n = 0;
  for (unsigned i = 0; i < t.spun_count; ++i)
    if (locations_[t.spun[i]].count - 1 > t.last_read[t.spun[i]]) changed[n++] = t.spun[i];
  if (n == 0) return;
  const unsigned which = changed[hooks_.choose(n)];
  t.floor[which] = static_cast<index>(t.last_read[which] + 1);
  note(thread, mix(news, locations_[which].address));
  forget_reads(thread);
}

void memory::forget_reads(unsigned thread) noexcept { threads_[thread].spun_count = 0; }

}  // namespace model
