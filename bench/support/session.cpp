// SPDX-License-Identifier: MIT
// session: the rounds. See session.hpp for the rules.
#include "session.hpp"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string_view>
#include <thread>

namespace bench {
namespace {

// Repetitions are read where they are made; Google's reporter has nothing to add, but one must be given.
class silent final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs)
      if (r.error_occurred) std::fprintf(stderr, "%s: %s\n", r.benchmark_name().c_str(), r.error_message.c_str());
  }
};

std::string exactly(const std::string& name) {
  std::string escaped;
  for (char c : name) {
    if (std::string_view{".^$|()[]{}*+?\\"}.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return '^' + escaped + "/iterations:1/manual_time$";
}

// Workers that have nothing to do go to sleep; the bare round trip is measured without them.
void settle() { std::this_thread::sleep_for(std::chrono::microseconds{300}); }

}  // namespace

void check(const std::string& who, long long got, long long wanted) {
  if (got == wanted) return;
  std::fprintf(stderr, "%s: %lld instead of %lld\n", who.c_str(), got, wanted);
  std::abort();
}

double quantile(std::vector<float>& samples, double q) {
  if (samples.empty()) return 0;
  const auto last = static_cast<double>(samples.size() - 1);
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(std::lround(q * last));
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

session::session(int argc, char** argv, std::string question) : question_{std::move(question)} {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag{argv[i]};
    const auto value = [&]() -> const char* {
      if (i + 1 < argc) return argv[++i];
      std::fprintf(stderr, "%s needs a value\n", argv[i]);
      std::exit(2);
    };
    if (flag == "--rounds") {
      rounds_ = std::strtoul(value(), nullptr, 10);
    } else if (flag == "--repetition") {
      repetition_ms_ = std::strtod(value(), nullptr);
    } else if (flag == "--time") {
      seconds_ = std::strtod(value(), nullptr);
    } else if (flag == "--out") {
      out_ = value();
    } else if (flag == "--filter") {
      filter_ = value();
    } else if (flag == "--quick") {
      quick_ = true;
    } else if (flag == "--list") {
      list_ = true;
    } else if (const char* range = flag == "--regime" ? value() : nullptr;
               range == nullptr || std::sscanf(range, "%lf:%lf", &low_, &high_) != 2) {
      std::fprintf(stderr,
                   "usage: %s [--rounds N] [--repetition MS] [--regime LO:HI] [--time S] [--out FILE] [--filter REGEX] "
                   "[--quick] [--list]\n",
                   argv[0]);
      std::exit(2);
    }
  }
  char* none[] = {argv[0], nullptr};
  int one = 1;
  benchmark::Initialize(&one, none);
  static_cast<void>(cpus());  // before anybody narrows the mask
}

void session::add(const std::string& name, rival r, row_options o) {
  if (!std::regex_search(name, std::regex{filter_})) return;
  if (list_) {
    std::puts(name.c_str());
    return;
  }
  rows_.push_back({.name = name, .run = std::move(r), .options = o});
}

std::size_t session::row::kept() const {
  return static_cast<std::size_t>(
      std::count_if(repetitions.begin(), repetitions.end(), [](const repetition& r) { return r.kept(); }));
}

std::vector<float> session::row::samples(bool of_all) const {
  std::vector<float> found;
  for (const repetition& r : repetitions)
    if (of_all || r.kept()) found.insert(found.end(), r.what.samples.begin(), r.what.samples.end());
  return found;
}

double session::row::value(bool of_all, double q) const {
  std::vector<float> found = samples(of_all);
  if (!found.empty()) return quantile(found, q);
  for (const repetition& r : repetitions)
    if (of_all || r.kept()) found.push_back(static_cast<float>(r.each()));
  return found.empty() ? -1 : quantile(found, 0.5);
}

const session::row* session::find(const std::string& name) const {
  const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const row& r) { return r.name == name; });
  return at == rows_.end() ? nullptr : &*at;
}

void session::look_at_machine() {
  load_at_start_ = load();
  trip_at_start_ = bare_round_trip();
  two_lines_at_start_ = bare_round_trip(2);
  std::fprintf(
      stderr,
      "%s: load %.2f, one word to the other core and back %.0f ns (regime %.0f to %.0f), in two lines %.0f ns\n",
      question_.c_str(), load_at_start_, trip_at_start_, low_, high_, two_lines_at_start_);
  if (load_at_start_ > 0.5 || trip_at_start_ < low_ || trip_at_start_ > high_)
    std::fprintf(stderr,
                 "%s: this machine is NOT QUIET or outside the regime: much will be dropped, ratios with care\n",
                 question_.c_str());
}

