// SPDX-License-Identifier: MIT
#pragma once
// session: one question, its rivals, and how they are measured: in turn, round by round, until each has enough
// repetitions that count or the time is up.
//
//     a row        one rival, named question/rival/parameter; a Google Benchmark of one iteration with manual time
//     repetition   as many operations as take some milliseconds, checked by the rival, which ends the program if wrong
//     kept         the bare round trip before and after lay in the regime, and the one in two lines, which may double
//                  while that of one word stays, within 0.7 and 1.4 of its median in this run; threads did not wait for
//                  a CPU (of the time, all of them together at most 2 %); and where it is asked for they were at it
//                  together for 95 % of the time. What is not kept is counted, by reason
//     value        median over what was kept: nanoseconds for one operation, for latency rows the p50 of all samples
//
// Where nothing was kept there is no value: the median of all is shown beside it, and no ratio is made of it. Google's
// own repetitions follow each other or come in random order, and none can be taken again; so a repetition is one call
// of RunSpecifiedBenchmarks here, and the rounds are ours.
#include "machine.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// What a rival says of one repetition.
struct measured {
  double operations = 0;
  double ns = 0;
  std::vector<float> samples = {};  ///< nanoseconds of single operations; latency rows only
  double overlap = 1;               ///< the part of the repetition in which the row's condition held, see row_options
  double waited = -1;               ///< see waited_ns; negative: of the whole call, which includes the check
};

/// Does about `operations`, checks the result (see `check`), says what it took.
using rival = std::function<measured(long operations)>;

/// Ends the program if `got` is not `wanted`.
void check(const std::string& who, long long got, long long wanted);

enum class crossing { cores, none };  ///< whether the way between the cores matters to a row

struct row_options {
  crossing over = crossing::cores;
  long operations = 0;  ///< of a repetition; 0: as many as fill --repetition
  double waiting =
      0.02;            ///< at most this part of the time threads may wait for a CPU; who is woken always does a little
  double overlap = 0;  ///< so much of it all threads must have been at it, or sleepers asleep
};

/// How a budget of the design is read.
enum class demand {
  faster,  ///< against / row: at least so many times
  within,  ///< row / against: at most so many times
  ns,      ///< row: at most so many nanoseconds
  ns_more  ///< row - against: at most so many nanoseconds
};
struct budget {
  std::string what;
  std::string row;
  std::string against;  ///< empty for demand::ns
  demand kind;
  double must;
  double floor;
  double quantile = 0.5;  ///< of latency rows
};

class session {
 public:
  /// Reads --rounds N, --repetition MS, --regime LO:HI, --time S, --out FILE, --filter REGEX, --quick, --list.
  session(int argc, char** argv, std::string question);

  void add(const std::string& name, rival r, row_options o = {});
  void demand_of(budget b) { budgets_.push_back(std::move(b)); }
  /// A line for the report.
  void note(std::string line) { notes_.push_back(std::move(line)); }
  /// Runs the rounds, prints a table, writes the JSON. What main returns.
  [[nodiscard]] int run();
  [[nodiscard]] bool quick() const noexcept { return quick_; }

 private:
  struct repetition {
    measured what;
    double trip_before = 0, trip_after = 0, lines_before = 0, lines_after = 0;
    double waited = 0;
    bool in_regime = true, alone = true, together = true;
    [[nodiscard]] bool kept() const noexcept { return in_regime && alone && together; }
    [[nodiscard]] double each() const noexcept { return what.ns / what.operations; }
  };
  struct row {
    std::string name;
    rival run;
    row_options options;
    long operations = 0;
    std::vector<repetition> repetitions = {};
    [[nodiscard]] std::size_t kept() const;
    /// Median, or a quantile of the samples; of what was kept, or of all. Negative: there is none.
    [[nodiscard]] double value(bool of_all, double q = 0.5) const;
    [[nodiscard]] std::vector<float> samples(bool of_all) const;
  };

  void calibrate(row& r);
  void take_turn(row& r);
  /// Which repetitions lie in the regime, as far as that is known by now.
  void judge();
  [[nodiscard]] bool complete() const;
  void look_at_machine();
  void print() const;
  void write() const;
  [[nodiscard]] const row* find(const std::string& name) const;

  std::string question_, out_, filter_ = ".";
  std::size_t rounds_ = 9;
  double repetition_ms_ = 20, low_ = 80, high_ = 160, seconds_ = 60;
  bool quick_ = false, list_ = false;
  double trip_at_start_ = 0, two_lines_at_start_ = 0, load_at_start_ = 0;
  std::vector<std::string> notes_;
  std::vector<row> rows_;
  std::vector<budget> budgets_;
};

/// The q-quantile of samples, which are reordered. 0 if there are none.
[[nodiscard]] double quantile(std::vector<float>& samples, double q);

}  // namespace bench
