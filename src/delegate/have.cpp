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
using worker::port;

// Not in a nameless namespace: coroutine frames hold them, and g++ warns of that where files are compiled together.

/// A request about a lease; to the hall of the trustee, where nothing holds it up.
struct asking {
  lease* about;
  lease::wish wish;
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

struct starting_to_move {
  lease* about;
  std::unique_ptr<worker::migration> made;
};
struct moving_kind {
  using Object = starting_to_move;
  using Closure = starting_to_move;
  using Result = void;
  static constexpr bool waits = true;
  static constexpr bool hazardous = false;
  static constexpr bool has_shortcut = false;
  static constexpr bool wants_to_be_alone = false;
  [[nodiscard]] static Closure& closure_of(worker::call& c) noexcept {
    return static_cast<op<moving_kind>&>(c).closure.get();
  }
  static status body(Closure& c, record& r, void* out) {
    return worker::here()->begin_move(*c.about, std::move(c.made), r, out);
  }
};

template <class Kind> [[nodiscard]] op<Kind> ask_trustee(port& p, typename Kind::Closure&& c) {
  return op<Kind>{p.hall, link::record_bits::answered, false, std::move(c)};
}

/// A lease and the trustee that it is for; given back at the end.
class loan {
 public:
  loan(port& p, const std::vector<cell*>& mine, const std::vector<cell*>& all)
      : lease_{std::make_unique<lease>(mine, all)}, trustee_{&p} {}
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
  [[nodiscard]] op<asking_kind> ask(lease::wish w) {
    return ask_trustee<asking_kind>(*trustee_, asking{lease_.get(), w});
  }
  [[nodiscard]] op<moving_kind> ask_to_move(port& to) {
    auto made = std::make_unique<worker::migration>(*lease_->places.front().object, to);
    return ask_trustee<moving_kind>(*trustee_, starting_to_move{lease_.get(), std::move(made)});
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
  for (auto& [p, mine] : groups) loans.emplace_back(*p, mine, objects);
  return loans;
}

/// True if it was got; false: an object has moved meanwhile.
task<bool> queue_up(loan& l, lease::wish w) {
  auto op = l.ask(w);
  const result<bool> r = co_await as_result(op);
  if (!r.has_value() && r.error() == worker::moved) co_return false;
  co_return r.value();
}

/// Without waiting for anybody: whether the work was done.
task<bool> have_at_once(std::vector<loan>& loans) {
  for (loan& l : loans) {
    const bool last = &l == &loans.back();
    auto op = l.ask(last ? lease::wish::run : lease::wish::have);
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
    if (!co_await queue_up(l, lease::wish::queue)) co_return false;
    l.is_out(true);
  }
  for (loan& l : loans) {
    const bool last = &l == &loans.back();
    auto op = l.ask(last ? lease::wish::run : lease::wish::keep);
    const bool done = co_await op;
    TRUST_ASSERT(done, "a lease was granted and then not kept");
    if (last) l.is_out(false);
  }
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
      done = co_await queue_up(loans.front(), lease::wish::wait);
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
    if (!co_await queue_up(one.front(), lease::wish::queue)) continue;
    one.front().is_out(true);
    auto op = one.front().ask_to_move(to);
    co_await op;
  }
}

}  // namespace trust::delegate
