// SPDX-License-Identifier: MIT
// Unit tests of base/placement: the table of decisions, and what the environment may say.

#include <trust/base/placement.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace {

using trust::base::cpu;
using trust::base::decide;
using trust::base::from_environment;
using trust::base::machine_view;
using trust::base::placement;
using trust::base::placement_request;
using pinning = placement_request::pinning;
using ids = std::vector<int>;
using plan = std::vector<ids>;

// Four cores of two threads: CPUs 0-3 are the cores, 4-7 their siblings.
machine_view eight() {
  machine_view view;
  for (int id = 0; id < 8; ++id)
    view.cpus.push_back({.id = id, .core = id % 4, .package = 0, .node = 0, .first_of_core = id < 4});
  return view;
}

placement_request asked(std::size_t workers, ids cpus = {}, pinning pin = pinning::automatic) {
  placement_request request;
  request.workers = workers;
  request.cpus = std::move(cpus);
  request.pin = pin;
  return request;
}

bool says(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

placement_request environment(const std::map<std::string, std::string>& variables, placement_request request = {}) {
  return from_environment(std::move(request), [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

const ids all{0, 1, 2, 3, 4, 5, 6, 7};

}  // namespace

TEST_CASE("by default there is one worker per physical core, pinned one to one") {
  const placement p = decide({}, eight());
  CHECK(p.error.empty());
  CHECK(p.cpus_of_worker == plan{{0}, {1}, {2}, {3}});
  CHECK(p.pinned);
  CHECK_FALSE(p.shares_cpus);
  CHECK(says(p.why, "4 workers: one per physical core of the affinity mask (0-7)\n"));
  CHECK(says(p.why, "pinned one to one"));
}

TEST_CASE("more workers than cores take the siblings, and are still pinned while there is a CPU for each") {
  const placement p = decide(asked(6), eight());
  CHECK(p.cpus_of_worker == plan{{0}, {1}, {2}, {3}, {4}, {5}});
  CHECK(p.pinned);
  CHECK_FALSE(p.shares_cpus);
}

TEST_CASE("more workers than CPUs are not pinned and do not spin") {
  const placement p = decide(asked(9), eight());
  CHECK(p.cpus_of_worker == plan(9, all));
  CHECK_FALSE(p.pinned);
  CHECK(p.shares_cpus);
  CHECK(says(p.why, "more workers than CPUs"));
}

TEST_CASE("a quota caps the default number of workers and ends automatic pinning") {
  machine_view view = eight();
  view.quota = 1.5;
  const placement p = decide({}, view);
  CHECK(p.cpus_of_worker == plan(2, all));
  CHECK_FALSE(p.pinned);
  CHECK_FALSE(p.shares_cpus);
  CHECK(says(p.why, "quota of 1.5 CPUs"));
  view.quota = 0.1;
  CHECK(decide({}, view).cpus_of_worker.size() == 1);
  view.quota = 100;
  CHECK(decide({}, view).cpus_of_worker.size() == 4);
  CHECK_FALSE(decide({}, view).pinned);
}

TEST_CASE("a number that was asked for is not capped by the quota, but its workers do not spin") {
  machine_view view = eight();
  view.quota = 2;
  CHECK(decide(asked(4), view).cpus_of_worker.size() == 4);
  CHECK(decide(asked(4), view).shares_cpus);
  CHECK_FALSE(decide(asked(2), view).shares_cpus);
}

TEST_CASE("a part of the machine, or another runtime, ends automatic pinning") {
  machine_view view = eight();
  view.whole_mask = false;
  CHECK_FALSE(decide({}, view).pinned);
  CHECK(decide({}, view).cpus_of_worker == plan(4, all));
  CHECK(says(decide({}, view).why, "part of the machine"));
  view.whole_mask = true;
  view.runtimes_alive = 1;
  CHECK_FALSE(decide({}, view).pinned);
  CHECK(says(decide({}, view).why, "another runtime"));
}

TEST_CASE("an explicit list is used in its order, one worker per CPU") {
  machine_view view = eight();
  view.whole_mask = false;
  view.quota = 1;
  view.runtimes_alive = 3;
  const placement p = decide(asked(0, {5, 2, 5}), view);
  CHECK(p.cpus_of_worker == plan{{5}, {2}});
  CHECK(p.pinned);
  CHECK(decide(asked(1, {5, 2}), eight()).cpus_of_worker == plan{{5}});
  CHECK(decide(asked(3, {5, 2}), eight()).cpus_of_worker == plan(3, ids{5, 2}));
  CHECK(decide(asked(3, {5, 2}), eight()).shares_cpus);
}

TEST_CASE("no pinning leaves the affinity alone, or confines to the list as a whole") {
  CHECK(decide(asked(2, {}, pinning::none), eight()).cpus_of_worker == plan(2, ids{}));
  CHECK(decide(asked(2, {1, 3}, pinning::none), eight()).cpus_of_worker == plan(2, ids{1, 3}));
  CHECK_FALSE(decide(asked(2, {1, 3}, pinning::none), eight()).pinned);
}

TEST_CASE("pinning that was asked for goes round when CPUs run out") {
  machine_view view = eight();
  view.quota = 8;
  const placement p = decide(asked(3, {6, 7}, pinning::one_to_one), view);
  CHECK(p.cpus_of_worker == plan{{6}, {7}, {6}});
  CHECK(p.pinned);
  CHECK(p.shares_cpus);
}

TEST_CASE("a CPU that does not exist is an error that says which there are") {
  const placement p = decide(asked(0, {1, 8}), eight());
  CHECK(p.cpus_of_worker.empty());
  CHECK(says(p.error, "CPU 8"));
  CHECK(says(p.error, "(0-7)"));
  CHECK(says(p.error, "options.cpus"));
  CHECK(says(decide(asked(5000), eight()).error, "TRUST_WORKERS"));
}

TEST_CASE("the environment decides over the options and is named in the explanation") {
  const auto request = environment({{"TRUST_WORKERS", "3"}, {"TRUST_CPUS", "0,2-3"}, {"TRUST_PIN", "none"}}, asked(8));
  CHECK(request.error.empty());
  CHECK(request.workers == 3);
  CHECK(request.cpus == ids{0, 2, 3});
  CHECK(request.pin == pinning::none);
  CHECK(says(decide(request, eight()).why, "TRUST_WORKERS=3, TRUST_CPUS=0,2-3, TRUST_PIN=none"));
  CHECK(environment({{"TRUST_WORKERS", "auto"}, {"TRUST_PIN", "on"}}, asked(8)).workers == 0);
  CHECK(environment({{"TRUST_PIN", "on"}}).pin == pinning::one_to_one);
  CHECK(environment({{"TRUST_PIN", "auto"}}, asked(1, {}, pinning::none)).pin == pinning::automatic);
  CHECK(environment({{"TRUST_WORKERS", ""}}, asked(8)).workers == 8);
}

TEST_CASE("a malformed variable is an error that says what to write") {
  for (const char* text : {"0", "-1", "two", "3 ", "4096", "1.5"}) {
    CAPTURE(text);
    const auto request = environment({{"TRUST_WORKERS", text}});
    CHECK(says(request.error, "TRUST_WORKERS is \""));
    CHECK(says(decide(request, eight()).error, "from 1 to 1024"));
  }
  CHECK(says(environment({{"TRUST_CPUS", "0,,2"}}).error, "TRUST_CPUS=0,2-5"));
  CHECK(says(environment({{"TRUST_CPUS", " "}}).error, "TRUST_CPUS=0,2-5"));
  CHECK(says(environment({{"TRUST_PIN", "yes"}}).error, "auto, none or on"));
}

TEST_CASE("blocking work runs where no worker is pinned, or anywhere if each CPU has one or none is pinned") {
  const placement some = decide(asked(3), eight());
  CHECK(some.blocking_cpus == ids{3, 4, 5, 6, 7});
  CHECK(says(some.why, "blocking work runs on CPUs 3-7, where no worker is pinned\n"));
  CHECK(decide(asked(2, {6, 1}), eight()).blocking_cpus == ids{0, 2, 3, 4, 5, 7});
  CHECK(decide(asked(8), eight()).blocking_cpus == all);
  const placement free = decide(asked(2, {}, pinning::none), eight());
  CHECK(free.blocking_cpus == all);
  CHECK(says(free.why, "blocking work runs on CPUs 0-7\n"));
}
