// SPDX-License-Identifier: MIT
#pragma once
// channel_office: what all sender handles of a remote_channel share: the way to the hub, and a desk for each worker, with its outlet.
//
// Who owns what    a desk is its worker's alone; the rest does not change once the channel is made, but for the counts. While there is a
//                  sender, a handle or an outlet with anything to do, the office holds the hub's entry; with the last one the entry goes,
//                  so all that was sent before arrives before that. The hub refers to the rings of the outlets: the office itself goes with
//                  the hub and the last sender, whichever is later, on any thread.
// Tests: tests/unit/delegate/remote_channel_ends.cpp, tests/stress/remote_channel.cpp

#include <trust/delegate/channel_outlet.hpp>
#include <trust/link/refcount.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace trust::delegate {

/// What all sender handles of a channel share.
class channel_office {
 public:
  /// Held by whoever makes it, as a sender.
  [[nodiscard]] static channel_office* make(worker::core& home, const element_type& t, std::size_t capacity);
  channel_office(const channel_office&) = delete;
  channel_office& operator=(const channel_office&) = delete;

  // Any thread.
  void add_sender() noexcept { senders_.add(); }
  void drop_sender() noexcept;
  void hold() noexcept { holders_.add(); }
  void drop() noexcept {
    if (holders_.drop()) delete this;
  }
  [[nodiscard]] const element_type& type() const noexcept { return type_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] const remote<hub_entry>& entry() const noexcept { return entry_; }
  /// Before anybody else knows of it.
  void opens(remote<hub_entry>&& e) noexcept;

  /// Whether the worker `w` sends through an outlet; else (also on a foreign thread) it sends at the door.
  [[nodiscard]] bool has_desk(const worker::loop* w) const noexcept {
    return w != nullptr && &w->home() == &home_ && w->face().index != trustee_;
  }
  /// The outlet of this worker, which has a desk, or null.
  [[nodiscard]] channel_outlet* outlet_of(const worker::loop& w) const noexcept {
    return desks_[w.face().index].outlet.get();
  }
  /// The same; makes one at first. Throws what that does.
  [[nodiscard]] channel_outlet& open_outlet(const worker::loop& w);
  /// On the worker `index`: takes nothing more there; says how many were ever taken.
  [[nodiscard]] std::uint64_t last_word(std::uint32_t index) noexcept;

 private:
  struct alignas(128) desk {
    std::unique_ptr<channel_outlet> outlet;
    bool closed = false;
  };
  channel_office(worker::core& home, const element_type& t, std::size_t capacity);
  ~channel_office() = default;

  worker::core& home_;
  const element_type& type_;
  const std::size_t capacity_;
  remote<hub_entry> entry_;
  std::uint32_t trustee_ = 0;
  const std::unique_ptr<desk[]> desks_;  // each its worker's
  link::refcount<worker::machine> senders_{1};
  link::refcount<worker::machine> holders_{1};  // the senders together are one
};

/// A sender's hold on the office.
class sender_hold {
 public:
  sender_hold() noexcept = default;
  explicit sender_hold(channel_office* o) noexcept : office_{o} {}  // takes one over
  sender_hold(const sender_hold& o) noexcept : office_{o.office_} {
    if (office_ != nullptr) office_->add_sender();
  }
  sender_hold(sender_hold&& o) noexcept : office_{std::exchange(o.office_, nullptr)} {}
  sender_hold& operator=(sender_hold o) noexcept {
    std::swap(office_, o.office_);
    return *this;
  }
  ~sender_hold() {
    if (office_ != nullptr) office_->drop_sender();
  }
  [[nodiscard]] channel_office* get() const noexcept { return office_; }

 private:
  channel_office* office_ = nullptr;
};

}  // namespace trust::delegate
