// SPDX-License-Identifier: MIT
#pragma once
// options: what the command line asks for.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace wordcount {

struct options {
  std::vector<std::string> paths;
  std::size_t top = 10;
  std::size_t workers = 0;                               // 0: one per core
  std::size_t readers = 64;                              // coroutines on each worker
  std::size_t batch = 64;                                // words that travel together
  std::size_t rounds = 3;                                // each way of counting runs so often; the median is shown
  std::uint64_t limit_bytes = std::uint64_t{256} << 20;  // 0: none
  std::string dump;                                      // where all counts go, in the format of `uniq -c`
  bool progress = false;
  bool check_pipeline = false;
};

// Ends the program with a sentence for what it does not know, and with the usage text for --help.
options parse(int argc, char** argv);

}  // namespace wordcount
