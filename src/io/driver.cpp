// SPDX-License-Identifier: MIT
// driver: what both back ends share; the names by which people choose between them.

#include <trust/io/driver.hpp>

namespace trust::io {

driver::~driver() = default;

std::string_view name_of(backend which) noexcept {
  switch (which) {
    case backend::uring:
      return "uring";
    case backend::epoll:
      return "epoll";
    case backend::automatic:
      break;
  }
  return "auto";
}

std::optional<backend> backend_named(std::string_view word) noexcept {
  for (const backend which : {backend::automatic, backend::uring, backend::epoll})
    if (word == name_of(which)) return which;
  return std::nullopt;
}

}  // namespace trust::io
