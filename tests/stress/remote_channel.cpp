// SPDX-License-Identifier: MIT
// remote_channel: several producers and receivers on several workers and threads, with timeouts, closes and dropped handles at random times:
// every element that was sent is received once, and each producer's in the order in which it was sent.
//
// Then the runtime ends in the middle of it, as a simulation after every number of passes and with threads at a random time: nothing is
// left, nothing was received that was not sent, or twice.
#include "population.hpp"
#include "support/effort.hpp"
#include "support/seed.hpp"
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace tests;
using namespace std::chrono_literals;

struct message {
  std::uint32_t producer = 0;
  std::uint32_t number = 0;
  citizen body;
};
using channel = trust::remote_channel<message>;
using sender = trust::remote_sender<message>;
using receiver = trust::remote_receiver<message>;

/// What was sent, by producer, and what was received, by receiver. Any thread.
class ledger {
 public:
  using entry = std::pair<std::uint32_t, std::uint32_t>;

  void sent(std::uint32_t producer, std::vector<std::uint32_t> numbers) {
    const std::lock_guard lock{mutex_};
    for (const std::uint32_t n : numbers) sent_.emplace_back(producer, n);
  }
  void received(const std::vector<entry>& by_one) {
    const std::lock_guard lock{mutex_};
    received_.insert(received_.end(), by_one.begin(), by_one.end());
    // In order for each producer, as one receiver sees it.
    std::vector<std::int64_t> last(64, -1);
    for (const auto& [producer, number] : by_one) {
      in_order_ &= last.at(producer) < number;
      last.at(producer) = number;
    }
  }
  void check(bool all_of_them) {
    std::sort(sent_.begin(), sent_.end());
    std::sort(received_.begin(), received_.end());
    CHECK(in_order_);
    CHECK(std::adjacent_find(received_.begin(), received_.end()) == received_.end());
    CHECK(std::includes(sent_.begin(), sent_.end(), received_.begin(), received_.end()));
    if (all_of_them) CHECK(sent_.size() == received_.size());
  }
  [[nodiscard]] std::size_t count() const { return received_.size(); }

 private:
  std::mutex mutex_;
  std::vector<entry> sent_;
  std::vector<entry> received_;
  bool in_order_ = true;
};

/// Books when it is destroyed, as its task may be.
struct outbox {
  outbox(std::shared_ptr<ledger> b, std::uint32_t p) noexcept : book{std::move(b)}, producer{p} {}
  outbox(const outbox&) = delete;
  ~outbox() { book->sent(producer, std::move(numbers)); }
  std::shared_ptr<ledger> book;
  std::uint32_t producer;
  std::vector<std::uint32_t> numbers;
};
struct inbox {
  explicit inbox(std::shared_ptr<ledger> b) noexcept : book{std::move(b)} {}
  inbox(const inbox&) = delete;
  ~inbox() { book->received(entries); }
  void take(const message& m) {
    m.body.check();
    entries.emplace_back(m.producer, m.number);
  }
  std::shared_ptr<ledger> book;
  std::vector<ledger::entry> entries;
};

/// Whether sending may go on; counts an attempt that has, or may have, succeeded.
bool goes_on(const std::error_code& code) {
  if (code == trust::errc::closed || code == trust::errc::runtime_stopped) return false;
  CHECK((!code || code == trust::errc::timed_out || code == trust::errc::cancelled));
  return code != trust::errc::cancelled;
}

