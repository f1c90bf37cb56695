// SPDX-License-Identifier: MIT
// Who waits for a place in a remote_channel: let in, refused, or asked to stop.

#include <trust/delegate/channel_intake.hpp>

#include <bit>
#include <utility>

namespace trust::delegate {

std::size_t element_ring::mask_for(std::size_t places) noexcept { return std::bit_ceil(places) - 1; }

element_ring::element_ring(const element_type& type, std::size_t places)
    : type_{type},
      mask_{mask_for(places)},
      bytes_{static_cast<std::byte*>(::operator new(type.bytes*(mask_ + 1), std::align_val_t{type.alignment}))} {}

element_ring::~element_ring() { ::operator delete(bytes_, std::align_val_t{type_.alignment}); }

queued_send::queued_send(void (*enter)(queued_send&, void*) noexcept) noexcept
    : sync::waiter{[](coro::resumable& r) noexcept {
        auto& self = static_cast<queued_send&>(static_cast<sync::waiter&>(r));
        self.stand_out();
        return std::exchange(self.done_, nullptr)->claim();
      }},
      stop_node{[](coro::stop_node& n) noexcept {
        auto& self = static_cast<queued_send&>(n);
        sync::waiter& w = self;
        w.stand_out();
        w.why = errc::cancelled;
        coro::here()->ready(w);
      }},
      enter_{enter} {}

queued_send::~queued_send() {
  if (done_ == nullptr) return;
  stand_out();
  coro::here()->forget(*this);
}

intake::intake(const element_type& t, std::size_t capacity)
    : ring_{t, capacity}, limit_{capacity}, capacity_{capacity} {}

void intake::enter(queued_send& s, coro::resumable& done, coro::environment& env) noexcept {
  s.done_ = &done;
  env.stop.add(s);
  waiting_.enter(s);
}

bool intake::admit() noexcept {
  bool any = false;
  for (; pushed_ < limit_ && !waiting_.empty(); any = true) {
    auto& s = static_cast<queued_send&>(*waiting_.go_on());
    static_cast<coro::stop_node&>(s).unlink();
    s.enter_(s, ring_.at(pushed_++));
  }
  return any;
}

void intake::refuse_waiting(errc why) noexcept {
  while (!waiting_.empty()) {
    auto& s = static_cast<queued_send&>(*waiting_.go_on(why));
    static_cast<coro::stop_node&>(s).unlink();
  }
}

void intake::ends(errc why) noexcept {
  if (over_ == errc{} || why != errc::closed) over_ = why;
  limit_ = 0;
  refuse_waiting(over_);
}

}  // namespace trust::delegate
