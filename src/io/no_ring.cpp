// SPDX-License-Identifier: MIT
// no_ring: the sibling of ring.cpp for builds without liburing. It always refuses, and everybody takes epoll.

#include <trust/io/driver.hpp>

namespace trust::io {

made make_ring() {
  return {nullptr, std::make_error_code(std::errc::function_not_supported), "built without liburing"};
}

}  // namespace trust::io
