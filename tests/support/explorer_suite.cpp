// SPDX-License-Identifier: MIT
// explorer_suite: runs scenarios and twins, and says in one line each what came of it.
#include "explorer_suite.hpp"

#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace model {

suite::suite(std::string name, int argc, char** argv) : name_{std::move(name)} {
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    if (a == "--list") {
      list_ = true;
    } else if (i + 1 < argc && a == "--scenario") {
      scenario_ = argv[++i];
    } else if (i + 1 < argc && a == "--twin") {
      twin_ = argv[++i];
    } else if (i + 1 < argc && a == "--replay") {
      schedule_ = argv[++i];
    } else {
      throw std::invalid_argument("usage: [--list] [--scenario NAME] [--twin NAME] [--replay SCHEDULE]");
    }
  }
}

void suite::add_twin(const char* edge_name, twin t) {
  const char* how = "";
  switch (t.how) {
    case weaker::both_ends:
      break;
    case weaker::release_end:
      how = ".release";
      break;
    case weaker::acquire_end:
      how = ".acquire";
      break;
    case weaker::not_total:
      how = ".total";
      break;
  }
  twins_.push_back({std::string(edge_name) + how, t});
}

bool suite::explore_one(const entry& e) {
  const result r = explore(e.opt, e.play);
  const std::string bound = e.opt.preemptions ? std::to_string(*e.opt.preemptions) : "all";
  std::printf("%s: %-34s %9llu executions %8llu states %6.2f s, preemptions: %s", name_.c_str(), e.opt.name.c_str(),
              static_cast<unsigned long long>(r.executions), static_cast<unsigned long long>(r.states), r.seconds,
              bound.c_str());
  const bool as_expected = r.failed == !e.error.empty() && (!r.failed || r.error.find(e.error) != r.error.npos);
  std::printf(as_expected ? (r.failed ? ", fails as it must\n" : ", holds\n") : ", NOT AS EXPECTED\n");
  if (!as_expected) {
    if (!r.failed) {
      std::printf("  it must fail with: %s\n", e.error.c_str());
    } else {
      std::printf("  %s\n  --scenario '%s' --replay %s\n", r.error.c_str(), e.opt.name.c_str(), r.schedule.c_str());
      replay(e.opt, e.play, r.schedule);
    }
  }
  std::fflush(stdout);
  return as_expected;
}

bool suite::explore_twin(const named_twin& t) {
  set_twin(t.what);
  bool caught = false;
  for (const entry& e : scenarios_) {
    if (!e.error.empty() || (!scenario_.empty() && scenario_ != e.opt.name)) continue;
    const result r = explore(e.opt, e.play);
    if (!r.failed) continue;
    caught = true;
    std::printf("%s: twin %-24s caught by '%s' after %llu executions: %s (--replay %s)\n", name_.c_str(),
                t.name.c_str(), e.opt.name.c_str(), static_cast<unsigned long long>(r.executions), r.error.c_str(),
                r.schedule.c_str());
    break;
  }
  set_twin({});
  if (!caught) std::printf("%s: twin %-24s NOT CAUGHT\n", name_.c_str(), t.name.c_str());
  std::fflush(stdout);
  return caught;
}

int suite::replay_one() {
  for (const named_twin& t : twins_)
    if (t.name == twin_) set_twin(t.what);
  for (const entry& e : scenarios_) {
    if (e.opt.name != scenario_ && !(scenario_.empty() && scenarios_.size() == 1)) continue;
    const result r = replay(e.opt, e.play, schedule_);
    std::printf("%s\n", r.failed ? r.error.c_str() : "nothing wrong");
    return r.failed ? 1 : 0;
  }
  std::printf("which scenario? --list names them\n");
  return 2;
}

int suite::run() {
  if (list_) {
    for (const entry& e : scenarios_) std::printf("scenario %s\n", e.opt.name.c_str());
    for (const named_twin& t : twins_) std::printf("twin %s\n", t.name.c_str());
    return 0;
  }
  if (!schedule_.empty()) return replay_one();
  unsigned wrong = 0, tried = 0;
  if (twin_.empty()) {
    for (const entry& e : scenarios_) {
      if (!scenario_.empty() && scenario_ != e.opt.name) continue;
      ++tried;
      wrong += !explore_one(e);
    }
  }
  if (twin_.empty() ? wrong == 0 && scenario_.empty() : true) {  // twins of what does not hold would show nothing
    for (const named_twin& t : twins_) {
      if (!twin_.empty() && twin_ != t.name) continue;
      ++tried;
      wrong += !explore_twin(t);
    }
  }
  if (tried == 0) std::printf("%s: nothing has that name\n", name_.c_str());
  return wrong == 0 && tried != 0 ? 0 : 1;
}

}  // namespace model
