// SPDX-License-Identifier: MIT
// counter: the smallest contended thing there is, a shared counter, as an atomic, behind a mutex, and entrusted.
//
//     counter [workers]        2 by default; takes about three seconds
//
// The contestants run in turn, several rounds, and the table shows each one's median: the way between two cores changes
// while a program runs, on virtual machines by a factor of ten, and turns spread that evenly. All threads of the atomic
// and of the mutex count; with `remote` one worker of the same number keeps the counter and the others send to it.
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

constexpr int rounds = 7;
constexpr double round_ns = 45e6;  // what one contestant gets in one round

struct row {
  std::string name;
  contestant run;
  long increments = 20'000;     // of a round, after the first one set it
  std::vector<double> ns = {};  // per increment
};

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

void calibrate(row& r) {
  r.run(r.increments);
  double each = r.run(r.increments) / static_cast<double>(r.increments);
  r.increments = std::clamp(static_cast<long>(round_ns / each), 1'000L, 20'000'000L);
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

  std::vector<double> trips;
  for (auto& r : rows) calibrate(r);
  for (int round = 0; round < rounds; ++round) {
    trips.push_back(round_trip(where));
    for (auto& r : rows) r.ns.push_back(r.run(r.increments) / static_cast<double>(r.increments));
  }

  std::printf(
      "One counter, %zu threads%s. Nanoseconds per increment, median of %d rounds; every count was checked.\n\n",
      workers, where.empty() ? " that go where the kernel puts them" : ", each on its CPU", rounds);
  std::printf("%-28s %9s %9s %9s %16s\n", "", "ns", "least", "most", "against atomic");
  double atomic_ns = median(rows[0].ns);
  for (const auto& r : rows) {
    auto [least, most] = std::minmax_element(r.ns.begin(), r.ns.end());
    double ns = median(r.ns);
    std::printf("%-28s %9.1f %9.1f %9.1f %15.2fx\n", r.name.c_str(), ns, *least, *most, atomic_ns / ns);
  }
  auto [least, most] = std::minmax_element(trips.begin(), trips.end());
  std::printf("\n\"2x\" is twice as fast as the atomic. One word to another CPU and back: %.0f ns (%.0f to %.0f).\n",
              median(trips), *least, *most);
  if (median(trips) > 300)
    std::printf(
        "That is slow: these CPUs are busy or far apart, and all that crosses between them is slower with it.\n");
  if (one_cpu())
    std::printf(
        "This process has one CPU: the threads take turns, nobody contends, and the table shows little else.\n");
}
