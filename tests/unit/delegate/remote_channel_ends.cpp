// SPDX-License-Identifier: MIT
// Unit tests of delegate/remote_channel: how it is closed, how waiting is cancelled, and what becomes of it at the end of its runtime.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <memory>
#include <optional>
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

using sender = remote_sender<int>;
using receiver = remote_receiver<int>;
using bag = support::luggage<>;

/// A task that waits at a channel: how to stop it, and what has come of it.
struct patient {
  trust::coro::stop_state* stop = nullptr;
  bool over = false;
  std::error_code code;
  std::optional<int> got;
};
task<> receive_patiently(receiver from, patient* p) {
  const trust::stop_token mine = co_await trust::this_task::stop_token();
  p->stop = mine.state();
  const auto r = co_await trust::as_result(from.receive());
  if (r.has_value()) p->got = *r;
  if (!r.has_value()) p->code = r.error().code();
  p->over = true;
}
task<> send_patiently(sender to, int x, patient* p) {
  const trust::stop_token mine = co_await trust::this_task::stop_token();
  p->stop = mine.state();
  const auto r = co_await trust::as_result(to.send(x));
  if (!r.has_value()) p->code = r.error().code();
  p->over = true;
}

task<bool> sends_one(sender to, int x) {
  const auto r = co_await trust::as_result(to.send(x));
  if (!r.has_value()) CHECK(r.error() == errc::closed);
  co_return r.has_value();
}
task<std::optional<int>> receives_one(receiver from) { co_return co_await from.receive(); }

TEST_CASE("a closed channel gives what was sent, then nothing; senders get errc::closed") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t worker : {0u, 1u}) {
      const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 4};
      const auto body = [](sender to, receiver from) -> task<> {
        co_await to.send(1);
        co_await to.send(2);
        to.close();
        to.close();
        const auto late = co_await trust::as_result(to.send(3));
        CHECK(late.error() == errc::closed);
        CHECK_FALSE(to.try_send(3));
        const auto one = co_await from.receive();
        const auto two = co_await from.receive();
        CHECK(one == 1);
        CHECK(two == 2);
        for (int i = 0; i < 3; ++i) {
          const auto none = co_await from.receive();
          CHECK_FALSE(none.has_value());
        }
      };
      rt.spawn(trust::on(worker), body, tx, rx).get();
      CHECK(support::code_of([&] { tx.send(4).get(); }) == errc::closed);
    }
  });
}

TEST_CASE("closing ends those that wait: senders with errc::closed wherever they are, receivers with nothing") {
  on_each_runtime([](trust::runtime& rt) {
    const remote_channel<int> full{rt, trust::on(1), 1};
    std::vector<trust::task_handle<bool>> sends;
    for (int i = 0; i < 6; ++i) {
      sends.push_back(rt.spawn(trust::on(static_cast<std::size_t>(i) % 2), sends_one, full.tx, i));
    }
    support::run(rt, [&]() -> task<> {
      co_await trust::sleep_for(5ms);
      full.close();
    });
    int sent = 0;
    for (auto& s : sends) sent += s.get() ? 1 : 0;
    int received = 0;
    while (full.receive().get()) ++received;
    CHECK(received == sent);
    CHECK(sent <= 2);

    const remote_channel<int> empty{rt, trust::on(1), 1};
    std::vector<trust::task_handle<std::optional<int>>> receivers;
    for (std::size_t i = 0; i < 4; ++i) receivers.push_back(rt.spawn(trust::on(i % 2), receives_one, empty.rx));
    support::run(rt, [&]() -> task<> {
      co_await trust::sleep_for(5ms);
      empty.rx.close();
    });
    for (auto& r : receivers) CHECK_FALSE(r.get().has_value());
  });
}

TEST_CASE("what another worker has sent when the channel is closed is received before its end") {
  trust::runtime rt{trust::simulated{.workers = 3}};
  const auto produce = [](sender to) -> task<int> {
    for (int n = 0;; ++n) {
      const auto r = co_await trust::as_result(to.send(n));
      if (!r.has_value()) co_return n;
      if (n % 3 == 0) co_await trust::yield();
    }
  };
  const auto consume = [](receiver from) -> task<int> {
    int n = 0;
    while (co_await from.receive()) ++n;
    co_return n;
  };
  for (int close_after = 0; close_after < 40; ++close_after) {
    CAPTURE(close_after);
    auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 16};
    auto sent = rt.spawn(trust::on(2), produce, tx);
    auto got = rt.spawn(trust::on(1), consume, rx);
    support::run(rt, [to = tx, close_after]() -> task<> {
      for (int i = 0; i < close_after; ++i) co_await trust::yield();
      to.close();
    });
    CHECK(sent.get() == got.get());
  }
}

