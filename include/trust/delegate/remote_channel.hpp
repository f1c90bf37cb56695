// SPDX-License-Identifier: MIT
#pragma once
// remote_channel: a bounded queue between workers, whose senders and receivers may be anywhere.
//
//     trust::remote_channel<order> ch{rt, trust::on(1), 64};   // lives on worker 1, best where it is received
//     auto [tx, rx] = trust::remote_channel<order>{rt, 64};    // the same as two handles; somewhere
//     co_await tx.send(order{...});                            // waits only where this worker's 64 are under way
//     while (auto o = co_await rx.receive()) use(*o);          // a std::optional; nothing when closed and empty
//     tx.close();                                              // or: the last sender handle goes
//
// Bound       each worker that sends has credit for `capacity` elements that are sent and not received yet; so have all others together:
//             the tasks of the channel's own worker, foreign threads, workers of other runtimes.
// Order       of each sending worker, as sent. What several have sent is taken in turn.
// Price       a send with credit is a store beside the last one and no message; what has piled up goes as one message. Received
//             where the channel lives it is a load; from elsewhere each receive is a launched task, of which many may wait at once.
// Closing     what was sent is received first; then receivers get nothing, senders errc::closed, also those that wait for credit. When
//             the last receiver goes, what is left is destroyed, and senders soon hear. A channel that has no more senders is closed.
// Cancelling  a send or receive that waits ends with errc::cancelled on a stop request and has done nothing: an element is received once.
// Strangers   send(x).get(), receive().get(), future(), start(callback) work on threads that are no workers. Each is a launched task, in
//             one row with all others there, also when a worker uses start: that is in no order with what its tasks send.
// At the end of the runtime those that wait get errc::cancelled or errc::runtime_stopped, and what nobody received is destroyed.
// Lifetime    handles are counted, may be copied and dropped anywhere and may outlive the runtime. An element is moved, which must not
//             throw, two times or a few more, and must not borrow (promise 11).
// Tests: tests/unit/delegate/remote_channel.cpp, tests/stress/remote_channel.cpp, tests/refuse/channels.cpp   Price: bench/stream.cpp

#include <trust/delegate/channel_ops.hpp>
#include <trust/delegate/entrust.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace trust {

template <class T> class remote_sender;
template <class T> class remote_receiver;

namespace delegate {

/// Refuses elements that must not cross: nobody waits for them, so they may refer to nothing of their sender's (promise 11).
template <class T> consteval void check_element() {
  static_assert(
      std::is_same_v<T, std::decay_t<T>> && !std::is_void_v<T>,
      "trust-tee: the elements of a remote_channel are values: an object type, not a reference or const type");
  if constexpr (!is_unchecked<T>) {
    static_assert(
        !borrowed_argument<T> && !borrows<T>::value && !captures_by_reference<T>,
        "trust-tee: the elements of this remote_channel would borrow (a pointer, view, iterator, reference_wrapper, "
        "shared_ptr to non-const or a closure with by-reference captures), but their sender does not wait until they "
        "are used; send what owns what it holds, or trust::unchecked_value<T>");
  }
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "trust-tee: an element of a remote_channel is moved when its sender has gone on, so nobody could be "
                "told if that throws; make its move constructor noexcept, or send a std::unique_ptr");
}

template <class T>
inline constexpr element_type element_type_of{
    sizeof(T), alignof(T), [](void* x) noexcept { std::destroy_at(std::launder(static_cast<T*>(x))); }};

struct closing_is_over {
  void operator()(const result<void>& closed) const {
    if (!closed.has_value() && closed.error() != errc::runtime_stopped) closed.error().raise();
  }
};

/// Begins to close; there is nothing to wait for. A runtime that has stopped has closed its channels.
template <class Object> void close_through(const remote<Object>& r) {
  using close_op = op<launch_kind<Object, close_channel, false>>;
  if (!r) base::raise(error{errc::empty});
  started<close_op, closing_is_over>::go(
      close_op{access::cell(r), access::bits(r) | link::record_bits::answered, false, close_channel{}},
      closing_is_over{});
}

}  // namespace delegate

/// A handle that sends into a remote_channel. Copy it for one more sender; the channel is closed when the last one goes.
template <class T> class remote_sender {
 public:
  using value_type = T;
  remote_sender() noexcept = default;

  [[nodiscard]] explicit operator bool() const noexcept { return hold_.get() != nullptr; }

  /// `co_await tx.send(x)` goes on at once where there is credit, else when there is. Throws trust::error: closed, cancelled,
  /// runtime_stopped, empty. Unless it throws, x will be received, or be destroyed with the last receiver or the runtime.
  template <class U = T>
    requires std::constructible_from<T, U&&>
  [[nodiscard]] auto send(U&& x) const& {
    return delegate::sending<T, coro::hazardous<U>()>{hold_.get(), std::forward<U>(x)};
  }
  template <class U = T>
    requires std::constructible_from<T, U&&>
  [[nodiscard]] auto send(U&& x) && {
    return delegate::sending<T, coro::hazardous<U>()>{std::move(hold_), std::forward<U>(x)};
  }
  /// Sends x if there is credit now; else false, and x has not been touched. Also where the channel is closed or its runtime has stopped. On a
  /// thread that is no worker it asks the trustee, and waits for that answer; on a worker of another runtime it is errc::would_block.
  template <class U = T>
    requires std::constructible_from<T, U&&>
  [[nodiscard]] bool try_send(U&& x) const;
  /// Closes the channel for all its senders. Returns at once. Throws errc::empty, std::bad_alloc.
  void close() const {
    if (!*this) base::raise(error{errc::empty});
    delegate::channel_office& office = *hold_.get();
    delegate::close_through(office.entry());
    if (worker::loop* const w = worker::here(); office.has_desk(w)) {
      static_cast<void>(office.last_word(w->face().index));  // later sends of this worker do not wait for the news
    }
  }
  /// The worker where the channel lives.
  [[nodiscard]] worker_id owner() const noexcept { return *this ? hold_.get()->entry().owner() : worker_id{}; }
  friend bool operator==(const remote_sender& a, const remote_sender& b) noexcept {
    return a.hold_.get() == b.hold_.get();
  }

 private:
  template <class> friend class remote_channel;
  explicit remote_sender(delegate::channel_office* o) noexcept : hold_{o} {}
  delegate::sender_hold hold_;
};

