// SPDX-License-Identifier: MIT
// Unit tests of what a simulation's seed chooses, and of what it may not: each choice is seen to fall out in more than one way over some seeds,
// and the promises hold over all of them.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace {

using support::says;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

/// What a run looks like from outside, with its trace.
struct seen {
  std::uint64_t hash = 0;
  std::vector<std::string> lines;
};

/// Some work for three workers: calls of every kind, timers, objects that come and go.
task<> some_work(trust::runtime& rt) {
  auto a = rt.entrust(trust::on(0), trust::named("a"), 0);
  auto b = rt.entrust(trust::on(1), 0);
  std::vector<trust::task_handle<void>> all;
  for (std::size_t i = 0; i < 6; ++i) {
    all.push_back(rt.spawn(
        trust::on(i % rt.workers()),
        [](trust::remote<int> x, trust::remote<int> y) -> task<> {
          for (int k = 0; k < 4; ++k) {
            co_await x.apply([](int& n) { ++n; });
            y.post([](int& n) { ++n; });
            co_await trust::sleep_for(30us);
            co_await y.launch([](int& n) -> task<> {
              co_await trust::yield();
              ++n;
            });
          }
        },
        a, b));
  }
  for (auto& h : all) co_await h;
}

seen played(trust::simulated how, bool traced) {
  seen s;
  if (traced) how.trace = [&s](std::string_view line) { s.lines.emplace_back(line); };
  trust::runtime rt{how};
  rt.block_on([&] { return some_work(rt); });
  CHECK(rt.stop());
  s.hash = rt.trace_hash();
  return s;
}

/// The numbers before `unit` in the lines that have `what` in them.
std::vector<long> numbers(const std::vector<std::string>& lines, std::string_view what, std::string_view unit) {
  std::vector<long> all;
  for (const std::string& line : lines) {
    const std::size_t at = line.find(unit);
    if (line.find(what) == std::string::npos || at == std::string::npos) continue;
    const std::size_t from = line.find_last_of(' ', at - 2) + 1;
    all.push_back(std::atol(line.c_str() + from));
  }
  return all;
}

/// The virtual time of a line of the trace, in nanoseconds.
long time_of(const std::string& line) {
  return std::atol(line.c_str()) * 1'000'000'000 + std::atol(line.c_str() + line.find('.') + 1);
}

TEST_CASE("one seed is one run, event by event, and being looked at changes nothing") {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed <= 60; ++seed) {
    CAPTURE(seed);
    const trust::simulated how{.seed = seed, .workers = 3};
    const seen once = played(how, true);
    const seen again = played(how, true);
    CHECK(once.hash == again.hash);
    CHECK(once.lines == again.lines);
    CHECK(once.hash == played(how, false).hash);
    hashes.insert(once.hash);
  }
  CHECK(hashes.size() == 61);
}

TEST_CASE("the trace says who did what, when, for whom and to what") {
  const seen s = played({.seed = 3, .workers = 3}, true);
  std::string text;
  for (const std::string& line : s.lines) text += line + "\n";
  CHECK(says(text, " trust/0 serves "));
  CHECK(says(text, " of trust/1: "));
  CHECK(says(text, " on a\n"));
  CHECK(says(text, " trust/1 collects "));
  CHECK(says(text, " goes on with "));
  CHECK(says(text, " opens "));
  CHECK(says(text, " fires "));
  CHECK(says(text, " the clock jumps to here"));
  CHECK(says(text, " does its part in the end"));
  for (std::size_t i = 1; i < s.lines.size(); ++i) CHECK(time_of(s.lines[i - 1]) <= time_of(s.lines[i]));
  CHECK(says(played({}, true).lines.front(), "makes a pass"));
  CHECK(trust::runtime{trust::options{.workers = 1}}.trace_hash() == 0);
}

