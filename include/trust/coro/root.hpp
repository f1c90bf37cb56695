// SPDX-License-Identifier: MIT
#pragma once
// root: a task that no coroutine awaits: spawned, launched, attending, blocked on. It owns its callable, its environment and its frame.
//
//     started    in the roots of its worker; its task runs or waits
//     finished   its task has ended; it stands in the ready queue, so that the frame is not destroyed from within
//     ended      what it was for has been told (`end`), frame and callable are destroyed, the block is given back
//
// At the end of a worker a root that did not finish is ended all the same, with errc::runtime_stopped (`abandon`). One thread.

#include <trust/base/list.hpp>
#include <trust/coro/environment.hpp>
#include <trust/coro/resumable.hpp>

namespace trust::coro {

class root : public base::hook, public resumable {
 public:
  environment env;

  /// As from its handle or its caller: what it awaits ends with errc::cancelled.
  void request_stop() noexcept { env.request_stop(); }

  /// The task was destroyed unfinished: tells whom it concerns, gives the root back.
  virtual void abandon() noexcept = 0;

  root(const root&) = delete;
  root& operator=(const root&) = delete;

 protected:
  root() noexcept : resumable{&root::task_ended} {}
  ~root() = default;
  /// The task has ended: tells whom it concerns, gives the root back.
  virtual void end() noexcept = 0;
  [[nodiscard]] bool finished() const noexcept { return act == &root::end_now; }
  bool starting = false;  ///< runs its first stretch in its starter's hands, who looks at `finished` after it

 private:
  static std::coroutine_handle<> task_ended(resumable& r) noexcept;  // from the task's final suspension
  static std::coroutine_handle<> end_now(resumable& r) noexcept {
    static_cast<root&>(r).end();
    return {};
  }
};

}  // namespace trust::coro
