// SPDX-License-Identifier: MIT
#pragma once
// child: runs a part of a story in a process of its own, and says how it ended and what it wrote to stderr.

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace tests {

struct ended {
  int status = -1;
  std::string said;  ///< on stderr
  [[nodiscard]] bool cleanly() const noexcept { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
  [[nodiscard]] bool by(int signal) const noexcept { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
};

/// Forks; the child runs `part`, whose int is its exit status, and is killed if it takes longer than `seconds`.
template <class F> [[nodiscard]] ended in_a_child(F&& part, unsigned seconds = 20) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (const int s : {SIGABRT, SIGSEGV, SIGTERM, SIGINT, SIGILL, SIGFPE})
      ::signal(s, SIG_DFL);  // not the test framework's
    ::dup2(ends[1], 2);
    ::close(ends[0]);
    ::close(ends[1]);
    ::alarm(seconds);
    const int status = part();
    std::fflush(nullptr);
    ::_exit(status);
  }
  ::close(ends[1]);
  ended e;
  char text[4096];
  for (ssize_t n; (n = ::read(ends[0], text, sizeof text)) > 0;) e.said.append(text, static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::waitpid(pid, &e.status, 0);
  return e;
}

}  // namespace tests
