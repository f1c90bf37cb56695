// SPDX-License-Identifier: MIT
// Sessions, the auditor, and what they rely on.
#include "server.hpp"

#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace clearing {

bool branch::take_out(std::size_t id, std::size_t customer, long amount) {
  if (balance_[customer] < amount) return false;
  balance_[customer] -= amount;
  taken_.set(id);
  return true;
}

void branch::pay_in(std::size_t id, std::size_t customer, long amount) {
  balance_[customer] += amount;
  paid_.set(id);
}

long branch::total() const { return std::accumulate(std::begin(balance_), std::end(balance_), 0L); }

namespace {

constexpr auto patience = 2ms;  // of a payer who has not enough money

struct house {
  trust::remote<branch> branches[2];
  trust::remote<journal> book;
  trust::remote<letter_boxes> boxes;
  int plant;

  [[nodiscard]] const trust::remote<branch>& branch_of(std::size_t customer) const { return branches[customer % 2]; }

  /// Message `number` of a transfer: the next one is sent when it has arrived, unless the bug is planted here.
  template <class T, class... Parameters, class... Args>
  trust::task<void> message(int number, const trust::remote<T>& to, void (T::*f)(Parameters...), Args... args) const {
    if (number == plant) {
      to.post(f, args...);
    } else {
      co_await to.apply(f, args...);
    }
  }

  /// Message 2, which has an answer: whether there was enough money. It is asked for again until the payer's patience is over.
  trust::task<bool> take_out(std::size_t id, std::size_t payer, long amount) const {
    if (plant == 2) {
      branch_of(payer).post(&branch::take_out, id, payer, amount);
      co_return true;
    }
    for (auto until = trust::now() + patience; trust::now() < until; co_await trust::sleep_for(100us)) {
      bool given = co_await branch_of(payer).apply(&branch::take_out, id, payer, amount);
      if (given) co_return true;
    }
    co_return false;
  }
};

trust::task<void> transfer(const house& h, std::size_t id, std::size_t payer, std::size_t payee, long amount) {
  co_await h.message(1, h.book, &journal::begin, id);
  bool given = co_await h.take_out(id, payer, amount);
  if (!given) {
    co_await h.book.apply(&journal::give_up, id);
    co_return;
  }
  co_await h.message(3, h.branch_of(payee), &branch::pay_in, id, payee, amount);
  co_await h.message(4, h.book, &journal::finish, id);
  co_await h.message(5, h.boxes, &letter_boxes::tell, id);
}

/// All transfers of one customer, each to the next one.
trust::task<void> session(house h, std::size_t customer) {
  for (std::size_t i = 0; i < transfers_each; ++i) {
    std::size_t id = customer * transfers_each + i;
    std::size_t payee = (customer + 1 + i) % customers;
    long amount = 40 + 10 * static_cast<long>(i);
    co_await transfer(h, id, customer, payee, amount);
    co_await trust::sleep_for(20us);
  }
}

void check(ids what, const char* sentence) {
  if (what.none()) return;
  std::size_t first = 0;
  while (!what.test(first)) ++first;
  throw std::runtime_error{"transfer " + std::to_string(first) + " " + sentence};
}

/// Looks at everything from the last message back to the first one, so that what it has seen of a later one must show in an earlier one.
trust::task<void> audit(const house& h) {
  ids told = co_await h.boxes.with(&letter_boxes::told);
  ids finished = co_await h.book.with(&journal::finished);
  check(told & ~finished, "was told of and is not finished");
  ids paid, taken;
  for (const auto& b : h.branches) paid |= co_await b.with(&branch::paid);
  check(finished & ~paid, "is finished and not paid");
  for (const auto& b : h.branches) taken |= co_await b.with(&branch::taken);
  check(paid & ~taken, "was paid with money that nobody gave");
  ids begun = co_await h.book.with(&journal::begun);
  check(taken & ~begun, "took money and is not in the journal");
}

trust::task<void> auditor(house h, trust::remote<bool> closed) {
  for (bool over = false; !over;) {
    over = co_await closed.with([](const bool& c) { return c; });
    co_await audit(h);
    co_await trust::sleep_for(10us);
  }
}

}  // namespace

void serve(trust::runtime& rt, int plant) {
  const auto place = [&](std::size_t i) { return trust::on(i % rt.workers()); };
  house h;
  h.branches[0] = rt.emplace<branch>(place(0), trust::named("branch/0"));
  h.branches[1] = rt.emplace<branch>(place(1), trust::named("branch/1"));
  h.book = rt.emplace<journal>(place(2), trust::named("journal"));
  h.boxes = rt.emplace<letter_boxes>(place(3), trust::named("letter boxes"));
  h.plant = plant;
  auto closed = rt.entrust(place(2), false);

  rt.block_on([&]() -> trust::task<void> {
    for (std::size_t c = 0; c < customers; ++c) co_await h.branch_of(c).apply(&branch::open_account, c);
    auto watching = rt.spawn(place(3), auditor, h, closed);
    std::vector<trust::task_handle<void>> sessions;
    for (std::size_t c = 0; c < customers; ++c) sessions.push_back(rt.spawn(place(c), session, h, c));
    for (auto& s : sessions) co_await s;

    ids told = co_await h.boxes.with(&letter_boxes::told);
    ids given_up = co_await h.book.with(&journal::given_up);
    check(~(told | given_up), "is over, and nobody was told");
    co_await closed.apply([](bool& c) { c = true; });
    co_await watching;

    long money = 0;
    for (const auto& b : h.branches) money += co_await b.with(&branch::total);
    if (money != static_cast<long>(customers) * opening_balance) {
      throw std::runtime_error{"in the end there is " + std::to_string(money)};
    }
  });
}

}  // namespace clearing
