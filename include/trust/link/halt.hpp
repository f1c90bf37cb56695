// SPDX-License-Identifier: MIT
#pragma once
// halt: how caller and trustee end a call that was answered `later` and that the caller wants to stop.
//
//     caller                                      trustee
//     the message: a record of the same call ---> stops what the call waits at, if it still waits; answers
//     waits for both          <------------------ the result, as a completion; the answer to the message
//
// Both ways name the same waiter, in the caller's frame, and either may come first. The trustee reads the waiter for as long as one of them
// is owed, so the caller goes on when both have come: `over` is what it knows of the one while it waits for the other.
// Who owns what    all of it is the caller's; what the trustee notes in the waiter is the trustee's until the result is published.
// Edges            those of the lane.     Model: tests/model/halt.cpp

#include <trust/link/edges.hpp>

namespace trust::link {

template <class M> class halt {
 public:
  /// The message is wanted; it is under way when there was room for it.
  void ask() noexcept { asked_ = true; }
  void send() noexcept { told_ = true; }
  [[nodiscard]] bool to_be_sent() const noexcept { return asked_ && !told_; }
  [[nodiscard]] bool under_way() const noexcept { return told_; }

  /// The result has come: whether the caller goes on.
  [[nodiscard]] bool completed() noexcept {
    if (M::step(step::both) && told_) over_ = true;
    return !over_;
  }
  /// The answer to the message has come: whether the caller goes on.
  [[nodiscard]] bool answered() noexcept {
    told_ = asked_ = false;
    return over_;
  }

 private:
  bool asked_ = false;
  bool told_ = false;
  bool over_ = false;
};

}  // namespace trust::link
