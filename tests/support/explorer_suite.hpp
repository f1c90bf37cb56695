// SPDX-License-Identifier: MIT
#pragma once
// explorer_suite: the main program of a model test: its scenarios, its twins, and how a failure is looked at again.
//
//   program                                   explores each scenario, then each twin; 0 when all is as expected
//   program --list                            the names of scenarios and twins
//   program --twin NAME                       that twin only
//   program --scenario NAME [--twin NAME] --replay SCHEDULE     plays one execution and prints its steps
//
// A twin is the protocol with one edge weakened or one step left out. It is expected to fail: some scenario must
// notice, or the test itself fails, since then it would not notice the same mistake in the shipped code either.
#include "explorer.hpp"

#include <string>
#include <vector>

namespace model {

class suite {
 public:
  suite(std::string name, int argc, char** argv);

  // Holds in every execution; every twin of the suite is tried on it.
  void holds(options o, scenario s) { scenarios_.push_back({std::move(o), std::move(s), {}}); }
  // Must fail, with an error that contains `error`: for the explorer's own tests.
  void fails(options o, scenario s, std::string error) {
    scenarios_.push_back({std::move(o), std::move(s), std::move(error)});
  }

  template <class Edge> void weaken(const char* edge_name, Edge e, std::initializer_list<weaker> ways) {
    for (weaker w : ways) add_twin(edge_name, {.edge = static_cast<int>(e), .how = w});
  }
  template <class Step> void leave_out(const char* step_name, Step s) {
    twins_.push_back({std::string("no ") + step_name, {.step = static_cast<int>(s)}});
  }

  [[nodiscard]] int run();  // what main returns

 private:
  struct entry {
    options opt;
    scenario play;
    std::string error;
  };
  struct named_twin {
    std::string name;
    twin what;
  };

  void add_twin(const char* edge_name, twin t);
  bool explore_one(const entry& e);
  bool explore_twin(const named_twin& t);
  int replay_one();

  std::string name_, scenario_, twin_, schedule_;
  bool list_ = false;
  std::vector<entry> scenarios_;
  std::vector<named_twin> twins_;
};

}  // namespace model
