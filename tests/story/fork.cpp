// SPDX-License-Identifier: MIT
// fork: in a forked child the runtime is not there: every call says errc::forked, on a foreign thread and on a worker that forked, and the
// child ends cleanly. The parent goes on as if nothing had happened.
#include "child.hpp"
#include "support/effort.hpp"
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <memory>

namespace {

using namespace std::chrono_literals;

struct box {
  int n = 0;
};
int add(box& b, int x) { return b.n += x; }
trust::task<int> add_later(box& b, int x) {
  co_await trust::yield();
  co_return b.n += x;
}

template <class F> bool says_forked(F&& call) {
  try {
    call();
  } catch (const trust::error& e) {
    return e.code() == trust::errc::forked;
  }
  return false;
}

trust::options two_workers() {
  trust::options o;
  o.workers = 2;
  o.pin = trust::pinning::none;
  return o;
}

// Each step that went wrong is a bit of the child's exit status.
int child_on_a_foreign_thread(std::unique_ptr<trust::runtime>& rt, trust::remote<box>& r) {
  int wrong = 0;
  int step = 1;
  const auto check = [&](bool right) {
    if (!right) std::fprintf(stderr, "step %d is wrong\n", step), wrong = step;
    ++step;
  };
  check(says_forked([&] { r.apply(add, 1).get(); }));
  check(says_forked([&] { r.launch(add_later, 1).get(); }));
  check(says_forked([&] { static_cast<void>(r.apply(add, 1).future().get()); }));
  check(says_forked([&] { static_cast<void>(r.post(add, 1)); }));
  check(says_forked([&] { static_cast<void>(rt->entrust(1)); }));
  check(says_forked([&] { rt->spawn([]() -> trust::task<> { co_return; }).get(); }));
  check(says_forked([&] { rt->block_on([]() -> trust::task<> { co_return; }); }));
  std::error_code from_callback;
  r.apply(add, 1).start([p = trust::unchecked(&from_callback)](trust::result<int> result) mutable {
    *p.value = result.has_value() ? std::error_code{} : result.error().code();
  });
  check(from_callback == trust::errc::forked);
  rt->request_stop();
  check(rt->stop(std::chrono::steady_clock::now() + 1s));
  r.reset();
  rt.reset();
  return wrong;
}

}  // namespace

TEST_CASE("a forked child makes a runtime of its own") {
  if (tests::sanitized) {
    MESSAGE("skipped: a sanitizer starts no threads in the child of a process that has some");
    return;
  }
  trust::runtime rt{two_workers()};
  const auto r = rt.entrust(box{});
  CHECK(r.apply(add, 1).get() == 1);
  const auto e = tests::in_a_child([&] {
    trust::runtime mine{two_workers()};
    const auto own = mine.entrust(box{});
    const int one = mine.block_on([&]() -> trust::task<int> { co_return co_await own.apply(add, 1); });
    return one == 1 && says_forked([&] { r.apply(add, 1).get(); }) ? 0 : 1;
  });
  CAPTURE(e.said);
  CHECK(e.cleanly());
}

TEST_CASE("in a forked child every call on a foreign thread says so, the child ends cleanly, and the parent goes on") {
  auto rt = std::make_unique<trust::runtime>(two_workers());
  auto r = rt->entrust(trust::named("box"), box{});
  CHECK(r.apply(add, 1).get() == 1);
  for (int i = 0; i < 5; ++i) {
    const auto e = tests::in_a_child([&] { return child_on_a_foreign_thread(rt, r); });
    CAPTURE(e.said);
    CHECK(e.cleanly());
  }
  CHECK(r.apply(add, 1).get() == 2);
  CHECK(rt->block_on([&]() -> trust::task<int> { co_return co_await r.launch(add_later, 1); }) == 3);
}

namespace {

void fork_on(std::size_t worker) {
  trust::options o = two_workers();
  o.workers = 3;
  trust::runtime rt{o};
  const auto mine = rt.entrust(trust::on(worker), box{});
  const auto other = rt.entrust(trust::on((worker + 1) % 3), box{});
  const auto e = rt.spawn(
                       trust::on(worker),
                       [](trust::remote<box> near, trust::remote<box> far) -> trust::task<tests::ended> {
                         co_await near.apply(add, 1);
                         co_await far.apply(add, 1);
                         const pid_t pid = ::fork();
                         if (pid == 0) {
                           ::alarm(10);
                           int wrong = 0;
                           const auto to_near = co_await trust::as_result(near.apply(add, 1));
                           const auto to_far = co_await trust::as_result(far.apply(add, 1));
                           const auto launched = co_await trust::as_result(far.launch(add_later, 1));
                           for (const auto* x : {&to_near, &to_far, &launched})
                             wrong += x->has_value() || !(x->error() == trust::errc::forked);
                           wrong += !says_forked([&] { static_cast<void>(far.post(add, 1)); });
                           wrong += !says_forked([&] { static_cast<void>(near.post(add, 1)); });
                           wrong += !says_forked([&] { static_cast<void>(trust::this_runtime().entrust(box{})); });
                           trust::remote<box>{far}.reset();
                           ::_exit(wrong);
                         }
                         tests::ended done;
                         ::waitpid(pid, &done.status, 0);
                         co_await near.apply(add, 1);
                         co_await far.apply(add, 1);
                         co_return done;
                       },
                       mine, other)
                     .get();
  CHECK(e.cleanly());
  CHECK(mine.apply(add, 0).get() == 2);
  CHECK(other.apply(add, 0).get() == 2);
}

}  // namespace

TEST_CASE("on a worker that forks, the child's calls say so and the parent's task goes on") {
  for (const std::size_t worker : {0u, 1u, 2u}) {
    CAPTURE(worker);
    fork_on(worker);
  }
}
