// SPDX-License-Identifier: MIT
// Unit tests of delegate/remote_channel: what is sent is received, once and in order, from anywhere to anywhere; bounds, credit and batches.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <array>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::remote_channel;
using trust::remote_receiver;
using trust::remote_sender;
using trust::task;
using namespace std::chrono_literals;

task<> send_up_to(remote_sender<int> to, int n, int first = 1) {
  for (int i = first; i <= n; ++i) co_await to.send(i);
}

/// How many came; -1 if they came in another order than 1, 2, 3.
task<int> count_in_order(remote_receiver<int> from) {
  int n = 0;
  bool in_order = true;
  while (const auto x = co_await from.receive()) in_order &= *x == ++n;
  co_return in_order ? n : -1;
}

TEST_CASE("what one worker sends comes to another in order, and the last sender closes the channel") {
  for (const std::size_t capacity : {1u, 3u, 64u}) {
    CAPTURE(capacity);
    on_each_runtime([&](trust::runtime& rt) {
      for (const std::size_t from : {0u, 1u}) {
        for (const std::size_t to : {0u, 1u}) {
          CAPTURE(from);
          CAPTURE(to);
          auto [tx, rx] = remote_channel<int>{rt, trust::on(1), capacity};
          auto got = rt.spawn(trust::on(to), count_in_order, std::move(rx));
          auto sent = rt.spawn(trust::on(from), send_up_to, std::move(tx), 300, 1);
          sent.get();
          CHECK(got.get() == 300);
        }
      }
    });
  }
}

TEST_CASE("a channel is one object too, and lives where it is told to") {
  on_each_runtime([](trust::runtime& rt) {
    const auto r = rt.entrust(trust::on(1), 0);
    const remote_channel<std::string> ch{rt, trust::beside(r), 2};
    CHECK(ch.owner() == r.owner());
    CHECK(ch.tx.owner() == ch.rx.owner());
    support::run(rt, [&]() -> task<> {
      co_await ch.send("one");
      CHECK(ch.try_send(std::string{"two"}));
      CHECK_FALSE(ch.try_send("three"));  // two are under way
      ch.close();
      const auto one = co_await ch.receive();
      const auto two = co_await ch.receive();
      const auto none = co_await ch.receive();
      CHECK(one == "one");
      CHECK(two == "two");
      CHECK_FALSE(none.has_value());
    });
  });
}

TEST_CASE(
    "a worker may have as many elements under way as the capacity says; the next one waits until one is received") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t sender : {0u, 1u}) {  // by its outlet, and at the door of the channel's own worker
      CAPTURE(sender);
      auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 3};
      const auto fill = [](remote_sender<int> to) -> task<int> {
        int n = 0;
        while (to.try_send(n + 1)) ++n;
        CHECK_FALSE(to.try_send(100));
        co_return n;
      };
      CHECK(rt.spawn(trust::on(sender), fill, tx).get() == 3);
      auto others = rt.spawn(trust::on(sender), send_up_to, std::move(tx), 10, 4);
      CHECK(rt.block_on(count_in_order, std::move(rx)) == 10);
      others.get();
    }
  });
}

TEST_CASE("who only tries gets credit again when the receiver has taken something") {
  on_each_runtime([](trust::runtime& rt) {
    auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 3};
    const bool sent = rt.spawn(
                            trust::on(0),
                            [](remote_sender<int> to, remote_receiver<int> from) -> task<bool> {
                              int all = 0;
                              while (to.try_send(1)) ++all;
                              for (; all > 0; --all) static_cast<void>(co_await from.receive());
                              co_return co_await support::soon([&] { return to.try_send(1); });
                            },
                            std::move(tx), std::move(rx))
                          .get();
    CHECK(sent);
  });
}

