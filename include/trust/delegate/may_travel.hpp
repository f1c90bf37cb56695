// SPDX-License-Identifier: MIT
#pragma once
// may_travel: whether an object may be used on another thread than the one that built it: what together and move_to ask for.
//
// True for what is trivially copyable. For another type its author says so, at namespace scope, after its definition:
//     template <> inline constexpr bool trust::may_travel<account> = true;
// It must not be said of what holds a latch, an event, a channel or whatever else has its waiters on one worker, nor of what refers to memory or to
// thread_local things of its thread.

#include <type_traits>

namespace trust {

template <class T> inline constexpr bool may_travel = std::is_trivially_copyable_v<T>;
template <class T> inline constexpr bool may_travel<const T> = may_travel<T>;

}  // namespace trust
