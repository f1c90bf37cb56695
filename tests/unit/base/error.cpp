// SPDX-License-Identifier: MIT
// Unit tests of base/error: codes, their sentences, and the failure that carries a code or an exception.

#include <trust/base/error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <set>
#include <stdexcept>
#include <string>

namespace {

using trust::errc;
using trust::failure;

TEST_CASE("every code has a sentence of its own") {
  std::set<std::string> sentences;
  for (int i = 1; i <= static_cast<int>(errc::thrown); ++i) {
    const std::string text = make_error_code(static_cast<errc>(i)).message();
    CAPTURE(text);
    CHECK(text.size() > 8);
    CHECK(sentences.insert(text).second);
  }
}

TEST_CASE("a code that nobody gave has a sentence too") {
  const std::error_code unknown{4711, trust::error_category()};
  CHECK_FALSE(unknown.message().empty());
}

TEST_CASE("the codes are an error_code_enum of the category trust-tee") {
  const std::error_code code = errc::overloaded;
  CHECK(code.category() == trust::error_category());
  CHECK(std::string{code.category().name()} == "trust-tee");
  CHECK(code == errc::overloaded);
  CHECK(code != errc::empty);
}

TEST_CASE("an error is a system_error and says its detail") {
  const trust::error e{errc::bad_option, "options.cpus names CPU 99"};
  const std::system_error& base = e;
  CHECK(base.code() == errc::bad_option);
  CHECK(std::string{e.what()}.find("options.cpus names CPU 99") != std::string::npos);
}

TEST_CASE("a failure of a code makes its exception only when asked") {
  const failure f{errc::shared};
  CHECK(f == errc::shared);
  CHECK(f.what() == make_error_code(errc::shared).message());
  CHECK_THROWS_AS(std::rethrow_exception(f.exception()), trust::error);
  CHECK_THROWS_AS(f.raise(), trust::error);
}

TEST_CASE("a failure of an exception gives that exception back, and its text") {
  const auto thrown = std::make_exception_ptr(std::out_of_range{"row 7"});
  const failure f{thrown};
  CHECK(f.exception() == thrown);
  CHECK(f.what() == "row 7");
  CHECK(f == errc::thrown);
  CHECK_THROWS_AS(f.raise(), std::out_of_range);
}

TEST_CASE("a failure of a system_error has its code") {
  const failure f{std::make_exception_ptr(std::system_error{std::make_error_code(std::errc::timed_out)})};
  CHECK(f.code() == std::errc::timed_out);
  CHECK(failure{std::make_exception_ptr(trust::error{errc::empty})} == errc::empty);
}

TEST_CASE("a failure of something that is no std::exception says so") {
  const failure f{std::make_exception_ptr(42)};
  CHECK(f == errc::thrown);
  CHECK(f.what().find("no std::exception") != std::string::npos);
  CHECK_THROWS_AS(f.raise(), int);
}

TEST_CASE("undoing calls undo once and throws on, and not at all when nothing is thrown") {
  int undone = 0;
  CHECK_THROWS_AS(trust::base::undoing([]() -> int { throw std::runtime_error{"no"}; }, [&] { ++undone; }),
                  std::runtime_error);
  CHECK(undone == 1);
  CHECK(trust::base::undoing([] { return 5; }, [&] { ++undone; }) == 5);
  CHECK(undone == 1);
}

}  // namespace