TEST_CASE("one element received is room for one, though the receiver asks for no more") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t sender : {0u, 1u}) {
      for (const std::size_t receiver : {0u, 1u}) {
        const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 64};
        auto sending = rt.spawn(trust::on(sender), send_up_to, tx, 65, 1);
        rt.spawn(
              trust::on(receiver),
              [](remote_receiver<int> from) -> task<> {
                const auto x = co_await from.receive();
                CHECK(x == 1);
              },
              rx)
            .get();
        sending.get();  // would wait for ever
      }
    }
  });
}

TEST_CASE("what piles up goes in few messages") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 256};
  const auto before = rt.metrics(1).served;
  auto got = rt.spawn(trust::on(1), count_in_order, std::move(rx));
  rt.spawn(trust::on(2), send_up_to, std::move(tx), 10'000, 1).get();
  CHECK(got.get() == 10'000);
  const auto messages = rt.metrics(1).served - before;
  CAPTURE(messages);
  CHECK(messages < 10'000 / 16);
}

struct mark {
  std::size_t sender;
  int number;
};

TEST_CASE("of several workers that send, each has its elements received in its order, each once") {
  constexpr std::size_t workers = 4;
  on_each_runtime(
      [](trust::runtime& rt) {
        auto [tx, rx] = remote_channel<mark>{rt, trust::on(2), 8};
        const auto produce = [](remote_sender<mark> to, std::size_t who) -> task<> {
          for (int i = 1; i <= 150; ++i) co_await to.send(mark{who, i});
        };
        using tally = std::array<std::vector<int>, 2 * workers>;
        const auto consume = [](remote_receiver<mark> from) -> task<tally> {
          tally all;
          while (const auto m = co_await from.receive()) all.at(m->sender).push_back(m->number);
          co_return all;
        };
        std::vector<trust::task_handle<tally>> consumers;
        for (std::size_t w = 0; w < workers; ++w) consumers.push_back(rt.spawn(trust::on(w), consume, rx));
        for (std::size_t w = 0; w < 2 * workers; ++w) rt.spawn(trust::on(w % workers), produce, tx, w).detach();
        tx = {};
        std::array<std::map<int, int>, 2 * workers> times;
        for (auto& c : consumers) {
          const tally all = c.get();
          for (std::size_t who = 0; who < all.size(); ++who) {
            for (std::size_t i = 0; i < all.at(who).size(); ++i) {
              if (i > 0) CHECK(all.at(who).at(i - 1) < all.at(who).at(i));
              ++times.at(who)[all.at(who).at(i)];
            }
          }
        }
        for (const auto& t : times) {
          CHECK(t.size() == 150);
          for (const auto& [number, often] : t) CHECK(often == 1);
        }
      },
      workers);
}

TEST_CASE("one worker that floods the channel does not keep another from it") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  remote_channel<mark> ch{rt, trust::on(0), 1024};
  const auto flood = [](remote_sender<mark> to) -> task<> {
    while ((co_await trust::as_result(to.send(mark{0, 0}))).has_value()) {}
  };
  rt.spawn(trust::on(1), flood, ch.tx).detach();
  support::run(rt, [rx = std::move(ch.rx), tx = std::move(ch.tx)]() -> task<> {
    for (int i = 0; i < 3'000; ++i) static_cast<void>(co_await rx.receive());
    trust::this_runtime()
        .spawn(
            trust::on(2), [](remote_sender<mark> to) -> task<> { co_await to.send(mark{1, 7}); }, tx)
        .detach();
    int before = 0;
    for (;; ++before) {
      const auto m = co_await rx.receive();
      if (m->sender == 1) break;
    }
    CHECK(before < 1'000);
    rx.close();  // which ends the flood
    while (co_await rx.receive()) {}
  });
}

TEST_CASE("waiting receivers are served first come, first served") {
  trust::runtime rt{trust::simulated{.workers = 2}};
  support::run(rt, [&]() -> task<> {
    const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 8};
    std::vector<trust::task_handle<std::optional<int>>> waiting;
    for (int i = 0; i < 5; ++i) {
      waiting.push_back(rt.spawn(
          trust::unchecked([&from = rx]() -> task<std::optional<int>> { co_return co_await from.receive(); })));
      co_await trust::sleep_for(1ms);
    }
    co_await send_up_to(tx, 5);
    for (int i = 0; i < 5; ++i) {
      const auto x = co_await waiting.at(static_cast<std::size_t>(i));
      CHECK(x == i + 1);
    }
  });
}

TEST_CASE("elements that only move, large ones and aligned ones arrive whole, and die once, after they were received") {
  support::ledger book;
  {
    on_each_runtime([&](trust::runtime& rt) {
      const auto through = [&]<class T>(T make) {
        using element = decltype(make());
        auto [tx, rx] = remote_channel<element>{rt, trust::on(1), 4};
        const auto consume = [](remote_receiver<element> from) -> task<int> {
          int n = 0;
          while (const auto x = co_await from.receive()) n += x->intact() ? 1 : 1'000;
          co_return n;
        };
        auto here = rt.spawn(trust::on(0), consume, rx);
        auto there = rt.spawn(trust::on(1), consume, std::move(rx));
        const auto produce = [](remote_sender<element> to, T each) -> task<> {
          for (int i = 0; i < 20; ++i) co_await to.send(each());
        };
        rt.spawn(trust::on(0), produce, tx, trust::unchecked(make)).get();
        rt.spawn(trust::on(1), produce, tx, trust::unchecked(make)).get();
        for (int i = 0; i < 20; ++i) tx.send(make()).get();  // this thread is a stranger
        tx = {};
        CHECK(here.get() + there.get() == 60);
      };
      through([&] { return support::luggage<>{book}; });
      through([&] { return support::luggage<900, 8>{book}; });
      through([&] { return support::luggage<128, 128>{book}; });
    });
  }
  CHECK(book.alive == 0);
  CHECK(book.born == book.died);

  trust::runtime rt{trust::simulated{}};
  support::run(rt, [&]() -> task<> {
    const auto [tx, rx] = remote_channel<std::unique_ptr<int>>{rt, trust::on(1), 1};
    co_await tx.send(std::make_unique<int>(7));
    auto kept = std::make_unique<int>(8);
    CHECK_FALSE(tx.try_send(std::move(kept)));
    CHECK(kept != nullptr);  // not touched
    const auto x = co_await rx.receive();
    CHECK(**x == 7);
  });
}

TEST_CASE("threads that are no workers send and receive") {
  on_each_runtime([](trust::runtime& rt) {
    const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 2};
    tx.send(1).get();
    CHECK(tx.try_send(2));
    CHECK_FALSE(tx.try_send(3));
    CHECK(rx.receive().get() == 1);
    CHECK(rx.receive().get() == 2);
    tx.close();
    CHECK_FALSE(rx.receive().get().has_value());
    CHECK(support::code_of([&] { tx.send(5).get(); }) == errc::closed);
    CHECK_FALSE(tx.try_send(5));
  });
}

TEST_CASE("threads that are no workers wait for room and for elements, with get, future and start") {
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 2};
        tx.send(1).get();
        tx.send(2).get();
        auto third = tx.send(3).future();
        std::thread stranger{[to = tx] { to.send(4).get(); }};
        CHECK(rx.receive().get() == 1);
        CHECK(rx.receive().get() == 2);
        third.get();
        stranger.join();
        std::promise<int> told;
        auto answer = told.get_future();
        rx.receive().start([p = std::move(told)](trust::result<std::optional<int>> r) mutable { p.set_value(**r); });
        const int first = answer.get();
        const int second = *rx.receive().get();
        CHECK(first + second == 7);
        auto waits = rx.receive().future();
        rt.block_on([&]() -> task<> { co_await tx.send(5); });
        CHECK(waits.get() == 5);
        const auto late = support::code_of([&] { static_cast<void>(trust::with_timeout(rx.receive(), 1ms).get()); });
        CHECK((late == errc::timed_out || late == errc::cancelled));
        trust::with_timeout(tx.send(6), 1h).get();
        CHECK(rx.receive().get() == 6);
      },
      trust::options{.workers = 2});
}

