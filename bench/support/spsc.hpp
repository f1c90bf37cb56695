// SPDX-License-Identifier: MIT
#pragma once
// spsc: a bare ring between one producer and one consumer, no coroutines, no replies: what moving a word to another
// core costs at the least. Each side has an index of its own and a copy of the other's, fetched when the copy says full
// or empty.
#include <atomic>
#include <cstdint>
#include <memory>

namespace bench {

class spsc_ring {
 public:
  static constexpr std::uint64_t capacity = 1024;

  [[nodiscard]] bool push(std::uint64_t x) noexcept {
    if (head_ - seen_tail_ == capacity &&
        head_ - (seen_tail_ = tail_shared_.load(std::memory_order_acquire)) == capacity)
      return false;
    words_[head_++ % capacity] = x;
    head_shared_.store(head_, std::memory_order_release);
    return true;
  }
  /// Hands all that is there to `take`; false if there was nothing.
  template <class Take> [[nodiscard]] bool drain(Take take) noexcept {
    if (tail_ == seen_head_ && tail_ == (seen_head_ = head_shared_.load(std::memory_order_acquire))) return false;
    while (tail_ != seen_head_) take(words_[tail_++ % capacity]);
    tail_shared_.store(tail_, std::memory_order_release);
    return true;
  }

 private:
  alignas(128) std::uint64_t head_ = 0;
  std::uint64_t seen_tail_ = 0;
  alignas(128) std::uint64_t tail_ = 0;
  std::uint64_t seen_head_ = 0;
  alignas(128) std::atomic<std::uint64_t> head_shared_{0};
  alignas(128) std::atomic<std::uint64_t> tail_shared_{0};
  alignas(128) std::uint64_t words_[capacity] = {};
};

}  // namespace bench