void session::calibrate(row& r) {
  r.operations = r.options.operations;
  if (r.operations != 0) return;
  const double wanted = repetition_ms_ * 1e6;
  for (long n = 64;; n *= 4) {
    measured best = r.run(n);
    for (int again = 0; again < 2; ++again)  // the quickest of three: neighbours only ever make it longer
      if (measured m = r.run(n); m.ns / m.operations < best.ns / best.operations) best = std::move(m);
    if (best.ns < wanted / 8 && n < 1'000'000'000) continue;
    r.operations = std::max(1L, static_cast<long>(wanted * best.operations / std::max(best.ns, 1.0)));
    return;
  }
}

void session::take_turn(row& r) {
  repetition one;
  const bool crosses = r.options.over == crossing::cores;
  if (crosses) {
    settle();
    one.trip_before = bare_round_trip();
    one.lines_before = bare_round_trip(2);
  }
  const double before = waited_ns();
  one.what = r.run(r.operations);
  one.waited = one.what.waited >= 0 ? one.what.waited : waited_ns() - before;
  if (crosses) {
    settle();
    one.lines_after = bare_round_trip(2);
    one.trip_after = bare_round_trip();
  }
  one.alone = one.waited <= r.options.waiting * one.what.ns;
  one.together = one.what.overlap >= r.options.overlap;
  r.repetitions.push_back(std::move(one));
}

void session::judge() {
  std::vector<float> lines;
  for (const row& r : rows_)
    if (r.options.over == crossing::cores)
      for (const repetition& x : r.repetitions)
        for (double l : {x.lines_before, x.lines_after}) lines.push_back(static_cast<float>(l));
  const double usual = quantile(lines, 0.5);
  for (row& r : rows_)
    if (r.options.over == crossing::cores)
      for (repetition& x : r.repetitions) {
        x.in_regime = true;
        for (double trip : {x.trip_before, x.trip_after}) x.in_regime = x.in_regime && trip >= low_ && trip <= high_;
        for (double l : {x.lines_before, x.lines_after})
          x.in_regime = x.in_regime && l >= 0.7 * usual && l <= 1.4 * usual;
      }
}

bool session::complete() const {
  return std::all_of(rows_.begin(), rows_.end(), [&](const row& r) { return r.kept() >= rounds_; });
}

int session::run() {
  if (rows_.empty()) return list_ ? 0 : 2;
  look_at_machine();
  for (row& r : rows_) calibrate(r);
  for (std::size_t i = 0; i < rows_.size(); ++i)
    benchmark::RegisterBenchmark(rows_[i].name.c_str(),
                                 [this, i](benchmark::State& state) {
                                   for (auto _ : state) {
                                     take_turn(rows_[i]);
                                     state.SetIterationTime(rows_[i].repetitions.back().what.ns * 1e-9);
                                   }
                                 })
        ->Iterations(1)
        ->UseManualTime();
  silent reporter;
  const auto begin = clock::now();
  std::size_t round = 0;
  // At least one full round; who has enough rests, the others go on while there is time.
  while (round == 0 || (!complete() && ns_between(begin, clock::now()) < seconds_ * 1e9)) {
    ++round;
    for (const row& r : rows_) {
      if (r.kept() >= rounds_) continue;
      if (benchmark::RunSpecifiedBenchmarks(&reporter, exactly(r.name)) != 1) {
        std::fprintf(stderr, "no benchmark of the name %s\n", exactly(r.name).c_str());
        return 1;
      }
    }
    judge();
    const auto done = std::count_if(rows_.begin(), rows_.end(), [&](const row& r) { return r.kept() >= rounds_; });
    if (isatty(2) == 1)
      std::fprintf(stderr, "\r%s: round %zu, %zu of %zu rows complete, %.0f s ", question_.c_str(), round,
                   static_cast<std::size_t>(done), rows_.size(), ns_between(begin, clock::now()) / 1e9);
  }
  std::fprintf(stderr, "%s%s: %zu rounds in %.0f s\n", isatty(2) == 1 ? "\n" : "", question_.c_str(), round,
               ns_between(begin, clock::now()) / 1e9);
  print();
  if (!out_.empty()) write();
  return 0;
}

}  // namespace bench
