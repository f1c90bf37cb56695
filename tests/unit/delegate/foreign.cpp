// SPDX-License-Identifier: MIT
// Unit tests of promise 6: a thread that is no worker can do everything, by get, future and start; and foreign awaitables come home
// through adopt.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <atomic>
#include <coroutine>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::task;
using namespace std::chrono_literals;

TEST_CASE("get waits for every verb and gives its result or throws what the closure threw") {
  on_each_runtime([](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), std::string{"x"});
    CHECK(r.apply([](std::string& s) { return s += 'y'; }).get() == "xy");
    CHECK(r.with(&std::string::size).get() == 2);
    r.apply([](std::string& s) { s += 'z'; }).get();
    CHECK(r.launch([](std::string& s) -> task<std::string> {
             co_await trust::sleep_for(1ms);
             co_return s;
           }).get() == "xyz");
    CHECK(r.apply_batch([](std::string&, std::size_t i) { return i; }, 3).get() == std::vector<std::size_t>{0, 1, 2});
    CHECK_THROWS_AS(r.apply([](std::string&) { throw std::out_of_range{"no"}; }).get(), std::out_of_range);
    r.post([](std::string& s) { s.clear(); });
    r.flush().get();
    CHECK(std::move(r).extract().get().empty());
  });
}

TEST_CASE("future begins at once and holds the result, or the exception") {
  trust::runtime rt{trust::options{.workers = 2}};
  auto r = rt.entrust(trust::on(1), 3);
  std::future<int> f = r.apply([](int& n) { return ++n; }).future();
  std::future<void> v = r.apply([](int& n) { ++n; }).future();
  std::future<int> bad = r.apply([](int&) -> int { throw std::out_of_range{"no"}; }).future();
  CHECK(f.get() == 4);
  v.get();
  // The exception is not read: who drops it last is settled by libstdc++'s own count, which ThreadSanitizer does not see.
  bool thrown = false;
  try {
    static_cast<void>(bad.get());
  } catch (const std::out_of_range&) {
    thrown = true;
  }
  CHECK(thrown);
  CHECK(r.apply([](int& n) { return n; }).get() == 5);
  const trust::remote<int> empty;
  CHECK(support::code_of([&] { static_cast<void>(empty.apply([](int& n) { return n; }).future().get()); }) ==
        errc::empty);
}

TEST_CASE("a callback of start runs on the trustee's worker, never from inside start there, and once") {
  trust::runtime rt{trust::options{.workers = 2}};
  auto r = rt.entrust(trust::on(1), 3);
  std::promise<std::pair<int, std::size_t>> told;
  r.apply([](int& n) { return n; }).start([&p = told, trust_me = std::string{}](int n) {
    p.set_value({n, trust::this_worker().index()});
  });
  const auto [n, where] = told.get_future().get();
  CHECK(n == 3);
  CHECK(where == 1);
  support::run(rt, [&]() -> task<> {
    auto done = std::make_shared<int>(0);
    r.apply([](int& x) { return x; }).start([done](int x) {
      *done = x + static_cast<int>(trust::this_worker().index()) * 100;
    });
    CHECK(*done == 0);
    const bool came = co_await support::soon([&done] { return *done != 0; });
    CHECK(came);
    CHECK(*done == 3);  // on the caller's worker: that of index 0
  });
}

TEST_CASE("what start cannot give to a callback that takes no result goes to on_error") {
  support::reports seen;
  trust::runtime rt{seen.into(trust::options{.workers = 1})};
  auto r = rt.entrust(0);
  r.apply([](int&) -> int { throw std::runtime_error{"lost"}; }).start([](int) {});
  CHECK(support::eventually([&] { return seen.errors().size() == 1; }));
  std::promise<std::string> told;
  auto shared = std::make_shared<std::promise<std::string>>(std::move(told));
  r.apply([](int&) -> int { throw std::runtime_error{"found"}; }).start([shared](trust::result<int> x) {
    shared->set_value(x.error().what());
  });
  CHECK(shared->get_future().get() == "found");
  CHECK(seen.errors() == std::vector<std::string>{"lost"});
}

// Runs what is posted on the thread that calls run().
class queue_executor {
 public:
  template <class F> void post(F&& f) {
    const std::lock_guard lock{mutex_};
    auto shared = std::make_shared<std::decay_t<F>>(std::forward<F>(f));
    jobs_.emplace_back([shared] { (*shared)(); });
  }
  std::size_t run() {
    std::deque<std::function<void()>> now;
    {
      const std::lock_guard lock{mutex_};
      now.swap(jobs_);
    }
    for (auto& f : now) f();
    return now.size();
  }

