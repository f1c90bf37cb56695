// SPDX-License-Identifier: MIT
#pragma once
// exceptions: the one header with `try` and `throw`.
//
// Everything that throws or catches goes through these functions, so the library's headers compile with -fno-exceptions. There, `raise`
// ends the program with its sentence: whoever builds without exceptions takes failures as results (as_result), which never raise.

#include <trust/base/assert.hpp>

#include <exception>
#include <utility>

namespace trust::base {

#if defined(__cpp_exceptions)

/// Throws `e`.
template <class E> [[noreturn]] void raise(E&& e) { throw std::forward<E>(e); }

/// Throws again what `p` holds.
[[noreturn]] inline void rethrow(std::exception_ptr p) { std::rethrow_exception(std::move(p)); }

/// `f()`, or what `otherwise(std::exception_ptr)` makes of what it threw.
template <class F, class H> auto attempt(F&& f, H&& otherwise) -> decltype(f()) {
  try {
    return f();
  } catch (...) {
    return otherwise(std::current_exception());
  }
}

/// `f()`; calls `undo()` and throws on if it throws.
template <class F, class U> auto undoing(F&& f, U&& undo) -> decltype(f()) {
  try {
    return f();
  } catch (...) {
    undo();
    throw;
  }
}

/// Calls `visit(const E&)` if `p` holds an `E`; says whether it did.
template <class E, class V> bool holds(const std::exception_ptr& p, V&& visit) {
  if (!p) return false;
  try {
    std::rethrow_exception(p);
  } catch (const E& e) {
    visit(e);
    return true;
  } catch (...) {
    return false;
  }
}

#else

template <class E> [[noreturn]] void raise(E&& e) { fatal(e.what()); }

[[noreturn]] inline void rethrow(const std::exception_ptr&) {
  fatal("a failure was not taken as a result, and this program is built without exceptions: use trust::as_result");
}

template <class F, class H> auto attempt(F&& f, H&&) -> decltype(f()) { return f(); }

template <class F, class U> auto undoing(F&& f, U&&) -> decltype(f()) { return f(); }

template <class E, class V> bool holds(const std::exception_ptr&, V&&) { return false; }

#endif

}  // namespace trust::base