trust::task<> produce(sender to, std::shared_ptr<ledger> book, std::uint32_t who, std::uint64_t seed, unsigned times) {
  dice draw{seed};
  outbox mine{std::move(book), who};
  for (std::uint32_t i = 0; i < times; ++i) {
    std::error_code code;
    mine.numbers.push_back(i);  // before it is sent: a task that is destroyed while it waits cannot say
    if (draw.one_in(8)) {
      if (!to.try_send(message{who, i, {}})) mine.numbers.pop_back();
    } else if (draw.one_in(4)) {
      auto sending = trust::with_timeout(to.send(message{who, i, {}}), std::chrono::microseconds{draw.below(40)});
      const auto r = co_await trust::as_result(sending);
      if (!r.has_value()) code = r.error().code();
    } else {
      auto sending = to.send(message{who, i, {}});
      const auto r = co_await trust::as_result(sending);
      if (!r.has_value()) code = r.error().code();
    }
    if (code) mine.numbers.pop_back();
    if (!goes_on(code)) break;
    if (draw.one_in(10)) co_await trust::yield();
    if (draw.one_in(200)) to.close();
  }
}

trust::task<> consume(receiver from, std::shared_ptr<ledger> book, std::uint64_t seed) {
  dice draw{seed};
  inbox mine{std::move(book)};
  const std::size_t patience = draw.one_in(3) ? draw.below(100) : ~std::size_t{0};
  for (std::size_t i = 0; i < patience; ++i) {
    std::error_code code;
    if (draw.one_in(4)) {
      const auto r =
          co_await trust::as_result(trust::with_timeout(from.receive(), std::chrono::microseconds{draw.below(40)}));
      if (!r.has_value()) code = r.error().code();
      if (r.has_value() && !*r) co_return;
      if (r.has_value()) mine.take(**r);
    } else {
      const auto r = co_await trust::as_result(from.receive());
      if (!r.has_value()) code = r.error().code();
      if (r.has_value() && !*r) co_return;
      if (r.has_value()) mine.take(**r);
    }
    if (!goes_on(code)) co_return;
    if (draw.one_in(10)) co_await trust::yield();
  }
}

/// Those that are no workers.
void stand_and_send(const sender& to, std::shared_ptr<ledger> book, std::uint32_t who, unsigned times) {
  outbox mine{std::move(book), who};
  for (std::uint32_t i = 0; i < times; ++i) {
    const auto r = trust::as_result(to.send(message{who, i, {}})).get();
    if (!r.has_value() && !goes_on(r.error().code())) return;
    mine.numbers.push_back(i);
  }
}
void stand_and_receive(const receiver& from, std::shared_ptr<ledger> book) {
  inbox mine{std::move(book)};
  for (;;) {
    const auto r = trust::as_result(from.receive()).get();
    if (!r.has_value() || !*r) return;
    mine.take(**r);
  }
}

void check_nothing_is_left() {
  CHECK(all.alive.load() == 0);
  CHECK(all.twice.load() == 0);
  all.reset();
}

trust::options some_options(dice& draw) {
  trust::options o;
  o.workers = 2 + draw.below(3);
  o.pin = trust::pinning::none;
  o.spin = draw.one_in(2) ? trust::spinning::adaptive : trust::spinning::park_at_once;
  o.lane_capacity = draw.one_in(2) ? 2 : 64;
  o.stall_report = 0ms;
  o.shortcut = !draw.one_in(3);
  if (draw.one_in(3)) o.shuffle = draw() | 1;
  return o;
}

/// Producers and receivers at work on `rt`.
void populate(trust::runtime& rt, const channel& ch, const std::shared_ptr<ledger>& book, dice& draw, unsigned times,
              std::vector<trust::task_handle<void>>& tasks) {
  const auto somewhere = [&] { return trust::on(draw.below(rt.workers())); };
  const auto producers = static_cast<std::uint32_t>(1 + draw.below(8));
  for (std::uint32_t i = 0; i < producers; ++i) {
    tasks.push_back(rt.spawn(somewhere(), produce, ch.tx, book, i, draw(), times));
  }
  for (std::size_t i = 0; i < 1 + draw.below(5); ++i)
    tasks.push_back(rt.spawn(somewhere(), consume, ch.rx, book, draw()));
}

}  // namespace