 private:
  std::mutex mutex_;
  std::deque<std::function<void()>> jobs_;
};

TEST_CASE("with an executor the callback runs where the executor runs it") {
  trust::runtime rt{trust::options{.workers = 2}};
  queue_executor here;
  auto r = rt.entrust(trust::on(1), 3);
  auto where = std::make_shared<std::thread::id>();
  auto value = std::make_shared<int>(0);
  r.apply([](int& n) { return n; }).start(here, [where, value](int n) {
    *where = std::this_thread::get_id();
    *value = n;
  });
  CHECK(support::eventually([&] { return here.run() == 1; }));
  CHECK(*value == 3);
  CHECK(*where == std::this_thread::get_id());
  auto text = std::make_shared<std::string>();
  r.apply([](int&) -> int { throw std::runtime_error{"no"}; }).start(here, [text](trust::result<int> x) {
    *text = x.error().what();
  });
  CHECK(support::eventually([&] { return here.run() == 1; }));
  CHECK(*text == "no");
}

TEST_CASE("many foreign threads call, and every call is counted once") {
  trust::runtime rt{trust::options{.workers = 2}};
  auto r = rt.entrust(trust::on(1), 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([r] {
      std::vector<std::future<int>> futures;
      for (int i = 0; i < 200; ++i) {
        r.post([](int& n) { ++n; });
        r.apply([](int& n) { return ++n; }).get();
        futures.push_back(r.apply([](int& n) { return ++n; }).future());
      }
      for (auto& f : futures) f.get();
    });
  }
  for (auto& t : threads) t.join();
  CHECK(r.apply([](int& n) { return n; }).get() == 8 * 600);
}

TEST_CASE("a handle of a spawned task is got, awaited, dropped, moved") {
  on_each_runtime([](trust::runtime& rt) {
    auto h = rt.spawn([](int n) -> task<int> { co_return n + 1; }, 4);
    CHECK(h.get() == 5);
    auto failing = rt.spawn([]() -> task<> {
      co_await trust::yield();
      throw std::out_of_range{"no"};
    });
    CHECK_THROWS_AS(failing.get(), std::out_of_range);
    support::run(rt, [&]() -> task<> {
      trust::task_handle<std::string> there = rt.spawn(trust::on(1), []() -> task<std::string> {
        co_await trust::sleep_for(1ms);
        co_return "from 1";
      });
      trust::task_handle<std::string> moved = std::move(there);
      CHECK_FALSE(bool(there));
      CHECK(bool(moved));
      const std::string text = co_await moved;
      CHECK(text == "from 1");
      CHECK(moved.done());
      auto ended = rt.spawn(trust::on(1), []() -> task<int> { co_return 8; });
      const bool over = co_await support::soon([&ended] { return ended.done(); });
      CHECK(over);
      const int n = co_await ended;
      CHECK(n == 8);
      auto here = rt.spawn([]() -> task<std::size_t> { co_return trust::this_worker().index(); });
      const std::size_t where = co_await here;
      CHECK(where == trust::this_worker().index());  // spawn stays on this worker
    });
    std::vector<std::size_t> turns(2, 0);
    for (int i = 0; i < 6; ++i) {
      ++turns[rt.spawn([]() -> task<std::size_t> { co_return trust::this_worker().index(); }).get()];
    }
    CHECK(turns == std::vector<std::size_t>{3, 3});  // round robin from a foreign thread
  });
}

TEST_CASE("a capturing coroutine lambda given to spawn, launch or block_on lives as long as its task") {
  support::ledger book;
  on_each_runtime([&](trust::runtime& rt) {
    auto r = rt.entrust(trust::on(1), 0);
    auto a = rt.spawn(
        trust::on(1),
        [bag = support::luggage<>{book}](support::luggage<> argument) -> task<bool> {
          co_await trust::sleep_for(1ms);
          co_return bag.intact() && argument.intact();
        },
        support::luggage<>{book});
    CHECK(a.get());
    CHECK(rt.block_on([bag = support::luggage<>{book}]() -> task<bool> {
      co_await trust::sleep_for(1ms);
      co_return bag.intact();
    }));
    CHECK(rt.block_on([&]() -> task<bool> {
      auto op = r.launch([bag = support::luggage<>{book}](int&) -> task<bool> {
        co_await trust::sleep_for(1ms);
        co_return bag.intact();
      });
      co_return co_await op;
    }));
    CHECK(support::eventually([&] { return book.died == book.born; }));
  });
  CHECK(book.born == book.died);
}

