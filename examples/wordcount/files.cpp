// SPDX-License-Identifier: MIT
// files: std::filesystem finds them, read(2) reads them.
#include "files.hpp"

#include "words.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

namespace wordcount {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 17> no_text{".gz",  ".bz2",  ".xz",    ".zst",  ".zip", ".jar",
                                                   ".png", ".gif",  ".jpg",   ".jpeg", ".ico", ".pdf",
                                                   ".eps", ".woff", ".woff2", ".ttf",  ".ps"};

bool is_text(std::string_view path) {
  return std::none_of(no_text.begin(), no_text.end(), [&](auto end) { return path.ends_with(end); });
}

bool is_regular(const fs::directory_entry& entry) {
  std::error_code unreadable;
  return entry.symlink_status(unreadable).type() == fs::file_type::regular && !unreadable;
}

void walk(const std::string& root, std::vector<std::string>& found) {
  std::error_code stop;
  if (fs::is_regular_file(root, stop)) {
    if (is_text(root)) found.push_back(root);
    return;
  }
  fs::recursive_directory_iterator at{root, fs::directory_options::skip_permission_denied, stop};
  for (; !stop && at != fs::recursive_directory_iterator{}; at.increment(stop))
    if (is_text(at->path().native()) && is_regular(*at)) found.push_back(at->path().native());
}

// For `sh`: in single quotes, with its own quotes escaped.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

}  // namespace

file_list find_files(const std::vector<std::string>& roots, std::uint64_t limit_bytes) {
  std::vector<std::string> found;
  for (const auto& root : roots) walk(root, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());

  file_list list;
  for (auto& path : found) {
    std::error_code gone;
    std::uint64_t size = fs::file_size(path, gone);
    if (gone) size = 0;
    if (list.left_out > 0 || (limit_bytes != 0 && list.bytes + size > limit_bytes)) {
      ++list.left_out;
      continue;
    }
    list.bytes += size;
    list.paths.push_back(std::move(path));
  }
  return list;
}

std::optional<std::string> read_folded(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::error_code unknown;
  std::uint64_t size = fs::file_size(path, unknown);
  std::string text(unknown ? 0 : size + 1, '\0');  // one more, so that the last read sees the end
  std::size_t length = 0;
  for (;;) {
    if (length == text.size()) text.resize(text.size() * 2 + 4096);
    ssize_t n = ::read(fd, text.data() + length, text.size() - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) length = 0;
    if (n <= 0) {
      ::close(fd);
      if (n < 0) return std::nullopt;
      break;
    }
    length += static_cast<std::size_t>(n);
  }
  text.resize(length);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string pipeline(const std::vector<std::string>& roots) {
  std::string find = "find -H";
  for (const auto& root : roots) find += ' ' + shell_quoted(root);
  find += " -type f";
  for (std::string_view end : no_text) find += " ! -name '*" + std::string{end} + "'";
  // grep ends every file with a newline, so that the last word of one and the first of the next stay two.
  return "export LC_ALL=C; " + find + " -print0 | sort -zu | xargs -0r grep -ahs -e '' -- | tr -cs A-Za-z '\\n'" +
         " | tr A-Z a-z | grep . | sort | uniq -c";
}

corpus::corpus(std::vector<std::string> texts, std::size_t piece_bytes) : texts_{std::move(texts)} {
  for (std::string_view text : texts_) {
    bytes_ += text.size();
    while (!text.empty()) {
      std::size_t end = std::min(piece_bytes, text.size());
      while (end < text.size() && is_letter(text[end])) ++end;
      pieces_.push_back(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
}

}  // namespace wordcount
