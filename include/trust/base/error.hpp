// SPDX-License-Identifier: MIT
#pragma once
// error: what can go wrong at run time, as codes with a message that tells what to do, and the exception that carries them.
//
// A closure's own exception arrives as it is; these codes are for failures of the delegation itself. `failure` is the error side of
// result<R>: a code, or an exception, or both, made without throwing.   Tests: tests/unit/base/error.cpp

#include <trust/base/exceptions.hpp>

#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace trust {

enum class errc {
  cancelled = 1,    ///< the task was asked to stop before the operation had its result
  timed_out,        ///< the deadline passed before the trustee began
  overloaded,       ///< options.backlog messages already wait for that lane; nothing was sent
  runtime_stopped,  ///< the object's runtime does not take calls any more
  shared,           ///< extract: other handles or begun calls hold the object; nothing was changed
  empty,            ///< the handle holds no object
  would_block,      ///< a worker was asked to stand still (get, future, block_on)
  forked,           ///< this process is a forked child: its runtime stayed in the parent
  would_deadlock,   ///< what is awaited can never happen
  no_worker,        ///< every worker is dedicated: nothing can be spawned
  bad_option,       ///< an option or an environment variable cannot be obeyed
  closed,           ///< the channel is closed
  thrown,           ///< failure::code() of an exception that is no std::system_error
};

/// The category "trust-tee".
[[nodiscard]] const std::error_category& error_category() noexcept;
[[nodiscard]] inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), error_category()};
}

}  // namespace trust

template <> struct std::is_error_code_enum<trust::errc> : std::true_type {};

namespace trust {

/// What a failed delegation throws.
class error : public std::system_error {
 public:
  explicit error(errc e) : std::system_error{make_error_code(e)} {}
  error(errc e, const std::string& detail) : std::system_error{make_error_code(e), detail} {}
  explicit error(std::error_code e) : std::system_error{e} {}
};

/// Why there is no value: the error side of result<R>.
class failure {
 public:
  failure(errc e) noexcept : code_{make_error_code(e)} {}
  failure(std::error_code e) noexcept : code_{e} {}
  failure(std::exception_ptr e) noexcept : code_{make_error_code(errc::thrown)}, exception_{std::move(e)} {
    base::holds<std::system_error>(exception_, [this](const std::system_error& s) { code_ = s.code(); });
  }

  /// The code; errc::thrown for an exception that carries none.
  [[nodiscard]] std::error_code code() const noexcept { return code_; }
  /// The exception as it was thrown, or a trust::error made from the code.
  [[nodiscard]] std::exception_ptr exception() const {
    return exception_ ? exception_ : std::make_exception_ptr(error{code_});
  }
  /// The exception's text, or the code's message.
  [[nodiscard]] std::string what() const {
    std::string text;
    if (base::holds<std::exception>(exception_, [&](const std::exception& e) { text = e.what(); })) return text;
    return exception_ ? std::string{"an exception that is no std::exception"} : code_.message();
  }
  /// Throws exception().
  [[noreturn]] void raise() const {
    if (exception_) base::rethrow(exception_);
    base::raise(error{code_});
  }

  friend bool operator==(const failure& f, std::error_code e) noexcept { return f.code_ == e; }
  friend bool operator==(const failure& f, errc e) noexcept { return f.code_ == make_error_code(e); }

 private:
  std::error_code code_;
  std::exception_ptr exception_;
};

}  // namespace trust