/// A handle that receives from a remote_channel. Copy it for one more receiver; each element goes to one of them.
template <class T> class remote_receiver {
 public:
  using value_type = T;
  remote_receiver() noexcept = default;

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(exit_); }

  /// `co_await rx.receive()` gives the next element, waiting for one, or nothing when the channel is closed and empty. First come, first
  /// served. Throws trust::error: cancelled, runtime_stopped, empty.
  [[nodiscard]] delegate::receiving<T> receive() const& { return delegate::receiving<T>{exit_}; }
  [[nodiscard]] delegate::receiving<T> receive() && { return delegate::receiving<T>{std::move(exit_)}; }
  /// Closes the channel: what was sent is still received. Returns at once. Throws errc::empty, std::bad_alloc.
  void close() const { delegate::close_through(exit_); }
  /// The worker where the channel lives: receiving there costs no message.
  [[nodiscard]] worker_id owner() const noexcept { return exit_.owner(); }
  friend bool operator==(const remote_receiver& a, const remote_receiver& b) noexcept { return a.exit_ == b.exit_; }

 private:
  template <class> friend class remote_channel;
  explicit remote_receiver(remote<delegate::hub_exit>&& e) noexcept : exit_{std::move(e)} {}
  remote<delegate::hub_exit> exit_;
};

/// Makes a channel, and holds a handle of both kinds: a channel whose remote_channel is kept has a sender.
template <class T> class remote_channel {
 public:
  using value_type = T;
  /// Places it on a trustee in turn, or where `on` or `beside` says. Any thread; on a worker it does not wait. `capacity`: see above, at least 1.
  /// Throws errc::bad_option, errc::runtime_stopped, errc::forked, std::bad_alloc.
  remote_channel(runtime& rt, std::size_t capacity) : remote_channel{rt.core(), rt.core().next_trustee(), capacity} {}
  template <delegate::place Place>
  remote_channel(runtime& rt, Place place, std::size_t capacity)
      : remote_channel{rt.core(), delegate::port_at(rt.core(), place.index), capacity} {}

  template <class U = T> [[nodiscard]] auto send(U&& x) const { return tx.send(std::forward<U>(x)); }
  template <class U = T> [[nodiscard]] bool try_send(U&& x) const { return tx.try_send(std::forward<U>(x)); }
  [[nodiscard]] auto receive() const { return rx.receive(); }
  void close() const { tx.close(); }
  [[nodiscard]] worker_id owner() const noexcept { return rx.owner(); }

  remote_sender<T> tx;
  remote_receiver<T> rx;

 private:
  remote_channel(worker::core& home, worker::port& p, std::size_t capacity) {
    delegate::check_element<T>();
    using namespace delegate;
    if (capacity == 0) base::raise(error{errc::bad_option, "the capacity of a remote_channel must be at least 1"});
    if (capacity > element_ring::most(sizeof(T)))
      base::raise(error{errc::bad_option, "so many elements of a remote_channel have no room in any memory"});
    tx = remote_sender<T>{channel_office::make(home, element_type_of<T>, capacity)};
    channel_office& office = *tx.hold_.get();
    auto hub = std::make_shared<channel_hub>(office, element_type_of<T>, capacity, home.workers());
    office.opens(make_on<hub_entry>(p, {}, std::shared_ptr<channel_hub>{hub}));
    rx = remote_receiver<T>{make_on<hub_exit>(p, {}, std::move(hub))};
  }
};

template <class T>
template <class U>
  requires std::constructible_from<T, U&&>
bool remote_sender<T>::try_send(U&& x) const {
  using namespace delegate;
  if (!*this) base::raise(error{errc::empty});
  channel_office& office = *hold_.get();
  worker::loop* const w = worker::here();
  if (w != nullptr && w->face().parker.peek() == link::forgotten) return false;
  if (office.has_desk(w)) {
    channel_outlet& o = office.open_outlet(*w);
    if (!o.has_room()) {
      o.refused();
      return false;
    }
    o.template push<T>(std::forward<U>(x));
    return true;
  }
  const auto at_door = [&](hub_entry& e) {
    channel_hub::door& door = e.hub->open_door();
    if (!door.has_room()) return false;
    door.push<T>(std::forward<U>(x));
    return true;
  };
  if (w == nullptr) {
    result<bool> sent = as_result(office.entry().apply(at_door)).get();
    if (!sent.has_value() && sent.error() == errc::runtime_stopped) return false;
    return std::move(sent).value();
  }
  if (!office.entry().is_here()) base::raise(error{errc::would_block});
  worker::cell* const c = access::cell(office.entry());
  if (!c->runs_in_place) return false;  // an earlier send of this worker is on its way, or the channel is not built yet
  return at_door(object_in<hub_entry>(c, access::bits(office.entry())));
}

}  // namespace trust
