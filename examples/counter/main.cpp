// SPDX-License-Identifier: MIT
// counter: the smallest contended thing there is, a shared counter, as an atomic, behind a mutex, and entrusted.
//
//     counter [workers]        2 by default; takes about three seconds
//
// The contestants run in turn, several rounds. The way between two cores changes while a program runs, on virtual machines
// by a factor of ten and within seconds, and everything here with it: so it is measured before and after each turn, and
// the table shows the median of the turns on which it was at most twice its least. All threads of the atomic and of the
// mutex count; with `remote` one worker of the same number keeps the counter and the others send to it.
#include "measure.hpp"
#include <trust/trust.hpp>

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using namespace counter;

constexpr int rounds = 9;
constexpr double turn_ns = 35e6;  // what one contestant gets in one round

struct turn {
  double trip_ns;  // one word there and back, the slower of before and after
  double ns;       // per increment
};

struct row {
  std::string name;
  contestant run;
  long increments = 20'000;  // of a turn, after the first one set it
  std::vector<turn> turns = {};
};

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

void calibrate(row& r) {
  r.run(r.increments);
  double each = r.run(r.increments) / static_cast<double>(r.increments);
  r.increments = std::clamp(static_cast<long>(turn_ns / each), 1'000L, 20'000'000L);
}

void take_turn(row& r, const cpus& where) {
  double before = round_trip(where);
  double ns = r.run(r.increments) / static_cast<double>(r.increments);
  r.turns.push_back({std::max(before, round_trip(where)), ns});
}

// The turns of a row on which the way was no longer than `limit`; all of them if there is none.
std::vector<double> kept(const row& r, double limit) {
  std::vector<double> some;
  std::vector<double> all;
  for (const turn& t : r.turns) {
    all.push_back(t.ns);
    if (t.trip_ns <= limit) some.push_back(t.ns);
  }
  return some.empty() ? all : some;
}

bool one_cpu() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  return sched_getaffinity(0, sizeof mask, &mask) == 0 && CPU_COUNT(&mask) == 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t workers = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2;
  if (argc > 2 || workers < 2 || workers > 1024) {
    std::cerr << "usage: counter [workers], from 2 to 1024\n";
    return 2;
  }
  trust::options how;
  how.workers = workers;
  trust::runtime rt{how};
  cpus where = cpus_of(rt);

  std::vector<row> rows;
  rows.push_back({"atomic fetch_add", [&](long n) { return by_atomic(workers, where, n); }});
  rows.push_back({"mutex", [&](long n) { return by_mutex(workers, where, n); }});
  for (std::size_t in_flight : {1u, 8u, 64u, 256u})
    rows.push_back({"remote, " + std::to_string(in_flight) + " in flight",
                    [&rt, in_flight](long n) { return by_remote(rt, in_flight, false, n); }});
  rows.push_back({"remote, 64, also from home", [&](long n) { return by_remote(rt, 64, true, n); }});

  for (auto& r : rows) calibrate(r);
  for (int round = 0; round < rounds; ++round)
    for (auto& r : rows) take_turn(r, where);

  double least = rows[0].turns[0].trip_ns;
  double most = least;
  for (const auto& r : rows)
    for (const auto& t : r.turns) {
      least = std::min(least, t.trip_ns);
      most = std::max(most, t.trip_ns);
    }
  double limit = 2 * least;

  std::printf("One counter, %zu threads%s. Nanoseconds per increment; every count was checked.\n\n", workers,
              where.empty() ? " that go where the kernel puts them" : ", each on its CPU");
  std::printf("%-28s %9s %16s %8s\n", "", "ns", "against atomic", "turns");
  double atomic_ns = median(kept(rows[0], limit));
  for (const auto& r : rows) {
    auto good = std::count_if(r.turns.begin(), r.turns.end(), [&](const turn& t) { return t.trip_ns <= limit; });
    double ns = median(kept(r, limit));
    std::printf("%-28s %9.1f %15.2fx %5d/%d%s\n", r.name.c_str(), ns, atomic_ns / ns, static_cast<int>(good), rounds,
                good == 0 ? "  none was quiet" : "");
  }
  std::printf(
      "\n\"2x\" is twice as fast as the atomic. One word to another CPU and back took %.0f to %.0f ns; turns on\n"
      "which it took more than %.0f are left out.\n",
      least, most, limit);
  if (least > 300)
    std::printf("That is slow: these CPUs are busy or far apart, and what crosses between them is slow with it.\n");
  if (one_cpu())
    std::printf(
        "This process has one CPU: the threads take turns, nobody contends, and the table shows little else.\n");
}