TEST_CASE("sends and receives are ops: as_result, when_all and start take them, and temporaries hold their channel") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t worker : {0u, 1u}) {
      const auto body = [](trust::runtime* r) -> task<> {
        auto [tx, rx] = remote_channel<int>{*r, trust::on(1), 2};
        const auto [a, b, c, d] = co_await trust::when_all(tx.send(1), tx.send(2), tx.send(3), rx.receive());
        static_cast<void>(a), static_cast<void>(b), static_cast<void>(c);
        CHECK(d == 1);
        const auto second = co_await trust::as_result(rx.receive());
        CHECK(second.has_value());
        CHECK(*second == 2);
        auto called = std::make_shared<int>(0);
        rx.receive().start([called](std::optional<int> x) { *called = *x; });
        tx.send(4).start([](const trust::result<void>& sent) { CHECK(sent.has_value()); });
        const bool came = co_await support::soon([called] { return *called == 3; });
        CHECK(came);
        auto last = remote_receiver<int>{rx}.receive();
        rx = {};
        co_await std::move(tx).send(5);
        const auto four = co_await last;
        CHECK(four == 4);
      };
      rt.spawn(trust::on(worker), body, trust::unchecked(&rt)).get();
    }
  });
}

TEST_CASE("workers of another runtime send and receive, by calls") {
  trust::runtime one{trust::options{.workers = 2}};
  trust::runtime other{trust::options{.workers = 2}};
  auto [tx, rx] = remote_channel<int>{one, trust::on(1), 4};
  auto got = other.spawn(trust::on(1), count_in_order, std::move(rx));
  other.spawn(trust::on(0), send_up_to, std::move(tx), 200, 1).get();
  CHECK(got.get() == 200);
}

