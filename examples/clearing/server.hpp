// SPDX-License-Identifier: MIT
// The server under test: a clearing house between two banks. What it owns is entrusted to several trustees: the branches with their accounts, the
// journal of transfers, the letter boxes of the customers. A transfer is five messages, each awaited before the next one is sent,
// and for each of them there is somebody who relies on that (see `audit` and `serve`):
//
//     1  the journal learns of the transfer         no money moves that the journal does not know of
//     2  the payer's branch gives the money         no money is paid in that was not taken out
//     3  the payee's branch takes it                no transfer is called finished before the money is there
//     4  the journal learns that it is finished     nobody is told of a transfer that is not finished
//     5  the payee is told                          a session that has ended has told everybody
//
// `plant` is the number of the message that is not awaited, but thrown after its object: the bug of the one who forgets a co_await.
#pragma once

#include <trust/trust.hpp>

#include <bitset>
#include <cstddef>

namespace clearing {

constexpr std::size_t customers = 4;
constexpr std::size_t transfers_each = 3;
constexpr std::size_t transfers = customers * transfers_each;
constexpr long opening_balance = 100;

/// Transfers, by number.
using ids = std::bitset<transfers>;

/// Keeps the accounts of some customers.
class branch {
 public:
  bool take_out(std::size_t id, std::size_t customer, long amount);
  void pay_in(std::size_t id, std::size_t customer, long amount);
  [[nodiscard]] ids taken() const { return taken_; }
  [[nodiscard]] ids paid() const { return paid_; }
  [[nodiscard]] long total() const;

 private:
  long balance_[customers] = {};
  ids taken_;
  ids paid_;

 public:
  void open_account(std::size_t customer) { balance_[customer] = opening_balance; }
};

/// Knows how far each transfer is.
class journal {
 public:
  void begin(std::size_t id) { begun_.set(id); }
  void finish(std::size_t id) { finished_.set(id); }
  void give_up(std::size_t id) { given_up_.set(id); }
  [[nodiscard]] ids begun() const { return begun_; }
  [[nodiscard]] ids finished() const { return finished_; }
  [[nodiscard]] ids given_up() const { return given_up_; }

 private:
  ids begun_, finished_, given_up_;
};

/// What customers have been told.
class letter_boxes {
 public:
  void tell(std::size_t id) { told_.set(id); }
  [[nodiscard]] ids told() const { return told_; }

 private:
  ids told_;
};

/// Lets every customer make its transfers, and an auditor look at all of it meanwhile and in the end. Throws std::runtime_error when something is
/// wrong. `plant`: 1 to 5, or 0 for a server without a bug.
void serve(trust::runtime& rt, int plant);

}  // namespace clearing
