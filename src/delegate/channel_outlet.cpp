// SPDX-License-Identifier: MIT
// The outlet of a remote_channel: parcels go out, credit comes back, and who waits for it is let in, in order.

#include <trust/base/assert.hpp>
#include <trust/delegate/channel_office.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/worker/core.hpp>

#include <algorithm>

namespace trust::delegate {

// At the trustee.

// Not in a nameless namespace: a coroutine's frame holds it, and g++ warns of that where files are compiled together.
struct more_taken : sync::in_one_row<more_taken> {
  using waiter = sync::waiter;
  using value_type = void;
  more_taken(channel_hub& h, channel_hub::inlet& i, std::uint64_t n) noexcept : hub{h}, in{i}, known{n} {}
  [[nodiscard]] bool try_now(waiter&) const noexcept { return in.taken > known || hub.closed(); }
  [[nodiscard]] auto& row() const noexcept { return in.questions; }
  void left() const noexcept {}
  void pass_on(waiter&) const noexcept {}
  void value(waiter&) const noexcept {}
  channel_hub& hub;
  channel_hub::inlet& in;
  std::uint64_t known;
};

static credit credit_of(const channel_hub& h, const channel_hub::inlet& in) noexcept {
  return {in.taken, h.closed() ? credit::closed : credit::open};
}

credit parcel::operator()(hub_entry& e) const noexcept {
  channel_hub::inlet& in = e.hub->of_worker(worker);
  in.ring = ring;
  e.hub->arrive(in, upto);
  return credit_of(*e.hub, in);
}

// When it goes on, the tasks that were ready before, receivers among them, have had their turn: there is more credit than one.
task<credit> question::operator()(hub_entry& e) const {
  channel_hub& h = *e.hub;
  channel_hub::inlet& in = h.of_worker(worker);
  sync::awaitable waits{more_taken{h, in, known}};
  const result<void> waited = co_await as_result(waits);
  if (!waited.has_value()) co_return credit{in.taken, credit::ending};
  co_return credit_of(h, in);
}

std::uint64_t last_word::operator()(const nowhere&) const noexcept { return office->last_word(worker); }

// At the sender.

channel_outlet::channel_outlet(channel_office& o, std::uint32_t worker)
    : intake{o.type(), o.capacity()},
      office_{o},
      worker_{worker},
      eager_{std::clamp<std::uint64_t>(o.capacity() / 2, 1, channel_hub::burst)} {
  flush_.of = asker_.of = this;
  flush_.calls([](coro::resumable& r) noexcept {
    channel_outlet& mine = *static_cast<step&>(r).of;
    mine.scheduled_ = false;
    mine.announce();
    mine.settle();
    return std::coroutine_handle<>{};
  });
  const auto returns = []<class Going>(Going& g) {
    g.calls([](coro::resumable& r) noexcept {
      auto& back = static_cast<Going&>(r);
      channel_outlet& mine = *back.of;
      mine.came_back(back);
      mine.settle();
      return std::coroutine_handle<>{};
    });
  };
  for (courier& c : couriers_) {
    c.of = this;
    returns(c);
  }
  returns(asker_);
}

// Once there is a lane, sending a parcel needs no memory.
void channel_outlet::open() {
  if (worker::here()->lane_to(access::cell(office_.entry())->owner.get()) != nullptr) return;
  hold();
  courier& c = couriers_.front();
  describe(c);
  const bool left = base::undoing([&] { return c.call->begin(c, nullptr); },
                                  [&] {
                                    c.call.reset();
                                    --under_way_;
                                    settle();
                                  });
  if (!left) came_back(c);
  settle();
}

void channel_outlet::describe(courier& c) {
  c.from = announced_;
  c.upto = announced_ = pushed_;
  ++under_way_;
  c.call.emplace(access::cell(office_.entry()), access::bits(office_.entry()) | link::record_bits::answered, false,
                 parcel{ring_.begin(), pushed_, worker_});
}

/// False: it has ended already.
template <class Going> bool channel_outlet::begins(Going& g) noexcept {
  return base::attempt([&] { return g.call->begin(g, nullptr); },
                       [&](std::exception_ptr) {
                         g.call.reset();
                         return false;
                       });
}

template <class Going> result<credit> channel_outlet::answer(Going& g) noexcept {
  result<credit> said{failure{errc::runtime_stopped}};
  if (g.call.has_value()) said = g.call->take_result();
  g.call.reset();
  --under_way_;
  return said;
}

void channel_outlet::announce() noexcept {
  for (courier& c : couriers_) {
    if (announced_ == pushed_) break;
    if (c.call.has_value()) continue;
    describe(c);
    if (!begins(c)) came_back(c);
  }
  if (!waiting_.empty() || std::exchange(refused_, false)) ask();
}

void channel_outlet::ask() noexcept {
  if (asker_.call.has_value()) return;
  ++under_way_;
  asker_.call.emplace(access::cell(office_.entry()), access::bits(office_.entry()) | link::record_bits::answered, false,
                      question{taken_, worker_});
  if (!begins(asker_)) came_back(asker_);
}

void channel_outlet::came_back(courier& c) noexcept {
  const std::uint64_t from = c.from;
  const std::uint64_t upto = c.upto;
  const result<credit> said = answer(c);
  if (said.has_value()) return has_credit(*said);
  ring_.destroy(from, upto);  // it has not arrived: what it announced is here still
  stops(said.error() == errc::forked ? errc::forked : errc::runtime_stopped);
}

void channel_outlet::came_back(asker& a) noexcept {
  const result<credit> said = answer(a);
  if (said.has_value()) return has_credit(*said);
  refuse_waiting(said.error() == errc::forked ? errc::forked : errc::runtime_stopped);
}

void channel_outlet::has_credit(credit c) noexcept {
  taken_ = std::max<std::uint64_t>(taken_, c.taken());
  if (c.is(credit::closed)) ends(errc::closed);
  frees(taken_);
  // Who is let in now is likely to send more when it goes on: a step later there is more to announce.
  if (admit()) return schedule();
  if (c.is(credit::ending)) refuse_waiting(errc::runtime_stopped);
  announce();
}

void channel_outlet::wait(queued_send& s, coro::resumable& done, coro::environment& env) noexcept {
  enter(s, done, env);
  hold();
  announce();
  settle();
}

std::uint64_t channel_outlet::close() noexcept {
  ends(errc::closed);
  return pushed_;
}

void channel_outlet::stops(errc why) noexcept {
  ends(why);
  ring_.destroy(announced_, pushed_);
  announced_ = pushed_;
}

void channel_outlet::schedule() noexcept {
  if (std::exchange(scheduled_, true)) return;
  hold();
  coro::here()->ready(flush_);
}

void channel_outlet::hold() noexcept {
  if (!std::exchange(held_, true)) office_.add_sender();
}

/// With nothing to do left it does not count as a sender any more; it may be gone after that.
void channel_outlet::settle() noexcept {
  if (!held_ || scheduled_ || under_way_ != 0 || !waiting_.empty()) return;
  held_ = false;
  office_.drop_sender();
}

}  // namespace trust::delegate
