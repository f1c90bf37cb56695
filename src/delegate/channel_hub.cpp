// SPDX-License-Identifier: MIT
// The hub of a remote_channel: elements meet those who wait for them, and it closes when all last words have come.

#include <trust/base/assert.hpp>
#include <trust/delegate/channel_office.hpp>
#include <trust/delegate/combine.hpp>

#include <algorithm>

namespace trust::delegate {

hub_entry::~hub_entry() { hub->senders_gone(); }
hub_exit::~hub_exit() { hub->receivers_gone(); }

channel_hub::channel_hub(channel_office& o, const element_type& type, std::size_t capacity, std::size_t workers)
    : office_{o},
      type_{type},
      capacity_{capacity},
      mask_{element_ring::mask_for(capacity)},
      workers_{workers},
      inlets_{std::make_unique<inlet[]>(workers + 1)},
      door_{inlets_[workers]} {
  for (std::size_t i = 0; i <= workers; ++i) inlets_[i].active.of = &inlets_[i];
  office_.hold();
}

channel_hub::~channel_hub() {
  for (std::size_t i = 0; i <= workers_; ++i) discard(inlets_[i]);
  office_.drop();
}

channel_hub::door& channel_hub::open_door() {
  if (!open_door_) {
    open_door_.emplace(*this);
    if (closed_) open_door_->ends(errc::closed);
  }
  return *open_door_;
}

void channel_hub::arrive(inlet& in, std::uint64_t upto) noexcept {
  if (missing_ != unknown) missing_ -= std::min(missing_, upto - in.arrived);
  in.arrived = upto;
  if (discards_) [[unlikely]]
    return discard(in);
  if (in.arrived != in.taken && !in.active.linked()) active_.push_back(in.active);
  while (!receivers_.empty() && !active_.empty()) {
    inlet& from = *active_.front()->of;
    receiver& r = *receivers_.front();
    r.meet(r, place(from));
    receivers_.go_on();
    took(from);
  }
  if (over()) end_receivers();
}

void channel_hub::next_turn(inlet& in) noexcept {
  taken_in_turn_ = 0;
  in.active.unlink();
  active_.push_back(in.active);
}

void channel_hub::admit_at_door() noexcept {
  open_door_->frees(door_.taken);
  if (open_door_->admit()) arrive(door_, open_door_->pushed_);
}

void channel_hub::discard(inlet& in) noexcept {
  in.active.unlink();
  for (; in.taken != in.arrived; ++in.taken) type_.destroy(place(in));
}

// The end.

/// Those who wait for credit go on: their answer says that it is closed.
void channel_hub::takes_no_more() noexcept {
  closed_ = true;
  if (open_door_) open_door_->ends(errc::closed);
  for (std::size_t i = 0; i < workers_; ++i) static_cast<void>(inlets_[i].questions.go_on());
}

task<> channel_hub::closes() {
  if (closed_) co_return;
  takes_no_more();
  for (std::uint32_t i = 0; i < workers_; ++i) {
    last_word_op ask{worker::here()->home().at(i).hall, link::record_bits::answered, false, last_word{&office_, i}};
    const result<std::uint64_t> said = co_await as_result(ask);
    if (said.has_value()) inlets_[i].final = *said;  // a worker that has ended has said it by its silence
  }
  if (missing_ != unknown) co_return;  // the senders or the receivers have gone meanwhile
  missing_ = 0;
  for (std::size_t i = 0; i < workers_; ++i) {
    if (inlets_[i].final > inlets_[i].arrived) missing_ += inlets_[i].final - inlets_[i].arrived;
  }
  if (over()) end_receivers();
}

void channel_hub::end_receivers() noexcept {
  while (receivers_.go_on() != nullptr) {}
}

void channel_hub::senders_gone() noexcept {
  missing_ = 0;
  takes_no_more();
  if (over()) end_receivers();
}

void channel_hub::receivers_gone() noexcept {
  missing_ = 0;
  discards_ = true;
  takes_no_more();
  for (std::size_t i = 0; i <= workers_; ++i) discard(inlets_[i]);
}

}  // namespace trust::delegate
