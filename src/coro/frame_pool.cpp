// SPDX-License-Identifier: MIT
// See the header for who owns what.

#include <trust/base/assert.hpp>
#include <trust/coro/frame_pool.hpp>
#include <trust/coro/scheduler.hpp>

#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TRUST_EVERY_BLOCK_ALONE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRUST_EVERY_BLOCK_ALONE 1
#endif

namespace trust::coro {
namespace {

#if defined(TRUST_EVERY_BLOCK_ALONE)
constexpr bool pooled = false;
#else
constexpr bool pooled = true;
#endif

/// The size with the word that names the pool, in whole classes.
[[nodiscard]] constexpr std::size_t rounded(std::size_t bytes) noexcept {
  return (bytes + sizeof(frame_pool*) + frame_pool::alignment - 1) / frame_pool::alignment * frame_pool::alignment;
}

[[nodiscard]] frame_pool*& pool_of(void* block, std::size_t size) noexcept {
  return *reinterpret_cast<frame_pool**>(static_cast<std::byte*>(block) + size - sizeof(frame_pool*));
}

}  // namespace

frame_pool* frame_pool::make() { return new frame_pool; }

frame_pool::~frame_pool() {
  for (free_block* list : free_) {
    while (list != nullptr) {
      free_block* next = list->next;
      ::operator delete(list, std::align_val_t{alignment});
      list = next;
    }
  }
}

void frame_pool::retire() noexcept {
  retired_ = true;
  if (outstanding_ == 0) delete this;
}

void* frame_pool::take(std::size_t size_class) {
  void* block;
  if (free_block* head = free_[size_class]; head != nullptr) {
    free_[size_class] = head->next;
    block = head;
  } else {
    block = ::operator new((size_class + 1) * alignment, std::align_val_t{alignment});
  }
  ++outstanding_;
  return block;
}

void frame_pool::give(void* block, std::size_t size_class) noexcept {
  if (pooled && !retired_) {
    free_[size_class] = new (block) free_block{free_[size_class]};
  } else {
    ::operator delete(block, std::align_val_t{alignment});
  }
  if (--outstanding_ == 0 && retired_) delete this;
}

void* frame_pool::allocate(std::size_t bytes) {
  const std::size_t size = rounded(bytes);
  frame_pool* pool = here() != nullptr ? here()->frames() : nullptr;
  if (size > largest) pool = nullptr;
  void* block = pool != nullptr ? pool->take(size / alignment - 1) : ::operator new(size, std::align_val_t{alignment});
  pool_of(block, size) = pool;
  return block;
}

void frame_pool::release(void* block, std::size_t bytes) noexcept {
  const std::size_t size = rounded(bytes);
  if (frame_pool* pool = pool_of(block, size); pool != nullptr) {
    pool->give(block, size / alignment - 1);
  } else {
    ::operator delete(block, std::align_val_t{alignment});
  }
}

}  // namespace trust::coro
