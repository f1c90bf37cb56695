// SPDX-License-Identifier: MIT
// Unit tests of channel: every value goes to one receiver, in order, or stays with its sender.

#include <trust/sync/channel.hpp>

#include <support/hand_worker.hpp>
#include <support/runtimes.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::hand_task;
using support::hand_worker;
using trust::channel;
using trust::errc;
using trust::task;

/// A small letter for a value that was sent, a capital for one whose send was cancelled, '#' for a closed channel.
task<> sends(channel<char>& c, char x, std::string& log) {
  const auto r = co_await trust::as_result(c.send(x));
  log += r.has_value()                  ? x
         : r.error() == errc::cancelled ? static_cast<char>(x - 'a' + 'A')
         : r.error() == errc::closed    ? '#'
                                        : '?';
}
/// What was received; '.' for the end, '!' when it was cancelled.
task<> receives(channel<char>& c, std::string& log) {
  const auto r = co_await trust::as_result(c.receive());
  log += !r.has_value() ? (r.error() == errc::cancelled ? '!' : '?') : r.value().value_or('.');
}

TEST_CASE("values come out in the order in which they went in, and a full channel lets its senders wait, in order") {
  hand_worker w;
  channel<char> c{2};
  std::string sent, got;
  const hand_task a{sends(c, 'a', sent)}, b{sends(c, 'b', sent)}, x{sends(c, 'x', sent)}, y{sends(c, 'y', sent)};
  CHECK(sent == "ab");
  CHECK(c.size() == 2);
  CHECK(c.capacity() == 2);
  CHECK_FALSE(c.try_send('z'));
  const hand_task r{receives(c, got)};
  CHECK(got == "a");
  CHECK(sent == "ab");  // nobody ran inside
  CHECK(c.size() == 2);
  w.turn();
  CHECK(sent == "abx");
  for (const char expected : {'b', 'x', 'y'}) CHECK(c.try_receive() == expected);
  CHECK_FALSE(c.try_receive());
  w.turn();
  CHECK(sent == "abxy");
  CHECK(c.size() == 0);
}

TEST_CASE("an empty channel lets its receivers wait, in order; a value goes to the first, not through the buffer") {
  hand_worker w;
  channel<char> c{2};
  std::string sent, got;
  const hand_task r{receives(c, got)}, s{receives(c, got)}, t{receives(c, got)};
  const hand_task a{sends(c, 'a', sent)};
  CHECK(sent == "a");
  CHECK(c.size() == 0);
  CHECK(c.try_send('b'));
  CHECK(got.empty());
  w.turn();
  CHECK(got == "ab");
  CHECK(c.try_send('c'));
  CHECK(c.try_send('d'));
  CHECK(c.size() == 1);
  w.turn();
  CHECK(got == "abc");
}

TEST_CASE("a channel without a buffer hands over: a send goes on when somebody receives, and the other way round") {
  hand_worker w;
  channel<char> c{0};
  std::string sent, got;
  CHECK_FALSE(c.try_send('z'));
  CHECK_FALSE(c.try_receive());
  const hand_task a{sends(c, 'a', sent)}, b{sends(c, 'b', sent)};
  w.turn();
  CHECK(sent.empty());
  const hand_task r{receives(c, got)};
  CHECK(got == "a");
  CHECK(c.try_receive() == 'b');
  w.turn();
  CHECK(sent == "ab");
  const hand_task s{receives(c, got)};
  const hand_task x{sends(c, 'x', sent)};
  CHECK(sent == "abx");
  w.turn();
  CHECK(got == "ax");
}

TEST_CASE("the ring goes round: many values through every small capacity, in order") {
  for (std::size_t capacity = 0; capacity < 5; ++capacity) {
    trust::runtime rt{trust::simulated{.workers = 1}};
    support::run(rt, [capacity]() -> task<> {
      channel<std::unique_ptr<int>> c{capacity};
      trust::scope s;
      co_await s.spawn([&]() -> task<> {
        for (int i = 0; i < 300; ++i) co_await c.send(std::make_unique<int>(i));
        c.close();
      });
      int next = 0;
      while (auto x = co_await c.receive()) {
        CHECK(**x == next);
        ++next;
        if (next % 7 == 0) co_await trust::yield();
      }
      CHECK(next == 300);
      co_await s.join();
    });
  }
}

TEST_CASE("closing: senders that wait and those that come fail with closed, what is in the buffer is still received") {
  hand_worker w;
  channel<char> c{1};
  std::string sent, got;
  const hand_task a{sends(c, 'a', sent)}, b{sends(c, 'b', sent)}, x{sends(c, 'x', sent)};
  CHECK_FALSE(c.closed());
  c.close();
  c.close();
  CHECK(c.closed());
  CHECK(sent == "a");
  const hand_task late{sends(c, 'z', sent)};
  CHECK(sent == "a#");
  CHECK_FALSE(c.try_send('z'));
  const hand_task r{receives(c, got)}, s{receives(c, got)};
  CHECK(got == "a.");
  CHECK_FALSE(c.try_receive());
  w.turn();
  CHECK(sent == "a###");
}

