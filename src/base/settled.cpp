// SPDX-License-Identifier: MIT
// How a failure comes into its place and leaves it: not inline, see the header.

#include <trust/base/settled.hpp>

namespace trust::base {

void copy_failure(failure* to, const failure& from) noexcept { std::construct_at(to, from); }
void move_failure(failure* to, failure& from) noexcept { std::construct_at(to, std::move(from)); }
void destroy_failure(failure* f) noexcept { std::destroy_at(f); }

}  // namespace trust::base