TEST_CASE("a closure may try to send, to its own worker's channel too") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t at : {0u, 1u}) {
      const auto r = rt.entrust(trust::on(at), 0);
      const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 4};
      support::run(rt, [&]() -> task<> {
        co_await tx.send(0);  // it is built by now
        bool sent = false;
        while (!sent) {  // until the place of the first is free again, should that be asked for
          sent = co_await r.apply([&to = tx](int&) { return to.try_send(1); });
          if (!sent) co_await trust::sleep_for(100us);
        }
        for (int i = 0; i < 2; ++i) {
          const auto x = co_await rx.receive();
          CHECK(x.has_value());
        }
      });
    }
  });
}

TEST_CASE("an empty handle fails with errc::empty, and a channel needs a capacity and a worker that is there") {
  trust::runtime rt{trust::simulated{}};
  support::run(rt, [&]() -> task<> {
    const remote_sender<int> tx;
    const remote_receiver<int> rx;
    CHECK_FALSE(bool(tx));
    CHECK_FALSE(bool(rx));
    const auto sent = co_await trust::as_result(tx.send(1));
    CHECK(sent.error() == errc::empty);
    const auto received = co_await trust::as_result(rx.receive());
    CHECK(received.error() == errc::empty);
    CHECK(support::code_of([&] { static_cast<void>(tx.try_send(1)); }) == errc::empty);
    CHECK(support::code_of([&] { tx.close(); }) == errc::empty);
    CHECK(support::code_of([&] { rx.close(); }) == errc::empty);
    CHECK(support::code_of([&] { remote_channel<int>(rt, 0); }) == errc::bad_option);
    CHECK(support::code_of([&] { remote_channel<int>(rt, ~std::size_t{0}); }) == errc::bad_option);
    CHECK(support::code_of([&] { remote_channel<int>(rt, (~std::size_t{0} >> 2) + 1); }) == errc::bad_option);
    CHECK(support::code_of([&] { remote_channel<int>(rt, trust::on(9), 1); }) == errc::bad_option);
  });
  CHECK(support::code_of([] { remote_sender<int>{}.send(1).get(); }) == errc::empty);
}

}  // namespace