TEST_CASE("closing: receivers that wait get nothing, and one that was handed a value before has it") {
  hand_worker w;
  channel<char> c{1};
  std::string got;
  const hand_task r{receives(c, got)}, s{receives(c, got)}, t{receives(c, got)};
  CHECK(c.try_send('a'));
  c.close();
  CHECK(got.empty());
  w.turn();
  CHECK(got == "a..");
}

TEST_CASE("without as_result a closed channel throws at who sends") {
  const hand_worker w;
  channel<int> c{1};
  c.close();
  bool thrown = false;
  const hand_task t{[](channel<int>& to, bool& seen) -> task<> {
    try {
      co_await to.send(1);
    } catch (const trust::error& e) {
      seen = e.code() == errc::closed;
      CHECK(std::string{e.what()} == trust::make_error_code(errc::closed).message());
    }
    CHECK_FALSE(co_await to.receive());
  }(c, thrown)};
  CHECK(t.ended());
  CHECK(thrown);
}

TEST_CASE("a stop request while waiting: the value is not sent, or none is taken; after the hand-over it is too late") {
  hand_worker w;
  channel<char> c{0};
  std::string sent, got;
  hand_task a{sends(c, 'a', sent)}, b{sends(c, 'b', sent)};
  a.stop();
  a.stop();
  CHECK(c.try_receive() == 'b');
  b.stop();  // too late
  w.turn();
  CHECK(sent == "Ab");
  hand_task r{receives(c, got)}, s{receives(c, got)};
  r.stop();
  CHECK(c.try_send('x'));
  s.stop();  // too late
  w.turn();
  CHECK(got == "!x");
  hand_task y{sends(c, 'y', sent)};
  c.close();
  y.stop();  // too late for that too
  w.turn();
  CHECK(sent == "Ab#");
}

TEST_CASE("of a send that failed the value is still there, if the send has a name") {
  const hand_worker w;
  channel<std::unique_ptr<int>> c{1};
  c.close();
  const hand_task t{[](channel<std::unique_ptr<int>>& to) -> task<> {
    auto sending = to.send(std::make_unique<int>(7));
    const auto r = co_await trust::as_result(sending);
    CHECK(r.error() == errc::closed);
    CHECK(*sending.value() == 7);
    auto x = std::make_unique<int>(8);
    CHECK_FALSE(to.try_send(std::move(x)));
    CHECK(*x == 8);  // NOLINT: as promised
  }(c)};
  CHECK(t.ended());
}

TEST_CASE("try_send copies only what it can send") {
  struct counted {
    explicit counted(int& n) noexcept : copies{&n} {}
    counted(const counted& o) noexcept : copies{o.copies} { ++*copies; }
    counted(counted&& o) noexcept : copies{o.copies} {}
    int* copies;
  };
  channel<counted> c{1};
  int copies = 0;
  const counted x{copies};
  CHECK(c.try_send(x));
  CHECK(copies == 1);
  CHECK_FALSE(c.try_send(x));
  CHECK(copies == 1);
  CHECK(c.try_send(counted{copies}) == false);
  static_cast<void>(c.try_receive());
  c.close();
  CHECK_FALSE(c.try_send(x));
  CHECK(copies == 1);
}

TEST_CASE("a sender that is destroyed takes its value along; those behind it move up") {
  hand_worker w;
  channel<char> c{0};
  std::string sent;
  hand_task a{sends(c, 'a', sent)};
  const hand_task b{sends(c, 'b', sent)};
  a.destroy();
  CHECK(c.try_receive() == 'b');
  CHECK_FALSE(c.try_receive());
  w.turn();
  CHECK(sent == "b");
}

TEST_CASE("a sender whose value was taken is destroyed: the value is the receiver's") {
  hand_worker w;
  channel<char> c{0};
  std::string sent;
  hand_task a{sends(c, 'a', sent)};
  CHECK(c.try_receive() == 'a');
  a.destroy();
  CHECK_FALSE(w.anything_ready());
  CHECK_FALSE(c.try_receive());
}

