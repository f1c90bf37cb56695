// SPDX-License-Identifier: MIT
#pragma once
// worker_id: names a worker of a runtime; `on` and `named` say where an object is to live, or a task to run, and what reports call it.
//
// An id is a pointer to the worker's port: it is valid as long as the runtime or one of its handles is. It prints as "trust/3", which is also
// the name of the worker's thread.

#include <trust/worker/core.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace trust {

/// A worker, by number, of a runtime; or none.
class worker_id {
 public:
  worker_id() noexcept = default;
  explicit worker_id(const worker::port& p) noexcept : port_{&p} {}
  [[nodiscard]] explicit operator bool() const noexcept { return port_ != nullptr; }
  [[nodiscard]] std::size_t index() const noexcept {
    return port_ != nullptr ? port_->index : static_cast<std::size_t>(-1);
  }
  friend bool operator==(worker_id, worker_id) noexcept = default;
  friend std::ostream& operator<<(std::ostream& os, worker_id w) {
    return w ? os << "trust/" << w.index() : os << "no worker";
  }

 private:
  const worker::port* port_ = nullptr;
};

/// The worker that runs on this thread; none on a foreign thread.
[[nodiscard]] inline worker_id this_worker() noexcept {
  const worker::loop* w = worker::here();
  return w != nullptr ? worker_id{w->face()} : worker_id{};
}

/// Placement: on worker `index`.
struct on {
  explicit on(std::size_t i) noexcept : index{i} {}
  explicit on(worker_id w) noexcept : index{w.index()} {}
  std::size_t index;
};

/// A name for reports: rt.dump, stall reports, operator<<.
struct named {
  explicit named(std::string_view n) : name{n} {}
  std::string name;
};

}  // namespace trust
