// SPDX-License-Identifier: MIT
#pragma once
// frame_pool: where coroutine frames, roots and unawaited closures of one worker come from.
//
// Blocks are 128-byte aligned and come in size classes of 128 bytes up to 2 KiB, each a free list; larger ones are the allocator's. 128 puts
// over-aligned locals and awaiters right on both compilers (with 16-byte blocks g++ and clang misplace them). A block's last word names its
// pool, so it goes back where it came from; a block made on a foreign thread has none and is the allocator's.
// Who owns what    a frame never leaves its thread, so there are no atomics. A pool whose worker ends with blocks outstanding
//                  stays until the last one comes back.
// Under ASan and TSan every block is an allocation of its own, or those runs would prove nothing about frames.
// Throws           std::bad_alloc, at the caller of the coroutine.   Tests: tests/unit/coro/frame_pool.cpp   Price: bench/frame.cpp

#include <cstddef>
#include <cstdint>

namespace trust::coro {

class frame_pool {
 public:
  static constexpr std::size_t alignment = 128;
  static constexpr std::size_t largest = 2048;

  [[nodiscard]] static frame_pool* make();
  /// The worker ends: frees what is free, and itself once nothing is outstanding.
  void retire() noexcept;

  frame_pool(const frame_pool&) = delete;
  frame_pool& operator=(const frame_pool&) = delete;

  /// A block for `bytes` from the pool of `here`, or the allocator's on a foreign thread.
  [[nodiscard]] static void* allocate(std::size_t bytes);
  /// Gives back a block that allocate(bytes) made.
  static void release(void* block, std::size_t bytes) noexcept;

  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }

 private:
  struct free_block {
    free_block* next;
  };
  static constexpr std::size_t classes = largest / alignment;

  frame_pool() noexcept = default;
  ~frame_pool();
  [[nodiscard]] void* take(std::size_t size_class);
  void give(void* block, std::size_t size_class) noexcept;

  free_block* free_[classes] = {};
  std::size_t outstanding_ = 0;
  bool retired_ = false;
};

}  // namespace trust::coro