TEST_CASE("the value of a receiver that is destroyed before it went on is the next one's, or goes back to the front") {
  hand_worker w;
  channel<char> c{2};
  std::string got;
  hand_task r{receives(c, got)};
  const hand_task s{receives(c, got)};
  CHECK(c.try_send('a'));
  r.destroy();
  w.turn();
  CHECK(got == "a");

  hand_task t{receives(c, got)};
  CHECK(c.try_send('b'));
  CHECK(c.try_send('c'));
  t.destroy();
  CHECK(c.try_receive() == 'b');
  CHECK(c.try_receive() == 'c');

  hand_task u{receives(c, got)};
  CHECK(c.try_send('d'));
  CHECK(c.try_send('e'));
  CHECK(c.try_send('f'));
  u.destroy();  // no room for its value: it dies
  CHECK(c.try_receive() == 'e');
  CHECK(c.try_receive() == 'f');
  CHECK_FALSE(c.try_receive());
  CHECK_FALSE(w.anything_ready());
}

TEST_CASE("at the end of a worker the channel may end before those who wait for it, with what is in it") {
  using shared = std::shared_ptr<int>;
  const shared x = std::make_shared<int>(1);
  hand_worker w;
  std::optional<channel<shared>> c{std::in_place, 1u};
  const auto send = [](channel<shared>& to, shared value) -> task<> { co_await to.send(std::move(value)); };
  const auto receive = [](channel<shared>& from) -> task<> {
    static_cast<void>(co_await from.receive());
    CHECK(false);
  };
  hand_task handed{receive(*c)};
  hand_task a{send(*c, x)}, b{send(*c, x)}, waiting{send(*c, x)};
  CHECK(a.ended());
  CHECK(b.ended());
  CHECK(x.use_count() == 4);
  w.end();
  c.reset();
  CHECK(x.use_count() == 3);
  handed.destroy();
  waiting.destroy();
  CHECK(x.use_count() == 1);
  CHECK_FALSE(w.anything_ready());
}

TEST_CASE("a deadline ends the waiting with timed_out, and a send that was late has sent nothing") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  support::run(rt, []() -> task<> {
    channel<int> c{1};
    const auto begin = trust::now();
    const auto r = co_await trust::as_result(trust::with_timeout(c.receive(), 5ms));
    CHECK(r.error() == errc::timed_out);
    CHECK(trust::now() == begin + 5ms);
    co_await trust::with_timeout(c.send(1), 1ms);
    const auto s = co_await trust::as_result(trust::with_timeout(c.send(2), 2ms));
    CHECK(s.error() == errc::timed_out);
    CHECK(trust::now() == begin + 7ms);
    const auto first = co_await trust::with_timeout(c.receive(), 1h);
    CHECK(first == 1);
    CHECK_FALSE(c.try_receive());
  });
}

TEST_CASE("who loses a race takes nothing: the value is still there") {
  trust::runtime rt{trust::simulated{.workers = 1}};
  support::run(rt, []() -> task<> {
    channel<int> left{1}, right{1};
    const auto next = [](channel<int>& c) -> task<std::optional<int>> { co_return co_await c.receive(); };
    trust::scope s;
    co_await s.spawn([&]() -> task<> {
      co_await trust::sleep_for(1ms);
      co_await right.send(1);
      co_await trust::sleep_for(1ms);
      co_await left.send(2);
    });
    const auto first = co_await trust::race(next(left), next(right));
    CHECK(first.index == 1);
    CHECK(first.value == 1);
    co_await s.join();
    CHECK(left.try_receive() == 2);
    CHECK_FALSE(right.try_receive());
  });
}

TEST_CASE("many senders and receivers: every value arrives once, each receiver sees those of a sender in order") {
  support::on_each_runtime([](trust::runtime& rt) {
    for (const std::size_t capacity : {0u, 1u, 8u}) {
      auto place = rt.emplace<channel<std::pair<int, int>>>(trust::on(1), capacity);
      support::run(rt, [&]() -> task<> {
        co_await place.launch([](channel<std::pair<int, int>>& c) -> task<> {
          std::array<std::vector<int>, 4> got;
          trust::scope senders, receivers;
          for (int k = 0; k < 4; ++k) {
            co_await senders.spawn([&c, k]() -> task<> {
              for (int i = 0; i < 50; ++i) {
                co_await c.send(std::pair{k, i});
                if ((i + k) % 9 == 0) co_await trust::yield();
              }
            });
          }
          for (int k = 0; k < 3; ++k) {
            co_await receivers.spawn([&c, &got]() -> task<> {
              std::array<int, 4> last{-1, -1, -1, -1};
              while (const auto x = co_await c.receive()) {
                const auto sender = static_cast<std::size_t>(x->first);
                CHECK(x->second > std::exchange(last[sender], x->second));
                got[sender].push_back(x->second);
              }
            });
          }
          co_await senders.join();
          c.close();
          co_await receivers.join();
          for (std::vector<int>& all : got) {
            std::sort(all.begin(), all.end());  // three receivers log in any order
            CHECK(all.size() == 50);
            for (int i = 0; i < static_cast<int>(all.size()); ++i) CHECK(all[static_cast<std::size_t>(i)] == i);
          }
        });
      });
    }
  });
}

}  // namespace
