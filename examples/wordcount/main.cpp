// SPDX-License-Identifier: MIT
// wordcount: how often does each word occur in the documentation of this machine? Counted in tables that are entrusted to
// workers, and then again by two rivals with locks; prints the three side by side and ends with 1 if any count differs.
//
//     wordcount                          the documentation that is installed here
//     wordcount --top 20 PATH...         other trees
//     wordcount --dump counts PATH...    all counts, to be compared with what `--check-pipeline` prints
//
// What is timed is counting, with the text in memory: reading it would measure the disk, and the same for all three.
#include "count.hpp"
#include "load.hpp"
#include "options.hpp"
#include <trust/trust.hpp>

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace {

using namespace wordcount;

struct way {
  const char* name;
  std::vector<outcome> rounds;

  double seconds() const {  // the median
    std::vector<double> all;
    for (const auto& round : rounds) all.push_back(round.seconds);
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  }
};

void print_top(const outcome& o, std::size_t n) {
  counts sorted = o.all;
  n = std::min(n, sorted.size());
  std::partial_sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n), sorted.end(),
                    [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a < b; });
  for (std::size_t i = 0; i < n; ++i)
    std::printf("%10llu %s\n", static_cast<unsigned long long>(sorted[i].second), sorted[i].first.c_str());
}

void print_table(const std::vector<way>& ways, const job& what) {
  std::printf("\n%-26s %9s %12s %9s\n", "", "seconds", "M words/s", "MB/s");
  for (const auto& w : ways) {
    double s = std::max(w.seconds(), 1e-9);
    std::printf("%-26s %9.3f %12.2f %9.1f\n", w.name, s, static_cast<double>(w.rounds[0].words) / s / 1e6,
                static_cast<double>(what.text->bytes()) / s / 1e6);
  }
  std::printf("%zu threads each, batches of %zu words, median of %zu rounds\n", what.threads, what.batch,
              ways[0].rounds.size());
}

// Says which word differs first, if any does.
bool agree(const std::vector<way>& ways) {
  const counts& model = ways[0].rounds[0].all;
  for (const auto& w : ways)
    for (const auto& round : w.rounds) {
      if (round.all == model) continue;
      auto [a, b] = std::mismatch(model.begin(), model.end(), round.all.begin(), round.all.end());
      std::cerr << "wordcount: '" << w.name << "' differs at '" << (a != model.end() ? a->first : b->first) << "'\n";
      return false;
    }
  std::cout << "all counts agree\n";
  return true;
}

bool dump(const counts& all, const std::string& path) {
  std::ofstream out{path, std::ios::binary};
  char number[32];
  for (const auto& [text, n] : all) {
    std::snprintf(number, sizeof number, "%7llu ", static_cast<unsigned long long>(n));
    out << number << text << '\n';
  }
  out.flush();
  if (!out) std::cerr << "wordcount: cannot write " << path << '\n';
  return out.good();
}

// Whether each worker has one CPU to itself, or all of them the whole mask.
bool pins(trust::runtime& rt) {
  return rt.block_on([]() -> trust::task<bool> {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    co_return sched_getaffinity(0, sizeof mask, &mask) == 0 && CPU_COUNT(&mask) == 1;
  });
}

int run(const options& o) {
  file_list files = find_files(o.paths, o.limit_bytes);
  trust::options how;
  if (o.workers != 0) how.workers = o.workers;
  trust::runtime rt{how};

  loaded in = load(rt, files, o.progress);
  job what{in.text, rt.workers(), o.readers, o.batch, pins(rt), o.progress};
  std::vector<way> ways{{"entrusted tables", {}}, {"one mutex, one table", {}}, {"a mutex per table", {}}};
  for (std::size_t round = 0; round < o.rounds; ++round) {
    ways[0].rounds.push_back(count_entrusted(rt, what));
    ways[1].rounds.push_back(count_one_mutex(what));
    ways[2].rounds.push_back(count_sharded(what));
  }

  const outcome& result = ways[0].rounds[0];
  std::printf("%zu files, %.1f MB, %llu words, %zu of them different\n", files.paths.size(),
              static_cast<double>(in.text->bytes()) / 1e6, static_cast<unsigned long long>(result.words),
              result.all.size());
  if (in.unreadable > 0) std::printf("%zu files could not be read\n", in.unreadable);
  if (files.left_out > 0) std::printf("%zu files are left out by --limit-bytes\n", files.left_out);
  print_top(result, o.top);
  print_table(ways, what);
  std::fflush(stdout);
  if (!agree(ways)) return 1;
  return o.dump.empty() || dump(result.all, o.dump) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  options o = parse(argc, argv);
  if (o.check_pipeline) {
    std::cout << pipeline(o.paths) << '\n';
    return 0;
  }
  return run(o);
}
