// SPDX-License-Identifier: MIT
// refused_ring: where the kernel refuses io_uring, as containers do, a runtime says so once and goes on with epoll.
//
// A seccomp filter refuses io_uring_setup with each errno that such systems give; all else works as before.
#include "child.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

bool refuse_rings(int with) {
  const sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (static_cast<unsigned>(with) & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], const_cast<sock_filter*>(program)};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

constexpr int no_seccomp = 77;

int run_without_rings(int with, const char* wish) {
  if (!refuse_rings(with)) return no_seccomp;
  if (wish != nullptr) {
    ::setenv("TRUST_IO", wish, 1);
  } else {
    ::unsetenv("TRUST_IO");
  }
  trust::options o;
  o.workers = 3;
  o.pin = trust::pinning::none;
  for (int again = 0; again < 2; ++again) {
    trust::runtime rt{o};
    if (rt.describe().find("epoll") == std::string::npos) return 2;
    const auto r = rt.entrust(trust::on(2), 0);
    const int n = rt.block_on([&]() -> trust::task<int> {
      co_await trust::sleep_for(2ms);
      for (int i = 0; i < 100; ++i) co_await r.apply([](int& x) { ++x; });
      co_return co_await r.launch([](int& x) -> trust::task<int> {
        co_await trust::sleep_for(2ms);
        co_return x;
      });
    });
    if (n != 100 || r.apply([](int& x) { return ++x; }).get() != 101) return 3;
  }
  return 0;
}

std::size_t count(const std::string& text, const std::string& piece) {
  std::size_t n = 0;
  for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a ring that the kernel refuses is said once, and everything goes on with epoll") {
  for (const int with : {EPERM, ENOSYS, EINVAL, ENOMEM}) {
    for (const char* wish : {static_cast<const char*>(nullptr), "uring"}) {
      CAPTURE(with);
      const std::string asked = wish != nullptr ? wish : "nothing";
      CAPTURE(asked);
      const auto e = tests::in_a_child([&] { return run_without_rings(with, wish); });
      CAPTURE(e.said);
      if (WIFEXITED(e.status) && WEXITSTATUS(e.status) == no_seccomp) {
        MESSAGE("skipped: this system takes no seccomp filter");
        return;
      }
      CHECK(e.cleanly());
      CHECK(count(e.said, "io_uring") == count(e.said, "\n"));  // nothing else is said
      CHECK(count(e.said, "io_uring is refused") >= 1);
      CHECK(count(e.said, "io_uring is refused") <= 2);  // once for each of two runtimes, at most
    }
  }
}
