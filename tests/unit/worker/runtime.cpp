// SPDX-License-Identifier: MIT
// Unit tests of the runtime: how it is made, what it refuses, what it says of itself, and how it ends.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace {

using support::on_each_runtime;
using support::says;
using trust::errc;
using trust::options;
using trust::task;
using namespace std::chrono_literals;

/// An environment variable, for a while.
class variable {
 public:
  variable(const char* name, const char* value) : name_{name} {
    if (const char* old = std::getenv(name); old != nullptr) old_ = old;
    ::setenv(name, value, 1);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() {
    if (old_) {
      ::setenv(name_, old_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

std::string refusal(const options& o) {
  return support::text_of([&] {
    CHECK(support::code_of([&] { const trust::runtime rt{o}; }) == errc::bad_option);
    const trust::runtime rt{o};
  });
}

TEST_CASE("a runtime has the workers that were asked for, and at least one by itself") {
  CHECK(trust::runtime{options{.workers = 3}}.workers() == 3);
  CHECK(trust::runtime{trust::simulated{.workers = 5}}.workers() == 5);
  CHECK(trust::runtime{}.workers() >= 1);
  CHECK(trust::runtime{options::embedded()}.workers() == 1);
}

TEST_CASE("an option that cannot be obeyed is refused with a sentence that names it") {
  CHECK(says(refusal(options{.cpus = {100'000}}), "100000"));
  CHECK(says(refusal(options{.workers = 1, .lane_capacity = 3}), "lane_capacity"));
  CHECK(says(refusal(options{.workers = 1, .lane_capacity = 1}), "lane_capacity"));
  CHECK(says(refusal(options{.workers = 1, .lane_capacity = 131072}), "lane_capacity"));
  CHECK(says(refusal(options{.workers = 2, .dedicated = 3}), "dedicated"));
  CHECK(says(refusal(options{.workers = 1, .blocking_threads = 0}), "blocking_threads"));
  CHECK(says(support::text_of([] { const trust::runtime rt{trust::simulated{.workers = 0}}; }), "workers"));
}

TEST_CASE(
    "a variable of the environment that cannot be read is refused with a sentence that names it, others are obeyed") {
  {
    const variable v{"TRUST_WORKERS", "many"};
    CHECK(says(refusal({}), "TRUST_WORKERS"));
  }
  {
    const variable v{"TRUST_CPUS", "0-"};
    CHECK(says(refusal({}), "TRUST_CPUS"));
  }
  {
    const variable v{"TRUST_PIN", "perhaps"};
    CHECK(says(refusal({}), "TRUST_PIN"));
  }
  {
    const variable v{"TRUST_IO", "smoke signals"};
    CHECK(says(refusal({}), "TRUST_IO"));
  }
  {
    const variable v{"TRUST_WORKERS", "3"};
    const trust::runtime rt{options{.workers = 1}};
    CHECK(rt.workers() == 3);
    CHECK(says(rt.describe(), "TRUST_WORKERS"));
  }
  {
    const variable v{"TRUST_IO", "epoll"};
    const trust::runtime rt{options{.workers = 1}};
    CHECK(says(rt.describe(), "epoll"));
  }
}

TEST_CASE("workers are threads named trust/0, trust/1, ...; pinned ones have one CPU") {
  trust::runtime rt{options{.workers = 2}};
  for (std::size_t w = 0; w < 2; ++w) {
    const std::string name = rt.spawn(trust::on(w), []() -> task<std::string> {
                                 std::ifstream comm{"/proc/thread-self/comm"};
                                 std::string text;
                                 std::getline(comm, text);
                                 co_return text;
                               }).get();
    CHECK(name == "trust/" + std::to_string(w));
  }
  const trust::runtime one{options{.cpus = {0}, .pin = trust::pinning::one_to_one}};
  CHECK(one.workers() == 1);
}

TEST_CASE("dedicated workers are left out of spawn and block_on, and get what is entrusted") {
  trust::runtime rt{options{.workers = 3, .dedicated = 1}};
  for (int i = 0; i < 4; ++i) {
    CHECK(rt.spawn([]() -> task<std::size_t> { co_return trust::this_worker().index(); }).get() < 2);
    CHECK(rt.entrust(i).owner().index() == 2);
  }
  CHECK(support::code_of([&] { rt.spawn(trust::on(2), []() -> task<> { co_return; }).get(); }) == errc::no_worker);
  CHECK(support::code_of([&] { rt.spawn(trust::on(3), []() -> task<> { co_return; }).get(); }) == errc::bad_option);
  auto there = rt.entrust(trust::on(2), 5);
  CHECK(there
            .launch([](int& n) -> task<int> {
              co_await trust::yield();
              co_return n;
            })
            .get() == 5);
  CHECK(says(rt.describe(), "dedicated"));
}

TEST_CASE("where all workers are dedicated nothing can be spawned, and calls go on") {
  for (const bool simulated : {false, true}) {
    std::optional<trust::runtime> rt;
    if (simulated) {
      rt.emplace(trust::simulated{.workers = 2, .dedicated = 2});
    } else {
      rt.emplace(options{.workers = 2, .dedicated = 2});
    }
    CHECK(support::code_of([&] { rt->spawn([]() -> task<> { co_return; }).get(); }) == errc::no_worker);
    CHECK(support::code_of([&] { rt->block_on([]() -> task<> { co_return; }); }) == errc::no_worker);
    CHECK(rt->entrust(4).apply([](int& n) { return n; }).get() == 4);
  }
}

TEST_CASE("describe says how many workers, where, by which back end, and how they wake each other") {
  trust::runtime rt{options{.workers = 2, .lane_capacity = 64, .backlog = 77}};
  const std::string text = rt.describe();
  CHECK(says(text, "2 workers"));
  CHECK(says(text, "64 granules"));
  CHECK(says(text, "77"));
  CHECK(says(text, "back end"));
  CHECK(says(text, "wake-ups"));
  CHECK(says(trust::runtime{trust::simulated{}}.describe(), "simulated"));
}

std::string dumped(const trust::runtime& rt) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  auto text = std::async(std::launch::async, [from = ends[0]] {
    std::string all;
    std::array<char, 512> some{};
    for (ssize_t n = 0; (n = ::read(from, some.data(), some.size())) > 0;)
      all.append(some.data(), static_cast<std::size_t>(n));
    return all;
  });
  rt.dump(ends[1]);
  ::close(ends[1]);
  std::string all = text.get();
  ::close(ends[0]);
  return all;
}

TEST_CASE("dump names every object with its state, and every task with the place of its await") {
  on_each_runtime([](trust::runtime& rt) {
    auto book = rt.entrust(trust::on(1), trust::named("book/ADA"), std::string{"x"});
    book.flush().get();
    auto asleep = std::make_shared<std::atomic<bool>>(false);
    auto sleeper = rt.spawn(trust::on(0), [asleep]() -> task<> {
      asleep->store(true);
      static_cast<void>(co_await trust::as_result(trust::sleep_for(1000h)));
    });
    while (!asleep->load()) rt.spawn(trust::on(0), []() -> task<> { co_return; }).get();
    const std::string text = dumped(rt);
    CHECK(says(text, "trust/0: "));
    CHECK(says(text, "trust/1: "));
    CHECK(says(text, "object book/ADA of type std::"));
    CHECK(says(text, "live, 1 handles"));
    CHECK(says(text, "awaits at "));
    CHECK(says(text, "runtime.cpp:"));
    rt.request_stop();
    sleeper.get();
  });
}

TEST_CASE("dump does not wait for a worker that stands still, and says so") {
  trust::runtime rt{options{.workers = 2, .stall_report = 0ns}};
  std::atomic<bool> open{false};
  auto r = rt.entrust(trust::on(1), 0);
  r.post([&o = open, copy = std::string{}](int&) {
    while (!o) std::this_thread::sleep_for(1ms);
  });
  CHECK(says(dumped(rt), "trust/1: does not answer"));
  open = true;
  r.flush().get();
  CHECK_FALSE(says(dumped(rt), "does not answer"));
}

TEST_CASE("what stands still too long is logged at once, and named when it comes out") {
  support::reports seen;
  trust::runtime rt{seen.into(options{.workers = 2, .stall_report = 5ms})};
  auto r = rt.entrust(trust::on(1), trust::named("slow one"), 0);
  r.apply([](int&) { std::this_thread::sleep_for(60ms); }).get();
  const auto logged = [&](const char* what) {
    return support::eventually([&] {
      for (const std::string& line : seen.lines()) {
        if (line.find(what) != std::string::npos) return true;
      }
      return false;
    });
  };
  CHECK(logged("trust/1 has been in one closure"));
  CHECK(logged("slow one"));
  rt.spawn(trust::on(0), []() -> task<> {
      std::this_thread::sleep_for(60ms);
      co_return;
    }).get();
  CHECK(logged("a coroutine's slice"));
}

TEST_CASE("metrics count what a worker has done") {
  trust::runtime rt{options{.workers = 2}};
  auto r = rt.entrust(trust::on(1), 0);
  support::run(rt, [&]() -> task<> {
    for (int i = 0; i < 100; ++i) co_await r.apply([](int& n) { ++n; });
  });
  CHECK(rt.metrics(1).served >= 100);
  CHECK(rt.metrics(1).passes > 0);
  CHECK(rt.metrics(1).lanes_polled > 0);
  CHECK(support::eventually([&] { return rt.metrics(0).parks > 0; }));
}

TEST_CASE("every way of idling wakes up for calls, timers and foreign threads") {
  for (const auto how : {trust::spinning::adaptive, trust::spinning::park_at_once, trust::spinning::never_park}) {
    trust::runtime rt{options{.workers = 2, .spin = how}};
    auto r = rt.entrust(trust::on(1), 0);
    for (int i = 0; i < 5; ++i) {
      support::run(rt, [&]() -> task<> {
        co_await trust::sleep_for(1ms);
        co_await r.apply([](int& n) { ++n; });
        co_await r.launch([](int& n) -> task<> {
          co_await trust::sleep_for(1ms);
          ++n;
        });
      });
    }
    CHECK(r.apply([](int& n) { return n; }).get() == 10);
    if (how == trust::spinning::never_park) CHECK(rt.metrics(1).parks == 0);
  }
}

TEST_CASE("two runtimes in one process call each other's objects") {
  trust::runtime a{options{.workers = 2}};
  trust::runtime b{options{.workers = 2, .lane_capacity = 2}};
  auto in_a = a.entrust(trust::on(1), 1);
  auto in_b = b.entrust(trust::on(1), 2);
  const auto both = [&](trust::runtime& rt) {
    return rt.block_on([&]() -> task<int> {
      int sum = 0;
      for (int i = 0; i < 200; ++i) {
        sum += co_await in_a.apply([](int& n) { return n; }) + co_await in_b.apply([](int& n) { return n; });
      }
      sum += co_await in_b.launch([&in_a](int& n) -> task<int> {
        CHECK(trust::this_worker().index() == 1);
        const int other = co_await in_a.apply([](int& m) { return m; });
        co_return n + other;
      });
      co_return sum;
    });
  };
  CHECK(both(a) == 603);
  CHECK(both(b) == 603);
}

}  // namespace
