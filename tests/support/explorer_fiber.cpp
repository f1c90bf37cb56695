// SPDX-License-Identifier: MIT
// explorer_fiber: the switch itself, for the two architectures that the project is built on.
//
// A fiber at rest is its stack pointer; below it lie the callee-saved registers and the address to go on at. `start`
// writes the same picture by hand, with the entry function for that address.
#include "explorer_fiber.hpp"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
asm(R"(
.text
.globl trust_model_switch
.type trust_model_switch,@function
trust_model_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size trust_model_switch, .-trust_model_switch
)");
namespace {
constexpr std::size_t saved_words = 7, entry_word = 6,
                      gap_words = 1;  // one word so that the entry sees a call's alignment
}
#elif defined(__aarch64__)
asm(R"(
.text
.globl trust_model_switch
.type trust_model_switch,%function
trust_model_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size trust_model_switch, .-trust_model_switch
)");
namespace {
constexpr std::size_t saved_words = 20, entry_word = 11, gap_words = 0;
}
#else
#error "the explorer's fibers know x86-64 and aarch64"
#endif

extern "C" void trust_model_switch(void** from, void* to) noexcept;

namespace model {

void fiber::start(void* bottom, std::size_t size, entry f) noexcept {
  const auto top = (reinterpret_cast<std::uintptr_t>(bottom) + size) & ~std::uintptr_t{15};
  auto* words = reinterpret_cast<std::uintptr_t*>(top) - gap_words - saved_words;
  std::memset(words, 0, (gap_words + saved_words) * sizeof *words);
  words[entry_word] = reinterpret_cast<std::uintptr_t>(f);
  stack_ = words;
}

void fiber::switch_to(fiber& to) noexcept { trust_model_switch(&stack_, to.stack_); }

}  // namespace model
