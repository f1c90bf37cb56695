// SPDX-License-Identifier: MIT
// options: a plain loop over the arguments, so that the program needs nothing but the compiler.
#include "options.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string_view>

namespace wordcount {
namespace {

constexpr std::string_view usage =
    R"(usage: wordcount [options] [--paths] [PATH...]

Counts the words of all text files under the paths (by default the documentation of this machine), three times:
in one table entrusted to each worker, in one table behind a mutex, and in as many tables with a mutex each.

  --paths PATH...    what to count; compressed files and pictures are skipped, links are not followed
  --top N            print the N most frequent words (10)
  --workers N        workers, and threads of the rivals (one per core)
  --readers N        coroutines on each worker (64)
  --batch N          words that travel together, for all three (64)
  --rounds N         count N times each way, show the median (3)
  --limit-bytes N    stop taking files at N bytes; 0 is no limit (268435456)
  --dump FILE        write all counts, sorted, in the format of `uniq -c`
  --check-pipeline   print the shell pipeline that gives the same counts, and stop
  --progress         show progress even where stderr is no terminal
)";

[[noreturn]] void refuse(std::string_view what) {
  std::cerr << "wordcount: " << what << " (see --help)\n";
  std::exit(2);
}

template <class N> N number(std::string_view name, const char* text, N least) {
  N n{};
  const char* end = text + std::strlen(text);
  auto [stopped, error] = std::from_chars(text, end, n);
  if (error != std::errc{} || stopped != end || n < least)
    refuse(std::string{name} + " needs a number of at least " + std::to_string(least) + ", not '" + text + "'");
  return n;
}

}  // namespace

options parse(int argc, char** argv) {
  options o;
  o.progress = isatty(STDERR_FILENO) == 1;
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    auto value = [&] {
      if (i + 1 == argc) refuse(std::string{name} + " needs a value");
      return argv[++i];
    };
    if (!name.starts_with("--"))
      o.paths.emplace_back(name);
    else if (name == "--paths")
      continue;
    else if (name == "--top")
      o.top = number(name, value(), std::size_t{0});
    else if (name == "--workers")
      o.workers = number(name, value(), std::size_t{1});
    else if (name == "--readers")
      o.readers = number(name, value(), std::size_t{1});
    else if (name == "--batch")
      o.batch = number(name, value(), std::size_t{1});
    else if (name == "--rounds")
      o.rounds = number(name, value(), std::size_t{1});
    else if (name == "--limit-bytes")
      o.limit_bytes = number(name, value(), std::uint64_t{0});
    else if (name == "--dump")
      o.dump = value();
    else if (name == "--check-pipeline")
      o.check_pipeline = true;
    else if (name == "--progress")
      o.progress = true;
    else if (name == "--help") {
      std::cout << usage;
      std::exit(0);
    } else
      refuse("unknown option " + std::string{name});
  }
  if (o.paths.empty()) {
    for (const char* usual : {"/usr/share/common-licenses", "/usr/share/doc", "/usr/share/perl", "/usr/share/perl5"})
      if (std::filesystem::is_directory(usual)) o.paths.emplace_back(usual);
    if (o.paths.empty()) refuse("this machine has none of the usual documentation; name some paths");
  }
  for (const auto& path : o.paths)
    if (!std::filesystem::exists(path)) refuse("there is no " + path);
  return o;
}

}  // namespace wordcount
