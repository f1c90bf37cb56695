// SPDX-License-Identifier: MIT
// The library's only thread_local.

#include <trust/base/here.hpp>

namespace trust::base {

constinit thread_local seat* here = nullptr;

}  // namespace trust::base
