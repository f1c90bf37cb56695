// SPDX-License-Identifier: MIT
// cpu_list: reading and writing "0,2-5".

#include <trust/base/cpu_list.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace trust::base {
namespace {

// Takes a number off the front of the text.
std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0 || number > highest_cpu) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  std::vector<int> cpus;
  if (text.empty()) return cpus;
  std::set<int> known;
  do {
    const auto first = take_number(text);
    if (!first) return std::nullopt;
    auto last = first;
    if (take(text, '-')) last = take_number(text);
    if (!last || *last < *first) return std::nullopt;
    for (int id = *first; id <= *last; ++id)
      if (known.insert(id).second) cpus.push_back(id);
  } while (take(text, ','));
  if (!text.empty()) return std::nullopt;
  return cpus;
}

std::string cpu_list_text(std::span<const int> cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t end = i + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (end - i > 1) text += '-' + std::to_string(cpus[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace trust::base