TEST_CASE("every element that was sent is received once, in its producer's order") {
  const std::uint64_t seed = seed_of_this_run("remote_channel");
  CAPTURE(seed);
  dice draw{seed};
  std::size_t elements = 0;
  const unsigned rounds = effort(80, 2000);
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(k);
    const auto book = std::make_shared<ledger>();
    {
      trust::runtime rt{some_options(draw)};
      const watchdog guard{"remote_channel", 50s, &rt};
      std::optional<channel> ch;
      ch.emplace(rt, trust::on(draw.below(rt.workers())), 1 + draw.below(draw.one_in(2) ? 4 : 100));
      std::vector<trust::task_handle<void>> tasks;
      populate(rt, *ch, book, draw, 400, tasks);
      std::thread sends{stand_and_send, ch->tx, book, 40u, draw.one_in(2) ? 30u : 0u};
      std::thread last{stand_and_receive, ch->rx, book};  // who stays to the end
      std::thread closes{[close = draw.one_in(4), after = draw.below(2'000), tx = ch->tx] {
        std::this_thread::sleep_for(std::chrono::microseconds{after});
        if (close) tx.close();
      }};
      ch.reset();  // the last producer closes it, if nobody else does
      for (auto& t : tasks) t.get();
      sends.join();
      closes.join();
      last.join();
    }
    book->check(true);
    elements += book->count();
    check_nothing_is_left();
  }
  CHECK(elements > rounds * 10);
}

TEST_CASE("a simulated runtime ends after every number of passes in the middle of a channel, and nothing is left") {
  const std::uint64_t seed = seed_of_this_run("remote_channel, passes");
  CAPTURE(seed);
  const unsigned most = effort(250, 2000);
  for (unsigned k = 0; k < most; ++k) {
    CAPTURE(k);
    dice draw{seed + k};
    const auto book = std::make_shared<ledger>();
    {
      trust::runtime rt{trust::simulated{.seed = draw() | 1,
                                         .workers = 2 + draw.below(2),
                                         .lane_capacity = draw.one_in(2) ? 2u : 64u,
                                         .shortcut = !draw.one_in(3)}};
      std::optional<channel> ch;
      ch.emplace(rt, trust::on(draw.below(rt.workers())), 1 + draw.below(6));
      std::vector<trust::task_handle<void>> tasks;
      populate(rt, *ch, book, draw, 60, tasks);
      if (draw.one_in(2)) ch.reset();
      for (unsigned i = 0; i < k && rt.core().simulate_once(); ++i) {}
    }
    book->check(false);
    check_nothing_is_left();
  }
}

TEST_CASE("a runtime with threads ends at a random time in the middle of a channel, and nothing is left") {
  const std::uint64_t seed = seed_of_this_run("remote_channel, ends");
  CAPTURE(seed);
  dice draw{seed};
  const unsigned rounds = effort(80, 2000);
  for (unsigned k = 0; k < rounds; ++k) {
    CAPTURE(k);
    const auto book = std::make_shared<ledger>();
    {
      std::optional<channel> ch;
      std::thread sends, receives;
      {
        trust::options o = some_options(draw);
        o.grace = draw.one_in(2) ? 0ms : 5ms;
        trust::runtime rt{o};
        const watchdog guard{"remote_channel, ends", 50s, &rt};
        ch.emplace(rt, trust::on(draw.below(rt.workers())), 1 + draw.below(6));
        std::vector<trust::task_handle<void>> tasks;
        populate(rt, *ch, book, draw, 100'000, tasks);
        sends = std::thread{stand_and_send, ch->tx, book, 40u, draw.one_in(2) ? 100'000u : 0u};
        if (draw.one_in(2)) receives = std::thread{stand_and_receive, ch->rx, book};
        if (draw.one_in(2)) ch.reset();
        std::this_thread::sleep_for(std::chrono::microseconds{draw.below(1'500)});
      }
      sends.join();
      if (receives.joinable()) receives.join();
    }
    book->check(false);
    check_nothing_is_left();
  }
}
