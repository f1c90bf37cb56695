// SPDX-License-Identifier: MIT
#pragma once
// runtimes: the runtimes on which a promise is tested, and what they report.
//
// A test of behaviour is a body that takes a runtime; it runs on real workers, with lanes so small that they are always full, without the
// shortcut and in shuffled order, and in the simulation. `reports` collects what goes to options.on_error and options.log.

#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace support {

using namespace std::chrono_literals;

/// What a runtime reports. Any thread.
class reports {
 public:
  [[nodiscard]] trust::options into(trust::options o = {}) {
    o.on_error = [this](std::exception_ptr e, std::string_view origin) {
      add(errors_, trust::failure{e}.what(), origin);
    };
    o.log = [this](trust::severity, std::string_view text) { add(lines_, text, {}); };
    return o;
  }
  [[nodiscard]] std::vector<std::string> errors() const { return copy(errors_); }
  [[nodiscard]] std::vector<std::string> origins() const { return copy(origins_); }
  [[nodiscard]] std::vector<std::string> lines() const { return copy(lines_); }

 private:
  void add(std::vector<std::string>& to, std::string_view text, std::string_view origin) {
    const std::lock_guard lock{mutex_};
    to.emplace_back(text);
    if (&to == &errors_) origins_.emplace_back(origin);
  }
  [[nodiscard]] std::vector<std::string> copy(const std::vector<std::string>& from) const {
    const std::lock_guard lock{mutex_};
    return from;
  }
  mutable std::mutex mutex_;
  std::vector<std::string> errors_;
  std::vector<std::string> origins_;
  std::vector<std::string> lines_;
};

/// Runs `body(runtime&)` on each kind of runtime, with at least two workers.
void on_each_runtime(const std::function<void(trust::runtime&)>& body, std::size_t workers = 2);
/// Only those with threads; `base` is what they have in common.
void on_real_runtimes(const std::function<void(trust::runtime&)>& body, trust::options base);

/// block_on, compiled once for all bodies that give nothing.
void run(trust::runtime& rt, const std::function<trust::task<>()>& body);

/// Waits on this thread (no worker) until `done()`; false after ten seconds.
[[nodiscard]] bool eventually(const std::function<bool()>& done);
/// The same in a task.
[[nodiscard]] trust::task<bool> soon(std::function<bool()> done);

/// The code of the trust::error that `f()` throws, or no error.
template <class F> [[nodiscard]] std::error_code code_of(F&& f) {
  try {
    f();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

/// What `f()` throws says, or "".
template <class F> [[nodiscard]] std::string text_of(F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return {};
}

/// Whether `text` has `what` in it; shows the text where it has not.
[[nodiscard]] inline bool says(const std::string& text, const char* what) {
  CAPTURE(text);
  CAPTURE(what);
  return text.find(what) != std::string::npos;
}

}  // namespace support
