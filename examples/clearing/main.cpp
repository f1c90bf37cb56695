// SPDX-License-Identifier: MIT
// A server is tested in a simulation: one seed is one order of events, so a bug that needs an unlucky order is looked for by running many seeds, and
// what was found is run again as often as it takes to understand it.
//
//     clearing                          10000 seeds of the server as it is
//     clearing --plant 3 --seeds 1000   the same server with a bug: its third message is not awaited
//     clearing --plant 3 --seed 17      that run again, with its last events
//
// Exit status: 0 no seed failed, 1 one did, 2 the arguments are wrong.
#include "server.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct wishes {
  int plant = 0;
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 10'000;
  bool one = false;
};

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr, "clearing: %s\nusage: clearing [--plant 1..5] [--seeds COUNT | --seed NUMBER]\n", why.c_str());
  std::exit(2);
}

wishes read(int count, char** arguments) {
  wishes w;
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i];
    if (i + 1 == count) refuse(name + " needs a number");
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(arguments[i + 1], &end, 10);
    if (end == arguments[i + 1] || *end != '\0') refuse(name + " needs a number");
    if (name == "--plant") {
      if (value > 5) refuse("a transfer has five messages");
      w.plant = static_cast<int>(value);
    } else if (name == "--seeds") {
      w.seeds = value;
    } else if (name == "--seed") {
      w.first_seed = value;
      w.seeds = 1;
      w.one = true;
    } else {
      refuse("unknown option " + name);
    }
  }
  return w;
}

}  // namespace

int main(int count, char** arguments) {
  const wishes w = read(count, arguments);
  const auto begin = std::chrono::steady_clock::now();
  const auto bad = trust::explore({.first_seed = w.first_seed, .seeds = w.seeds, .how = {.workers = 4}},
                                  [&](trust::runtime& rt) { clearing::serve(rt, w.plant); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (bad) {
    std::printf("seed %llu: %s (trace %016llx, %s)\n", static_cast<unsigned long long>(bad.seed()), bad.why().c_str(),
                static_cast<unsigned long long>(bad.trace_hash()), bad.replays() ? "replays" : "does not replay");
    if (w.one) {
      for (const std::string& event : bad.events()) std::printf("  %s\n", event.c_str());
    }
    return 1;
  }
  std::printf("%llu seeds, none failed\n", static_cast<unsigned long long>(w.seeds));
  std::fprintf(stderr, "%.1f s\n", took.count());
  return 0;
}
