// SPDX-License-Identifier: MIT
// Unit tests of link::real_machine: membarrier among many threads and across a fork, and that the rest costs no space.

#include <trust/link/machine.hpp>
#include <trust/link/verdict.hpp>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <thread>
#include <vector>

using machine = trust::link::real_machine;

TEST_CASE("a machine's atomic is as large as what it holds") {
  CHECK(sizeof(machine::atomic<std::uint32_t>) == sizeof(std::uint32_t));
  CHECK(sizeof(machine::atomic<void*>) == sizeof(void*));
  CHECK(machine::atomic<std::uint64_t>::is_always_lock_free);
  machine::pause();
  machine::order_store_load_compiler();
}

TEST_CASE("membarrier succeeds exactly where registering it did, and leaves errno alone") {
  errno = E2BIG;
  const bool has = machine::has_membarrier();
  CHECK(machine::membarrier() == has);
  CHECK(machine::has_membarrier() == has);
  CHECK(errno == E2BIG);
}

TEST_CASE("of threads that ask for a membarrier at once some are sent away and none waits for ever") {
  if (!machine::has_membarrier()) return;
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      int mine = 0;
      while (mine < 200) mine += machine::membarrier() ? 1 : 0;
      done += mine;
    });
  }
  for (auto& each : threads) each.join();
  CHECK(done.load() == 800);
  CHECK(machine::membarrier());
}

TEST_CASE("a forked child has its membarrier even when the fork fell into a call of its parent") {
  if (!machine::has_membarrier()) return;
  std::atomic<bool> over = false;
  std::thread busy{[&] {
    while (!over.load()) (void)machine::membarrier();
  }};
  for (int i = 0; i < 50; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(machine::has_membarrier() && machine::membarrier() ? 0 : 1);
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
  }
  over.store(true);
  busy.join();
}

TEST_CASE("a verdict is unknown until it is settled") {
  trust::link::verdict v;
  CHECK(v.settled() == 0);
  v.settle(ENOSYS);
  CHECK(v.settled() == ENOSYS);
}
