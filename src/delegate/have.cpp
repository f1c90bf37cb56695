// SPDX-License-Identifier: MIT
// What a task asks the trustees of objects for that it wants for itself: see delegate/have.hpp.

#include <trust/delegate/calls.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/delegate/have.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/relay.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace trust::delegate {

using worker::cell;
using worker::lease;
using worker::lease_wish;
using worker::port;

// Not in a nameless namespace: coroutine frames hold them, and g++ warns of that where files are compiled together.

/// A request about a lease; to the hall of the trustee, where nothing holds it up.
struct asking {
  lease* about;
  lease_wish wish;
};
struct asking_kind {
  using Object = asking;
  using Closure = asking;
  using Result = bool;
  static constexpr bool waits = true;
  static constexpr bool hazardous = false;
  static constexpr bool has_shortcut = false;
  static constexpr bool wants_to_be_alone = false;
  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<op<asking_kind>&>(c).closure.get();
  }
  static status body(Closure& c, record& r, void* out) { return worker::here()->ask(*c.about, c.wish, r, out); }
};

/// A lease and the trustee that it is for; given back at the end.
class loan {
 public:
  loan(port& p, const std::vector<cell*>& mine) : lease_{std::make_unique<lease>(mine)}, trustee_{&p} {}
  loan(loan&& o) noexcept : lease_{std::move(o.lease_)}, trustee_{o.trustee_}, out_{std::exchange(o.out_, false)} {}
  loan& operator=(loan&&) = delete;
  ~loan() {
    if (!out_) return;
    lease* const l = lease_.release();
    if (worker::loop* w = worker::here(); w != nullptr && &w->face() == trustee_) {
      l->open(*l, *w);
    } else if (!worker::core::post(*trustee_, *l)) {
      delete l;
    }
  }

  [[nodiscard]] lease& terms() noexcept { return *lease_; }
  [[nodiscard]] op<asking_kind> ask(lease_wish w) {
    return op<asking_kind>{trustee_->hall, link::record_bits::answered, false, asking{lease_.get(), w}};
  }
  /// Whether the trustee has it.
  void is_out(bool yes) noexcept { out_ = yes; }

 private:
  std::unique_ptr<lease> lease_;
  port* trustee_;
  bool out_ = false;
};

/// Awaited, gives the environment of the task.
struct this_environment : coro::ours {
  this_environment() noexcept {}
  struct awaiter {
    awaiter() noexcept {}
    coro::environment* env = nullptr;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) noexcept {
      coro::require_our_coroutine<P>();
      env = h.promise().env;
      return false;
    }
    [[nodiscard]] coro::environment* await_resume() const noexcept { return env; }
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter{}; }
};

/// One loan for each trustee, in the order in which trustees are asked.
[[nodiscard]] std::vector<loan> plan(const std::vector<cell*>& objects) {
  std::vector<std::pair<port*, std::vector<cell*>>> groups;
  for (cell* c : objects) {
    port* const p = c->owner.get();
    auto found = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == p; });
    if (found == groups.end()) found = groups.insert(groups.end(), {p, {}});
    found->second.push_back(c);
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return std::less<>{}(a.first, b.first); });
  std::vector<loan> loans;
  loans.reserve(groups.size());
  for (auto& [p, mine] : groups) loans.emplace_back(*p, mine);
  return loans;
}

/// True if it was got; false: an object has moved meanwhile.
task<bool> queue_up(loan& l, lease_wish w) {
  auto op = l.ask(w);
  const result<bool> r = co_await as_result(op);
  if (!r.has_value() && r.error() == worker::moved) co_return false;
  co_return r.value();
}

/// Without waiting for anybody: whether the work was done.
task<bool> have_at_once(std::vector<loan>& loans) {
  for (loan& l : loans) {
    const bool last = &l == &loans.back();
    auto op = l.ask(last ? lease_wish::run : lease_wish::have);
    const result<bool> r = co_await as_result(op);
    if (!r.has_value() && r.error() == worker::moved) co_return false;
    if (!r.value()) co_return false;
    if (last) co_return true;
    l.is_out(true);
  }
  co_return false;
}

/// In their FIFOs: whether the work was done; false: an object has moved meanwhile.
task<bool> have_in_turn(std::vector<loan>& loans) {
  for (loan& l : loans) {
    if (!co_await queue_up(l, lease_wish::queue)) co_return false;
    l.is_out(true);
  }
  for (;;) {
    std::size_t busy = 0;  // the first of which a launched task is left
    for (; busy < loans.size(); ++busy) {
      auto op = loans[busy].ask(busy + 1 == loans.size() ? lease_wish::run : lease_wish::keep);
      if (!co_await op) break;
    }
    if (busy == loans.size()) break;
    for (std::size_t i = 0; i < busy; ++i) {
      auto op = loans[i].ask(lease_wish::let);
      co_await op;
    }
    auto op = loans[busy].ask(lease_wish::calm);
    co_await op;
  }
  loans.back().is_out(false);
  co_return true;
}

task<> have_all(std::vector<cell*> objects, void (*work)(lease&) noexcept, void* data) {
  if (std::find(objects.begin(), objects.end(), nullptr) != objects.end()) base::raise(error{errc::empty});
  std::vector<cell*> sorted = objects;
  std::sort(sorted.begin(), sorted.end(), std::less<>{});
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    base::raise(error{errc::would_deadlock, "together with the same object twice"});
  if (worker::is_pinned_by(co_await this_environment{}, objects))
    base::raise(error{errc::would_deadlock, "from a task that was launched on one of the objects"});
  bool waits = false;
  for (bool done = false; !done;) {
    std::vector<loan> loans = plan(objects);
    loans.back().terms().work = work;
    loans.back().terms().data = data;
    if (loans.size() == 1) {
      done = co_await queue_up(loans.front(), lease_wish::wait);
    } else if (!std::exchange(waits, true)) {
      done = co_await have_at_once(loans);
    } else {
      done = co_await have_in_turn(loans);
    }
  }
}

task<> move_object(cell* object, std::size_t index) {
  if (object == nullptr) base::raise(error{errc::empty});
  worker::core& home = *object->home;
  if (index >= home.workers()) base::raise(error{errc::bad_option, "there is no worker " + std::to_string(index)});
  port& to = home.at(index);
  const std::vector<cell*> objects{object};
  if (worker::is_pinned_by(co_await this_environment{}, objects))
    base::raise(error{errc::would_deadlock, "from a task that was launched on the object"});
  while (object->owner.get() != &to) {
    std::vector<loan> one = plan(objects);
    one.front().terms().moves = std::make_unique<worker::migration>(*object, to);
    if (co_await queue_up(one.front(), lease_wish::move)) co_return;  // it may have moved on already
  }
}

}  // namespace trust::delegate
