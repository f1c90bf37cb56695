// SPDX-License-Identifier: MIT
// What the senders of a remote_channel share: counted, and a desk for each worker.

#include <trust/delegate/channel_office.hpp>
#include <trust/worker/core.hpp>

namespace trust::delegate {

channel_office* channel_office::make(worker::core& home, const element_type& t, std::size_t capacity) {
  return new channel_office{home, t, capacity};
}

channel_office::channel_office(worker::core& home, const element_type& t, std::size_t capacity)
    : home_{home}, type_{t}, capacity_{capacity}, desks_{std::make_unique<desk[]>(home.workers())} {}

void channel_office::drop_sender() noexcept {
  if (!senders_.drop()) return;
  entry_.reset();
  drop();
}

void channel_office::opens(remote<hub_entry>&& e) noexcept {
  entry_ = std::move(e);
  trustee_ = static_cast<std::uint32_t>(entry_.owner().index());
}

channel_outlet& channel_office::open_outlet(const worker::loop& w) {
  const std::uint32_t index = w.face().index;
  if (desks_[index].outlet != nullptr) return *desks_[index].outlet;
  auto made = std::make_unique<channel_outlet>(*this, index);
  made->open();
  if (desks_[index].closed) static_cast<void>(made->close());
  desks_[index].outlet = std::move(made);
  return *desks_[index].outlet;
}

std::uint64_t channel_office::last_word(std::uint32_t index) noexcept {
  desk& d = desks_[index];
  d.closed = true;
  return d.outlet != nullptr ? d.outlet->close() : 0;
}

}  // namespace trust::delegate