TEST_CASE("messages are under way for a drawn time, as long as they may and no longer") {
  std::size_t delays = 0, runs_without = 0;
  long longest = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const seen s = played({.seed = seed, .workers = 3, .delay = 70us}, true);
    const std::vector<long> all = numbers(s.lines, "will have", " nanosecond");
    delays += all.size();
    runs_without += all.empty();
    for (const long d : all) longest = std::max(longest, d);
    CHECK(numbers(played({.seed = seed, .workers = 3, .delay = 0us}, true).lines, "will have", " nanosecond").empty());
  }
  CHECK(delays > 100);
  CHECK(runs_without > 0);
  CHECK(longest > 35'000);
  CHECK(longest <= 70'000);
}

TEST_CASE("a worker that stands still does nothing for as long, and virtual time passes") {
  std::size_t stands = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const seen s = played({.seed = seed, .workers = 3, .slow = 400us}, true);
    std::map<std::string, long> until;
    for (const std::string& line : s.lines) {
      const std::size_t at = line.find("trust/");
      if (at != line.find(' ') + 1) continue;
      const std::string who = line.substr(at, 7);
      CHECK(time_of(line) >= until[who]);
      const std::vector<long> d = numbers({line}, "stands still", " nanosecond");
      if (d.empty()) continue;
      ++stands;
      CHECK(d.front() <= 400'000);
      until[who] = time_of(line) + d.front();
    }
    CHECK(numbers(played({.seed = seed, .workers = 3, .slow = 0us}, true).lines, "stands still", " nano").empty());
  }
  CHECK(stands > 100);
}

TEST_CASE("the seed chooses how much a lane takes where nobody says, and seed 0 the usual") {
  const auto lanes = [](const trust::simulated& how) {
    const std::string text = trust::runtime{how}.describe();
    const std::size_t at = text.find("lanes: ");
    return text.substr(at, text.find(' ', at + 7) - at);
  };
  std::set<std::string> all;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) all.insert(lanes({.seed = seed}));
  CHECK(all.count("lanes: 2") == 1);
  CHECK(all.size() > 3);
  CHECK(lanes({}) == "lanes: 512");
  CHECK(lanes({.seed = 1, .lane_capacity = 32}) == "lanes: 32");
}

// Two clients and one object; each client's letters come in order whatever the seed, both in each order over some seeds.
TEST_CASE("calls of two clients overtake each other, those of one never do") {
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    trust::runtime rt{trust::simulated{.seed = seed, .workers = 3}};
    auto r = rt.entrust(trust::on(0), std::string{});
    const auto writes = [](trust::remote<std::string> text, char first) -> task<> {
      const auto add = [](std::string& t, char c) { t += c; };
      text.post(add, first);
      static_cast<void>(co_await text.apply(add, static_cast<char>(first + 1)));
      text.post(add, static_cast<char>(first + 2));
      text.apply_then(add, [] {}, static_cast<char>(first + 3));
      static_cast<void>(co_await text.launch(
          [](std::string& t, char c) -> task<> {
            t += c;
            co_await trust::yield();
          },
          static_cast<char>(first + 4)));
    };
    auto one = rt.spawn(trust::on(1), writes, r, 'a');
    auto two = rt.spawn(trust::on(2), writes, r, 'p');
    auto own = rt.spawn(trust::on(0), writes, r, 'A');
    one.get();
    two.get();
    own.get();
    const std::string all = r.apply([](std::string& t) { return t; }).get();
    for (const std::string_view part : {"abcde", "pqrst", "ABCDE"}) {
      std::size_t at = 0;
      for (const char c : part) {
        at = all.find(c, at);
        CHECK(at != std::string::npos);
      }
    }
    CHECK(all.size() == 15);
    orders.insert(all);
  }
  CHECK(orders.size() > 100);
}

TEST_CASE("equal timers fire in either order, and ready tasks of one worker run in either") {
  std::set<std::string> timers, ready;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    trust::runtime rt{trust::simulated{.seed = seed, .workers = 1}};
    std::string slept, ran;
    rt.block_on([&]() -> task<> {
      const auto due = trust::now() + 1ms;
      trust::scope s;
      for (const char c : {'a', 'b'}) {
        co_await s.spawn([&slept, &ran, due, c]() -> task<> {
          ran += c;
          co_await trust::sleep_until(due);
          slept += c;
        });
      }
      co_await s.join();
    });
    timers.insert(slept);
    ready.insert(ran);
  }
  CHECK(timers == std::set<std::string>{"ab", "ba"});
  CHECK(ready == std::set<std::string>{"ab", "ba"});
}

TEST_CASE("an awaited call to an object of the same worker runs in place or gives way, as is drawn") {
  const auto gave_way = [](const trust::simulated& how) {
    trust::runtime rt{how};
    auto r = rt.entrust(trust::on(0), 0);
    r.flush().get();
    bool other = false;
    return rt.block_on([&]() -> task<bool> {
      trust::scope s;
      co_await s.spawn([&other]() -> task<> {
        other = true;
        co_return;
      });
      for (int i = 0; i < 3 && !other; ++i) co_await r.apply([](int& n) { ++n; });
      const bool first = other;
      co_await s.join();
      co_return first;
    });
  };
  int ways = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) ways += gave_way({.seed = seed, .workers = 1});
  CHECK(ways > 5);
  CHECK(ways < 55);
  CHECK_FALSE(gave_way({.workers = 1}));
  CHECK(gave_way({.workers = 1, .shortcut = false}));
}