// Resumes on a thread of its own, which is no worker.
struct foreign_wait {
  std::chrono::milliseconds how_long;
  int value;
  bool fails = false;
  std::thread::id* seen = nullptr;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) const {
    std::thread{[h, t = how_long, s = seen] {
      std::this_thread::sleep_for(t);
      if (s != nullptr) *s = std::this_thread::get_id();
      h.resume();
    }}.detach();
  }
  [[nodiscard]] int await_resume() const {
    if (fails) throw std::runtime_error{"foreign"};
    return value;
  }
};
struct foreign_task {
  int value;
  [[nodiscard]] foreign_wait operator co_await() && noexcept { return {1ms, value}; }
};

TEST_CASE("adopt awaits a foreign awaitable and goes on at home") {
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        for (const std::size_t w : {std::size_t{0}, std::size_t{1}}) {
          rt.spawn(
                trust::on(w),
                [](std::size_t home) -> task<> {
                  const auto before = std::this_thread::get_id();
                  std::thread::id elsewhere;
                  const int n = co_await trust::adopt(foreign_wait{1ms, 7, false, &elsewhere});
                  CHECK(n == 7);
                  CHECK(std::this_thread::get_id() == before);
                  CHECK(trust::this_worker().index() == home);
                  CHECK(elsewhere != before);
                  const int m = co_await trust::adopt(foreign_task{8});
                  CHECK(m == 8);
                  const int k = co_await trust::adopt(foreign_wait{0ms, 9});
                  CHECK(k == 9);
                  std::string text;
                  try {
                    static_cast<void>(co_await trust::adopt(foreign_wait{0ms, 9, true}));
                  } catch (const std::runtime_error& e) {
                    text = e.what();
                  }
                  CHECK(text == "foreign");
                  co_await trust::adopt(std::suspend_never{});
                },
                w)
              .get();
        }
        // Many at once.
        const int sum = rt.block_on([]() -> task<int> {
          int total = 0;
          trust::scope s;
          for (int i = 0; i < 20; ++i) {
            co_await s.spawn([&total, i]() -> task<> { total += co_await trust::adopt(foreign_wait{1ms, i}); });
          }
          co_await s.join();
          co_return total;
        });
        CHECK(sum == 190);
      },
      trust::options{.workers = 2});
}

TEST_CASE("blocking runs elsewhere and comes home, with results, references to what is used in place, and exceptions") {
  trust::runtime rt{trust::options{.workers = 2, .blocking_threads = 2}};
  support::run(rt, []() -> task<> {
    const auto home = std::this_thread::get_id();
    const auto where = co_await trust::blocking([] { return std::this_thread::get_id(); });
    CHECK(where != home);
    CHECK(std::this_thread::get_id() == home);
    const std::string text =
        co_await trust::blocking([](std::string s, int n) { return s + std::to_string(n); }, "n = ", 4);
    CHECK(text == "n = 4");
    std::string caught;
    try {
      co_await trust::blocking([] { throw std::out_of_range{"no"}; });
    } catch (const std::out_of_range& e) {
      caught = e.what();
    }
    CHECK(caught == "no");
    co_await trust::blocking([] { CHECK_FALSE(bool(trust::this_worker())); });
  });
}

TEST_CASE("no more than options.blocking_threads block at once, and nobody is forgotten") {
  trust::runtime rt{trust::options{.workers = 2, .blocking_threads = 3}};
  std::atomic<int> inside{0}, most{0}, ran{0};
  support::run(rt, [&]() -> task<> {
    trust::scope s;
    for (int i = 0; i < 30; ++i) {
      co_await s.spawn([&]() -> task<> {
        co_await trust::blocking([&] {
          const int now = ++inside;
          int seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {}
          std::this_thread::sleep_for(1ms);
          --inside;
          ++ran;
        });
      });
    }
    co_await s.join();
  });
  CHECK(ran == 30);
  CHECK(most <= 3);
  CHECK(most >= 2);
}

TEST_CASE("in a simulation blocking runs at once") {
  trust::runtime rt{trust::simulated{}};
  const int n = rt.block_on([]() -> task<int> { co_return co_await trust::blocking([] { return 6; }); });
  CHECK(n == 6);
}

}  // namespace
