// SPDX-License-Identifier: MIT
// instructions: how many instructions a call takes, counted one by one; time is not asked.
//
// A child runs in the simulation, so client and trustee are one thread, and stops before and after what is counted; in between its parent
// lets it go on by single steps. Each figure is the difference of a long and a short run, divided by what they differ in, so beginning and
// end of both cancel. Bounds are a tenth above what g++ 12 and clang 19 have today; whoever makes a call dearer says so here.
// Compiled with -O3 and NDEBUG, as a user's release. The library beside it is this build's, with its assertions.
#include <trust/trust.hpp>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

namespace {

constexpr auto increment = [](long& n) {
  ++n;
  asm volatile("" : "+m"(n));
};

/// What one would write by hand for an object that lies elsewhere.
struct holder {
  long* object;
};
[[gnu::noinline]] void by_hand(const holder& h, int times) {
  for (int i = 0; i < times; ++i) increment(*h.object);
}
[[gnu::noinline]] void by_local(const trust::local<long>& n, int times) {
  for (int i = 0; i < times; ++i) n.apply(increment);
}

/// Shared by the child, which writes it, and its parent.
class counting {
 public:
  counting()
      : on_{static_cast<volatile bool*>(
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))} {}
  counting(const counting&) = delete;
  counting& operator=(const counting&) = delete;
  ~counting() { ::munmap(const_cast<bool*>(on_), 4096); }

  void begin() const noexcept {
    *on_ = true;
    ::raise(SIGSTOP);
  }
  void end() const noexcept { *on_ = false; }
  [[nodiscard]] bool on() const noexcept { return *on_; }

 private:
  volatile bool* on_;
};

/// The instructions between begin and end of what `part(counting&)` runs in a child; nothing where tracing is forbidden.
template <class F> std::optional<long> instructions_of(F&& part) {
  const counting c;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(50);
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
    part(c);
    ::_exit(0);
  }
  long n = 0;
  int status = 0;
  while (::waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
    n += c.on();
    ::ptrace(c.on() ? PTRACE_SINGLESTEP : PTRACE_CONT, pid, nullptr, nullptr);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) return {};
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  REQUIRE(n > 0);
  return n;
}

/// Per operation, of a steady stream: `part(counting&, times)` does `width * times` of them.
template <class F> std::optional<double> per_operation(F&& part, int few, int width = 1) {
  const auto of_few = instructions_of([&](const counting& c) { part(c, few); });
  const auto of_more = instructions_of([&](const counting& c) { part(c, 2 * few); });
  if (!of_few || !of_more) return {};
  return static_cast<double>(*of_more - *of_few) / (few * width);
}

/// `part(counting&, times)`, a task, in a simulation of two workers.
template <class F> auto simulated(F&& part) {
  return [part = std::forward<F>(part)](const counting& c, int times) {
    trust::runtime rt{trust::simulated{.workers = 2}};
    rt.block_on([&] { return part(rt, c, times); });
  };
}

/// `width` tasks at a time increment an object of worker `owner`.
auto applying(std::uint32_t owner, int width) {
  return [owner, width](trust::runtime& rt, const counting& c, int times) -> trust::task<> {
    auto hits = rt.entrust(trust::on(owner), 0L);
    co_await hits.ready();
    auto each = [&hits](int n) -> trust::task<> {
      for (int i = 0; i < n; ++i) co_await hits.apply(increment);
    };
    co_await each(2);  // the lane is there
    std::vector<trust::task<>> all;
    for (int i = 0; i < width; ++i) all.push_back(each(times));
    c.begin();
    auto together = trust::when_all(all);
    co_await together;
    c.end();
  };
}

TEST_CASE("local::apply takes the instructions of the bare call") {
  const auto in_a_task = [](auto&& of_a_local) {
    return simulated([of_a_local](trust::runtime&, const counting& c, int times) -> trust::task<> {
      const trust::local<long> n{0L};
      c.begin();
      of_a_local(n, times);
      c.end();
      co_return;
    });
  };
  const auto bare = per_operation(in_a_task([](const trust::local<long>& n, int times) {
                                    n.apply([times](long& x) { by_hand(holder{&x}, times); });
                                  }),
                                  100);
  const auto local = per_operation(in_a_task([](const trust::local<long>& n, int times) { by_local(n, times); }), 100);
  if (!bare || !local) {
    MESSAGE("tracing is forbidden here: nothing was counted");
    return;
  }
  MESSAGE("an increment: bare ", *bare, ", local::apply ", *local);
  CHECK(*bare == *local);
  CHECK(*bare <= 4);
}

TEST_CASE("an awaited call takes no more instructions than it did") {
  const auto here = per_operation(simulated(applying(0, 1)), 64);  // a whole budget of steps
  const auto lone = per_operation(simulated(applying(1, 1)), 8);
  const auto many = per_operation(simulated(applying(1, 32)), 3, 32);
  if (!here || !lone || !many) {
    MESSAGE("tracing is forbidden here: nothing was counted");
    return;
  }
  MESSAGE("awaited: run in place ", *here, ", on another worker ", *many, " with 32 in flight, ", *lone, " alone");
  CHECK(*here <= 64);
  CHECK(*many <= 365);
  CHECK(*lone <= 1090);  // of these about 80 are the record that the simulation keeps of its turns
}

}  // namespace
