// SPDX-License-Identifier: MIT
// load: a read(2) may wait for a disk, and a worker must not. So each file is read by `trust::blocking`, on the small pool
// of threads that are there to be blocked; a few coroutines keep that pool busy.
#include "load.hpp"

#include "progress.hpp"
#include <trust/trust.hpp>

namespace wordcount {
namespace {

// What has been read so far. All its users are coroutines of one worker, between whose suspension points nobody comes.
struct desk {
  desk(const file_list& list, bool shown) : files{list}, texts(list.paths.size()), bar{"reading", list.bytes, shown} {}

  const file_list& files;
  std::vector<std::string> texts;
  std::size_t next = 0;
  std::size_t unreadable = 0;
  progress bar;
};

trust::task<void> fetch(desk& d) {
  while (d.next < d.files.paths.size()) {
    std::size_t mine = d.next++;
    std::optional<std::string> text = co_await trust::blocking(read_folded, d.files.paths[mine]);
    if (!text) {
      ++d.unreadable;
      continue;
    }
    d.bar.add(text->size());
    d.texts[mine] = std::move(*text);
  }
}

}  // namespace

loaded load(trust::runtime& rt, const file_list& files, bool shown) {
  desk d{files, shown};
  rt.block_on([&]() -> trust::task<void> {
    std::vector<trust::task<void>> fetchers;
    for (int i = 0; i < 8; ++i) fetchers.push_back(fetch(d));
    co_await trust::when_all(std::move(fetchers));
  });
  d.bar.finish();
  return {std::make_shared<const corpus>(std::move(d.texts)), d.unreadable};
}

}  // namespace wordcount