TEST_CASE("when the last receiver goes, senders get errc::closed and what is left is destroyed") {
  support::ledger book;
  on_each_runtime([&](trust::runtime& rt) {
    for (const std::size_t worker : {0u, 1u}) {
      auto [tx, rx] = remote_channel<bag>{rt, trust::on(1), 4};
      const auto fill = [](remote_sender<bag> to, support::ledger* b) -> task<std::error_code> {
        for (;;) {
          const auto r = co_await trust::as_result(to.send(bag{*b}));
          if (!r.has_value()) co_return r.error().code();
        }
      };
      auto sending = rt.spawn(trust::on(worker), fill, tx, trust::unchecked(&book));
      CHECK(rx.receive().get().has_value());
      rx = {};
      CHECK(sending.get() == errc::closed);
      CHECK_FALSE(tx.try_send(bag{book}));
    }
  });
  CHECK(book.alive == 0);
}

TEST_CASE("a receive that waits is cancelled by a stop request, and the next element goes to the next receiver") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t at : {0u, 1u}) {  // worker 1 is the channel's own
      const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 4};
      const auto body = [](sender to, receiver from) -> task<> {
        patient first, second;
        auto a = trust::this_runtime().spawn(receive_patiently, from, trust::unchecked(&first));
        co_await trust::sleep_for(2ms);
        auto b = trust::this_runtime().spawn(receive_patiently, from, trust::unchecked(&second));
        co_await trust::sleep_for(2ms);
        first.stop->request();
        co_await a;
        CHECK(first.code == errc::cancelled);
        CHECK_FALSE(second.over);
        co_await to.send(1);
        co_await b;
        CHECK(second.got == 1);
      };
      rt.spawn(trust::on(at), body, tx, rx).get();
    }
  });
}

TEST_CASE("a send that waits is cancelled by a stop request, and its element is never received") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t at : {0u, 1u}) {
      const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 1};
      const auto body = [](sender to, receiver from) -> task<> {
        patient first, second;
        co_await to.send(0);
        auto a = trust::this_runtime().spawn(send_patiently, to, 1, trust::unchecked(&first));
        co_await trust::sleep_for(2ms);
        auto b = trust::this_runtime().spawn(send_patiently, to, 2, trust::unchecked(&second));
        co_await trust::sleep_for(2ms);
        first.stop->request();
        co_await a;
        CHECK(first.code == errc::cancelled);
        CHECK_FALSE(second.over);
        const auto zero = co_await from.receive();
        const auto two = co_await from.receive();
        CHECK(zero == 0);
        CHECK(two == 2);
        co_await b;
        CHECK_FALSE(second.code);
        // Alone in the row, cancelled; then there is room as before.
        co_await to.send(3);
        const auto late = co_await trust::as_result(trust::with_timeout(to.send(4), 2ms));
        CHECK(late.error() == errc::timed_out);
        const auto three = co_await from.receive();
        CHECK(three == 3);
        co_await to.send(5);
        const auto five = co_await from.receive();
        CHECK(five == 5);
        const auto none = co_await trust::as_result(trust::with_timeout(from.receive(), 2ms));
        CHECK(none.error() == errc::timed_out);
      };
      rt.spawn(trust::on(at), body, tx, rx).get();
    }
  });
}

TEST_CASE("asked to stop before, what can end at once does, and what would wait is cancelled") {
  on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t at : {0u, 1u}) {
      const auto [tx, rx] = remote_channel<int>{rt, trust::on(1), 1};
      const auto body = [](sender to, receiver from) -> task<> {
        const trust::stop_token mine = co_await trust::this_task::stop_token();
        mine.state()->request();
        const auto empty = co_await trust::as_result(from.receive());
        CHECK(empty.error() == errc::cancelled);
        const auto first = co_await trust::as_result(to.send(1));
        if (trust::this_worker() != to.owner()) CHECK(first.has_value());
        if (!first.has_value()) CHECK(first.error() == errc::cancelled);  // without the shortcut it is a call
        const auto second = co_await trust::as_result(to.send(2));
        if (first.has_value()) CHECK(second.error() == errc::cancelled);
      };
      rt.spawn(trust::on(at), body, tx, rx).get();
    }
  });
}

TEST_CASE("a runtime that stops ends those that wait at once, and what nobody received is destroyed") {
  support::ledger book;
  const auto body = [&](trust::runtime& rt) {
    const auto [tx, rx] = remote_channel<bag>{rt, trust::on(1), 3};
    const remote_channel<int> empty{rt, trust::on(1), 3};
    const auto fill = [](remote_sender<bag> to, support::ledger* b) -> task<> {
      for (;;) co_await to.send(bag{*b});
    };
    for (const std::size_t w : {0u, 1u}) {
      rt.spawn(trust::on(w), fill, tx, trust::unchecked(&book)).detach();
      rt.spawn(trust::on(w), receives_one, empty.rx).detach();
    }
    support::run(rt, []() -> task<> { co_await trust::sleep_for(5ms); });
    rt.request_stop();
    CHECK(rt.stop());
    CHECK(support::code_of([&] { empty.tx.send(1).get(); }) == errc::runtime_stopped);
    CHECK(support::code_of([&] { static_cast<void>(empty.rx.receive().get()); }) == errc::runtime_stopped);
    CHECK(support::code_of([&] { empty.close(); }) == std::error_code{});
  };
  support::on_real_runtimes(body, trust::options{.workers = 2, .grace = 1h});  // which none of them is given
  trust::runtime rt{trust::simulated{.workers = 2}};
  body(rt);
  CHECK(book.alive == 0);
  CHECK(book.born == book.died);
}

