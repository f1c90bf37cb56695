// SPDX-License-Identifier: MIT
#pragma once
// load: reads all files before anything is counted, so that the three counts see the same text in memory.
#include "files.hpp"

#include <cstddef>
#include <memory>

namespace trust {
class runtime;
}

namespace wordcount {

struct loaded {
  std::shared_ptr<const corpus> text;
  std::size_t unreadable = 0;
};

loaded load(trust::runtime& rt, const file_list& files, bool shown);

}  // namespace wordcount
