// SPDX-License-Identifier: MIT
#pragma once
// files: which files are text, what is in them, and the shell pipeline that agrees with both.
//
// A text file is a regular file whose name does not end like an archive's or a picture's. What it holds is not looked at:
// whatever the bytes are, a word is a run of ASCII letters, here and in the pipeline.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wordcount {

struct file_list {
  std::vector<std::string> paths;  // sorted by bytes, each once
  std::uint64_t bytes = 0;
  std::size_t left_out = 0;  // files beyond the limit
};

// Walks the trees, follows a link that is itself an argument and no other.
file_list find_files(const std::vector<std::string>& roots, std::uint64_t limit_bytes);

// The whole file, its letters folded to lower case; nothing if it cannot be read. Blocks: call it where that hurts nobody.
std::optional<std::string> read_folded(const std::string& path);

// What `sh` runs to get the counts of `--dump` from the same trees.
std::string pipeline(const std::vector<std::string>& roots);

// The loaded text, immutable from here on, and cut into pieces between words so that readers share big files too.
class corpus {
 public:
  explicit corpus(std::vector<std::string> texts, std::size_t piece_bytes = 64 << 10);
  corpus(const corpus&) = delete;
  corpus& operator=(const corpus&) = delete;

  const std::vector<std::string_view>& pieces() const { return pieces_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::vector<std::string> texts_;
  std::vector<std::string_view> pieces_;
  std::uint64_t bytes_ = 0;
};

}  // namespace wordcount
