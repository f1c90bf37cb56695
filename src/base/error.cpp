// SPDX-License-Identifier: MIT
// The category "trust-tee" and its messages. Each says what happened and what to do about it.

#include <trust/base/error.hpp>

namespace trust {
namespace {

class category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "trust-tee"; }

  [[nodiscard]] std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::cancelled:
        return "cancelled: the task was asked to stop";
      case errc::timed_out:
        return "timed out: the trustee had not begun when the deadline passed";
      case errc::overloaded:
        return "overloaded: options.backlog messages wait for that worker already; await what post returns, or send "
               "less";
      case errc::runtime_stopped:
        return "the object's runtime has stopped: call before stop(), or keep the runtime longer";
      case errc::shared:
        return "other handles or begun calls hold the object: drop or await them, then extract again";
      case errc::empty:
        return "the handle is empty: assign what entrust or emplace returns before calling";
      case errc::would_block:
        return "this would block a worker: co_await the operation instead of get(), future() or block_on()";
      case errc::forked:
        return "this process is a forked child, its runtime stayed in the parent: make a new runtime here";
      case errc::would_deadlock:
        return "this can never finish: nothing that it waits for is left to happen";
      case errc::no_worker:
        return "every worker is dedicated, so no task can be spawned: leave a worker out of options.dedicated";
      case errc::bad_option:
        return "an option cannot be obeyed";
      case errc::closed:
        return "the channel is closed: nothing more can be sent";
      case errc::thrown:
        return "a closure threw an exception that carries no error code: see failure::exception()";
    }
    return "unknown error";
  }

  [[nodiscard]] std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::cancelled:
        return std::errc::operation_canceled;
      case errc::timed_out:
        return std::errc::timed_out;
      case errc::would_block:
        return std::errc::operation_would_block;
      case errc::would_deadlock:
        return std::errc::resource_deadlock_would_occur;
      case errc::bad_option:
        return std::errc::invalid_argument;
      default:
        return {code, *this};
    }
  }
};

}  // namespace

const std::error_category& error_category() noexcept {
  static const category instance;
  return instance;
}

}  // namespace trust
