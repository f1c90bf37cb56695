// SPDX-License-Identifier: MIT
// Unit tests of io::driver: bells before, during and between parks, on every back end that this machine has.

#include <trust/io/driver.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using trust::io::backend;
using trust::io::driver;
using trust::io::made;

using maker = made (*)();
constexpr maker makers[] = {trust::io::make_ring, trust::io::make_epoll};

// Runs the check with a driver of each kind; one that the kernel refuses is named and passed over.
template <class Check> void on_each(Check check) {
  for (const maker make : makers) {
    made m = make();
    if (!m.it) {
      MESSAGE("refused: " << m.how << ": " << m.refused.message());
      REQUIRE(m.refused);
      continue;
    }
    CAPTURE(m.how);
    check(*m.it, make);
  }
}

clock::duration park_for(driver& d, clock::duration how_long) {
  const auto begin = clock::now();
  d.park(begin + how_long);
  return clock::now() - begin;
}

long voluntary_switches() {
  rusage use{};
  getrusage(RUSAGE_THREAD, &use);
  return use.ru_nvcsw;
}

}  // namespace

TEST_CASE("back ends are named and found by their names") {
  CHECK(trust::io::name_of(backend::uring) == "uring");
  CHECK(trust::io::backend_named("epoll") == backend::epoll);
  CHECK(trust::io::backend_named("auto") == backend::automatic);
  CHECK_FALSE(trust::io::backend_named("kqueue"));
}

TEST_CASE("epoll is never refused") {
  const made m = trust::io::make_epoll();
  REQUIRE(m.it);
  CHECK(m.it->kind() == backend::epoll);
  CHECK_FALSE(m.how.empty());
}

TEST_CASE("a park with a deadline ends at the deadline and not before") {
  on_each([](driver& d, maker) {
    CHECK(park_for(d, 20ms) >= 20ms);
    CHECK(park_for(d, 300us) >= 300us);
    CHECK(park_for(d, -1s) < 5s);
  });
}

TEST_CASE("a bell rung before the park makes it return at once, and only once") {
  on_each([](driver& d, maker) {
    d.ring(nullptr);
    d.ring(nullptr);
    CHECK(park_for(d, 60s) < 30s);
    CHECK(park_for(d, 20ms) >= 20ms);
    d.ring(&d);
    CHECK(park_for(d, 60s) < 30s);
    CHECK(park_for(d, 20ms) >= 20ms);
  });
}

TEST_CASE("a bell that poll has seen is kept for the next park") {
  on_each([](driver& d, maker) {
    d.ring(nullptr);
    d.poll();
    d.poll();
    CHECK(park_for(d, 60s) < 30s);
    CHECK(park_for(d, 20ms) >= 20ms);
  });
}

TEST_CASE("writing one to the bell's descriptor rings it") {
  on_each([](driver& d, maker) {
    const std::uint64_t one = 1;
    REQUIRE(write(d.bell_fd(), &one, sizeof one) == sizeof one);
    CHECK(park_for(d, 60s) < 30s);
  });
}

TEST_CASE("a full eventfd still rings") {
  on_each([](driver& d, maker) {
    const std::uint64_t most = UINT64_MAX - 1;
    REQUIRE(write(d.bell_fd(), &most, sizeof most) == sizeof most);
    CHECK(park_for(d, 60s) < 30s);
    d.ring(nullptr);
    CHECK(park_for(d, 60s) < 30s);
  });
}

TEST_CASE("a stranger's bell wakes a parked driver that has no deadline") {
  on_each([](driver& d, maker) {
    std::thread stranger{[&] {
      std::this_thread::sleep_for(20ms);
      d.ring(nullptr);
    }};
    const auto begin = clock::now();
    d.park(std::nullopt);
    CHECK(clock::now() - begin >= 15ms);
    stranger.join();
  });
}

TEST_CASE("many bells from strangers, one after each park, are all heard") {
  on_each([](driver& d, maker) {
    constexpr int rounds = 2000;
    std::atomic<int> heard = 0;
    std::thread stranger{[&] {
      for (int i = 1; i <= rounds; ++i) {
        d.ring(nullptr);
        while (heard.load() < i) std::this_thread::yield();
      }
    }};
    for (int i = 1; i <= rounds; ++i) {
      d.park(std::nullopt);
      heard.store(i);
    }
    stranger.join();
    CHECK(park_for(d, 5ms) >= 5ms);
  });
}

TEST_CASE("a parked driver does not wake by itself") {
  on_each([](driver& d, maker) {
    (void)park_for(d, 20ms);  // the kernel may still be taking the ring before this one apart, on this thread
    const long before = voluntary_switches();
    CHECK(park_for(d, 200ms) >= 200ms);
    CHECK(voluntary_switches() - before <= 2);
  });
}

TEST_CASE("two drivers ring each other 10000 times and none is lost") {
  on_each([](driver& here, maker make) {
    constexpr int rounds = 10'000;
    std::atomic<driver*> other = nullptr;
    std::atomic<int> ping = 0;
    std::atomic<int> pong = 0;
    std::atomic<bool> over = false;
    std::thread partner{[&] {
      made m = make();
      REQUIRE(m.it);
      other.store(m.it.get());
      for (int i = 1; i <= rounds; ++i) {
        while (ping.load() < i) m.it->park(std::nullopt);
        pong.store(i);
        here.ring(m.it.get());
      }
      while (!over.load()) m.it->park(clock::now() + 1ms);
    }};
    while (!other.load()) std::this_thread::yield();
    for (int i = 1; i <= rounds; ++i) {
      ping.store(i);
      other.load()->ring(&here);
      while (pong.load() < i) here.park(std::nullopt);
    }
    over.store(true);
    partner.join();
    CHECK(pong.load() == rounds);
  });
}

TEST_CASE("drivers of different back ends ring each other") {
  made ring = trust::io::make_ring();
  made epoll = trust::io::make_epoll();
  if (!ring.it) return;
  ring.it->ring(epoll.it.get());
  CHECK(park_for(*ring.it, 60s) < 30s);
  epoll.it->ring(ring.it.get());
  CHECK(park_for(*epoll.it, 60s) < 30s);
}

TEST_CASE("bells between rings of one thread arrive, more of them than a ring has places") {
  on_each([](driver& a, maker make) {
    made b = make();
    REQUIRE(b.it);
    for (int i = 0; i < 1000; ++i) {
      b.it->ring(&a);
      if (i % 300 == 0) b.it->poll();
    }
    CHECK(park_for(*b.it, 60s) < 30s);
    for (int i = 0; i < 100; ++i) b.it->poll();
    int early = 0;  // a watch that is armed anew finds what was rung before it: one early return more
    while (park_for(*b.it, 20ms) < 20ms) ++early;
    CHECK(early <= 1);
    CHECK(park_for(a, 20ms) >= 20ms);
  });
}

TEST_CASE("a forked child may drop its parent's driver, and the parent's goes on") {
  on_each([](driver& d, maker make) {
    made other = make();
    const pid_t child = fork();
    if (child == 0) {
      other.it.reset();
      _exit(0);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    other.it->ring(&d);
    CHECK(park_for(*other.it, 60s) < 30s);
    CHECK(park_for(*other.it, 5ms) >= 5ms);
  });
}
