// SPDX-License-Identifier: MIT
#pragma once
// type_name: the name of a type as the compiler writes it, at no run-time cost.
//
// For reports (dump, stall reports, unheard errors), and to tell lambdas from other classes, which g++ before 13 must know (see
// delegate/closure.hpp). The text is cut from __PRETTY_FUNCTION__, whose two spellings are known here and nowhere else.

#include <array>
#include <cstddef>
#include <string_view>

namespace trust::base {

template <class T> [[nodiscard]] constexpr std::string_view type_text() noexcept {
  const std::string_view text{__PRETTY_FUNCTION__, sizeof(__PRETTY_FUNCTION__) - 1};
  const std::size_t begin = text.find("T = ") + 4;
  // g++ goes on with "; std::string_view = ...", clang ends with the bracket.
  const std::size_t semicolon = text.rfind("; std::string_view = ");
  const std::size_t end = semicolon == std::string_view::npos ? text.rfind(']') : semicolon;
  return text.substr(begin, end - begin);
}

// Each character is looked at once: compilers bound the steps of a constant's evaluation, and names of closures are long.
template <class T> [[nodiscard]] consteval auto ended_text() noexcept {
  constexpr std::string_view text = type_text<T>();
  std::array<char, text.size() + 1> chars{};
  for (std::size_t i = 0; i < text.size(); ++i) chars[i] = text[i];
  return chars;
}

template <class T> inline constexpr auto type_chars = ended_text<T>();

/// The name of `T`, ended by a zero.
template <class T> [[nodiscard]] const char* type_name() noexcept { return type_chars<T>.data(); }

/// True if `T` is a lambda's type: its name ends in "<lambda(...)>" (g++) or is "(lambda at ...)" (clang).
template <class T> [[nodiscard]] consteval bool is_lambda() noexcept {
  std::string_view text = type_text<T>();
  if (text.empty()) return false;
  const char close = text.back();
  if (close != '>' && close != ')') return false;
  int depth = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    const char c = text[i];
    if (c == '>' || c == ')') ++depth;
    if (c == '<' || c == '(') --depth;
    if (depth == 0) return text.substr(i + 1).starts_with("lambda");
  }
  return false;
}

}  // namespace trust::base
