// SPDX-License-Identifier: MIT
// explorer_arena: the region, and the operator new and delete that an executable with the explorer has.
//
// A block is preceded by its header: a mark that says live or freed, its size, and which fiber's heap it lies in.
// Alignments up to a page are kept; the header lies in the 32 bytes before the block.
#include "explorer_arena.hpp"

#include <sys/mman.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

namespace model::arena {
namespace {

struct header {
  std::uint64_t mark;
  std::uint64_t size;
  std::uint64_t unused[2];
};
constexpr std::uint64_t is_live = 0x6c69766562'6c6bULL, is_freed = 0x6672656564'6c6bULL;
constexpr unsigned char fresh = 0xA5;

struct state {
  std::uintptr_t region = 0;
  std::array<std::size_t, fibers> used{};
  std::size_t live = 0;
  unsigned fiber = 0;
  bool inside = false;
  on_free freed = nullptr;
  on_misuse misused = nullptr;
};
constinit state the;

void reserve() noexcept {
  void* p = mmap(nullptr, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) std::abort();
  the.region = reinterpret_cast<std::uintptr_t>(p);
}

std::uintptr_t heap_of(unsigned fiber) noexcept { return base() + fiber * part_size + stack_size; }

void* give(std::size_t size, std::size_t alignment) noexcept {
  std::size_t& used = the.used[the.fiber];
  const std::uintptr_t heap = heap_of(the.fiber);
  const std::uintptr_t at = (heap + used + sizeof(header) + alignment - 1) & ~(alignment - 1);
  const std::size_t end = at - heap + size;
  if (end > heap_size) return nullptr;
  std::memset(reinterpret_cast<void*>(heap + used), fresh, end - used);
  used = (end + 15) & ~std::size_t{15};
  auto* h = reinterpret_cast<header*>(at) - 1;
  h->mark = is_live;
  h->size = size;
  ++the.live;
  return reinterpret_cast<void*>(at);
}

void take_back(std::uintptr_t at) noexcept {
  auto* h = reinterpret_cast<header*>(at) - 1;
  if (h->mark != is_live) {
    if (the.misused) the.misused(h->mark == is_freed ? "a block is freed twice" : "what is freed is no block");
    return;
  }
  if (the.freed && the.inside) the.freed({at, h->size});
  h->mark = is_freed;
  --the.live;
}

}  // namespace

std::uintptr_t base() noexcept {
  if (!the.region) reserve();
  return the.region;
}
void* stack_of(unsigned fiber) noexcept { return reinterpret_cast<void*>(base() + fiber * part_size); }
void reset() noexcept {
  the.used.fill(0);
  the.live = 0;
}
void enter(unsigned fiber) noexcept {
  the.fiber = fiber;
  the.inside = true;
}
void leave() noexcept { the.inside = false; }
std::size_t live() noexcept { return the.live; }
void watch(on_free f) noexcept { the.freed = f; }
void watch(on_misuse f) noexcept { the.misused = f; }

outside::outside() noexcept : was_inside_{the.inside} { the.inside = false; }
outside::~outside() { the.inside = was_inside_; }

namespace {

void* allocate(std::size_t size, std::size_t alignment) {
  if (alignment < 16) alignment = 16;
  void* p = the.inside ? give(size, alignment)
                       : std::aligned_alloc(alignment, (size + alignment - 1 + (size == 0)) & ~(alignment - 1));
  if (!p) std::abort();
  return p;
}

void release(void* p) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  if (p && the.region && at - the.region < region_size) {
    take_back(at);
  } else {
    std::free(p);
  }
}

}  // namespace
}  // namespace model::arena

void* operator new(std::size_t n) { return model::arena::allocate(n, 16); }
void* operator new[](std::size_t n) { return model::arena::allocate(n, 16); }
void* operator new(std::size_t n, std::align_val_t a) { return model::arena::allocate(n, std::size_t(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return model::arena::allocate(n, std::size_t(a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return model::arena::allocate(n, 16); }
void operator delete(void* p) noexcept { model::arena::release(p); }
void operator delete[](void* p) noexcept { model::arena::release(p); }
void operator delete(void* p, std::size_t) noexcept { model::arena::release(p); }
void operator delete[](void* p, std::size_t) noexcept { model::arena::release(p); }
void operator delete(void* p, std::align_val_t) noexcept { model::arena::release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { model::arena::release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { model::arena::release(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { model::arena::release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { model::arena::release(p); }