TEST_CASE("a thread that waits when the runtime stops is told so") {
  support::on_real_runtimes(
      [](trust::runtime& rt) {
        const remote_channel<int> full{rt, trust::on(1), 1};
        const remote_channel<int> empty{rt, trust::on(1), 1};
        full.send(1).get();
        std::error_code sent, received;
        std::thread a{[&] { sent = support::code_of([&] { full.send(2).get(); }); }};
        std::thread b{[&] { received = support::code_of([&] { static_cast<void>(empty.receive().get()); }); }};
        std::this_thread::sleep_for(2ms);
        CHECK(rt.stop());
        a.join();
        b.join();
        CHECK(sent == errc::runtime_stopped);
        CHECK(received == errc::runtime_stopped);
      },
      trust::options{.workers = 2});
}

TEST_CASE("tasks that are deaf to stop requests are ended at a channel too") {
  support::ledger book;
  {
    trust::runtime rt{trust::options{.workers = 2, .grace = 1ms}};
    const auto [tx, rx] = remote_channel<bag>{rt, trust::on(1), 3};
    const auto fill = [](remote_sender<bag> to, support::ledger* b) -> task<> {
      for (;;) {
        static_cast<void>(co_await trust::as_result(to.send(bag{*b})));
        co_await trust::yield();
      }
    };
    const auto drain = [](remote_receiver<bag> from) -> task<> {
      for (;;) {
        static_cast<void>(co_await trust::as_result(from.receive()));
        co_await trust::yield();
      }
    };
    for (const std::size_t w : {0u, 1u}) {
      rt.spawn(trust::on(w), fill, tx, trust::unchecked(&book)).detach();
      rt.spawn(trust::on(w), drain, rx).detach();
    }
    CHECK(support::eventually([&] { return book.died > 100; }));
  }
  CHECK(book.alive == 0);
  CHECK(book.born == book.died);
}

/// Sends when it is destroyed.
struct last_wish {
  last_wish(remote_sender<bag> s, support::ledger* b) noexcept : to{std::move(s)}, book{b} {}
  last_wish(last_wish&&) = default;
  last_wish& operator=(last_wish&&) = delete;
  ~last_wish() {
    if (to) sent = to.try_send(bag{*book});
  }
  remote_sender<bag> to;
  support::ledger* book;
  bool sent = false;
};

TEST_CASE("what frames and objects send when the end of the runtime destroys them is destroyed too") {
  support::ledger book;
  const auto body = [&](trust::runtime& rt) {
    const auto [tx, rx] = remote_channel<bag>{rt, trust::on(1), 8};
    std::vector<trust::remote<last_wish>> objects;
    for (const std::size_t w : {0u, 1u}) {
      const auto deaf = [](remote_sender<bag> to, support::ledger* b) -> task<> {
        co_await to.send(bag{*b});
        const last_wish mine{to, b};
        for (;;) static_cast<void>(co_await trust::as_result(trust::sleep_for(1us)));
      };
      rt.spawn(trust::on(w), deaf, tx, trust::unchecked(&book)).detach();
      objects.push_back(rt.emplace<last_wish>(trust::on(w), tx, &book));
    }
    CHECK(rx.receive().get().has_value());
    CHECK(rx.receive().get().has_value());
    rt.request_stop();
    CHECK(rt.stop());
  };
  support::on_real_runtimes(body, trust::options{.workers = 2, .grace = 1ms});
  trust::runtime rt{trust::simulated{.workers = 2}};
  body(rt);
  CHECK(book.alive == 0);
  CHECK(book.born == book.died);
}

TEST_CASE("handles may go anywhere, on any thread and after their runtime") {
  sender tx;
  receiver rx;
  {
    trust::runtime rt{trust::options{.workers = 2}};
    for (int i = 0; i < 20; ++i) {
      remote_channel<int> ch{rt, 4};
      std::thread elsewhere{[t = ch.tx] { CHECK(t.try_send(1)); }};
      elsewhere.join();
      support::run(rt, [&]() -> task<> {
        const auto one = co_await ch.receive();
        CHECK(one == 1);
        co_await ch.send(2);
      });
      tx = ch.tx;
      rx = ch.rx;
    }
  }
  CHECK(support::code_of([&] { tx.send(1).get(); }) == errc::runtime_stopped);
  CHECK(support::code_of([&] { static_cast<void>(rx.receive().get()); }) == errc::runtime_stopped);
  CHECK_FALSE(tx.try_send(1));
}

}  // namespace