TEST_CASE("an object is destroyed after all that was sent to it, also what is still under way") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    support::ledger book;
    {
      trust::runtime rt{trust::simulated{.seed = seed, .workers = 4}};
      auto r = rt.emplace<support::resident>(trust::on(0), &book);
      std::vector<trust::task_handle<void>> all;
      for (std::size_t i = 0; i < 4; ++i) {
        all.push_back(rt.spawn(
            trust::on(i),
            [](trust::remote<support::resident> x) -> task<> {
              for (int k = 0; k < 5; ++k) x.post(&support::resident::use);
              co_return;
            },
            r));
      }
      r.reset();
      for (auto& h : all) h.get();
    }
    CHECK(book.died == 1);
    CHECK(book.died_on == 0);
    CHECK(book.uses_when_it_died == 20);
  }
}

/// How many steps of 10 us a task makes before it is asked to stop.
int steps_until_stop(const trust::simulated& how) {
  trust::runtime rt{how};
  int steps = 0;
  const auto code = support::code_of([&] {
    rt.block_on([&]() -> task<> {
      for (; steps < 10'000; ++steps) co_await trust::sleep_for(10us);
    });
  });
  CHECK(code == (steps == 10'000 ? std::error_code{} : make_error_code(errc::cancelled)));
  return steps;
}

TEST_CASE("a stop comes at a drawn moment of the time it is given, and seed 0 stops at its end") {
  std::set<int> moments;
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    moments.insert(steps_until_stop({.seed = seed, .slow = 0us, .stop_within = 1ms}));
  CHECK(moments.size() > 20);
  CHECK(*moments.begin() < 20);
  CHECK(*moments.rbegin() > 60);
  CHECK(*moments.rbegin() <= 100);
  CHECK(steps_until_stop({.stop_within = 1ms}) == 99);
  CHECK(steps_until_stop({.seed = 5}) == 10'000);
}

TEST_CASE("a pass takes time where a seed draws it: who waits for another worker's slice may look at the clock") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    trust::runtime rt{trust::simulated{.seed = seed}};
    rt.block_on([]() -> task<> {
      for (const auto until = trust::now() + 20us; trust::now() < until;) co_await trust::yield();
    });
  }
}

TEST_CASE("grace, backlog, on_error and log are those of the options") {
  std::vector<std::string> errors, lines;
  trust::simulated how{.backlog = 3, .grace = 5ms};
  how.on_error = [&](std::exception_ptr e, std::string_view) { errors.push_back(trust::failure{e}.what()); };
  {
    trust::runtime rt{how};
    auto r = rt.entrust(trust::on(1), 0);
    r.post([](int&) { throw std::runtime_error{"ouch"}; });
    r.flush().get();
    CHECK(errors == std::vector<std::string>{"ouch"});
    const auto begin = rt.block_on([]() -> task<trust::time_point> { co_return trust::now(); });
    trust::time_point end{};
    auto deaf = rt.spawn(trust::unchecked([&end]() -> task<> {
      for (;;) {
        static_cast<void>(co_await trust::as_result(trust::sleep_for(1ms)));
        end = trust::now();
        co_await trust::yield();
      }
    }));
    deaf.detach();
    CHECK(rt.stop());
    CHECK(end - begin <= 5ms);
  }
  how.on_error = {};
  how.log = [&](trust::severity, std::string_view text) { lines.emplace_back(text); };
  trust::runtime rt{how};
  auto r = rt.entrust(trust::on(1), 0);
  for (int i = 0; i < 3; ++i) r.post([](int&) { throw std::runtime_error{"ouch"}; });
  CHECK(support::code_of([&] { r.post([](int&) {}); }) == errc::overloaded);
  r.flush().get();
  CHECK(lines.size() == 3);
  CHECK(says(lines.front(), "ouch"));
}

TEST_CASE("what cannot be simulated is refused with a sentence") {
  const auto refusal = [](const trust::simulated& how) {
    return support::text_of([&] { const trust::runtime rt{how}; });
  };
  CHECK(says(refusal({.delay = -1us}), "not negative"));
  CHECK(says(refusal({.slow = -1us}), "not negative"));
  CHECK(says(refusal({.stop_within = -1us}), "not negative"));
  CHECK(says(refusal({.lane_capacity = 3}), "power of two"));
}

}  // namespace
