// SPDX-License-Identifier: MIT
#pragma once
// malloc_count: counts every heap allocation of the program that includes it, at malloc and not only at operator new.
//
// Included once, by the one file of a program: it defines malloc, calloc, realloc, the aligned forms and free over glibc's own. Not
// under sanitizers, which have theirs.

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace tests {

inline std::atomic<std::uint64_t> allocations{0};

inline void* counted(void* p) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return p;
}

}  // namespace tests

extern "C" {
void* malloc(std::size_t n) noexcept { return tests::counted(__libc_malloc(n)); }
void* calloc(std::size_t n, std::size_t each) noexcept { return tests::counted(__libc_calloc(n, each)); }
void* realloc(void* p, std::size_t n) noexcept { return tests::counted(__libc_realloc(p, n)); }
void* memalign(std::size_t a, std::size_t n) noexcept { return tests::counted(__libc_memalign(a, n)); }
void* aligned_alloc(std::size_t a, std::size_t n) noexcept { return tests::counted(__libc_memalign(a, n)); }
int posix_memalign(void** out, std::size_t a, std::size_t n) noexcept {
  void* const p = tests::counted(__libc_memalign(a, n));
  if (p == nullptr) return ENOMEM;
  *out = p;
  return 0;
}
void free(void* p) noexcept { __libc_free(p); }
}
