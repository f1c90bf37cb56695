// SPDX-License-Identifier: MIT
#pragma once
// race, when_any: the first of several ops and tasks; the others are asked to stop, and waited for.
//
//     auto [index, answer] = co_await trust::when_any(near.apply(ask), far.apply(ask));
// race takes the first that ends, with a value or with a failure, which it throws. when_any takes the first that has a value, and throws the
// first failure when none has. A loser's value is dropped, a loser's failure too. All have ended when the winner is given (promise 8), so
// the race lasts as long as its slowest loser takes to stop.
// Children of one type give that type, of several a std::variant, whose index is the winner's. For tasks only: they await it.
// Tests: tests/unit/delegate/race.cpp

#include <trust/delegate/combine.hpp>
#include <trust/worker/bound.hpp>

#include <concepts>
#include <optional>
#include <ranges>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace trust {

/// Who was first, and with what. Of void: who.
template <class V> struct winner {
  winner(std::size_t i, V&& v) : index{i}, value{std::move(v)} {}
  std::size_t index;
  V value;
};
template <> struct winner<void> {
  explicit winner(std::size_t i) noexcept : index{i} {}
  std::size_t index;
};

namespace delegate {

/// What is the same for all races: who has ended, and who is the first.
class race_state {
 public:
  race_state(bool failures_win, coro::environment& around) noexcept : failures_win_{failures_win} {
    inside_.lies_in(around);
  }
  race_state(const race_state&) = delete;

  [[nodiscard]] coro::environment& inside() noexcept { return inside_; }
  [[nodiscard]] std::size_t first() const noexcept { return first_; }
  coro::resumable parent;

  /// One of `left_` children has ended. True: it was the last.
  [[nodiscard]] bool ended(std::size_t i, bool has_value) noexcept {
    if (has_value || failures_win_) {
      if (!std::exchange(decided_, true)) {
        first_ = i;
        inside_.request_stop();
      }
    } else if (first_ == nobody) {
      first_ = i;
    }
    return --left_ == 0;
  }
  void one_more() noexcept { ++left_; }
  /// All have been begun. True: all have ended too.
  [[nodiscard]] bool begun() noexcept { return --left_ == 0; }

  /// A child of the race: goes on with the parent when it is the last to end.
  struct runner : coro::resumable {
    runner() noexcept : resumable{&runner::finished} {}
    race_state* of = nullptr;
    std::size_t index = 0;
    bool (*takes)(runner&) noexcept = nullptr;  ///< keeps the result; whether it is a value

   private:
    static std::coroutine_handle<> finished(coro::resumable& r) noexcept {
      auto& self = static_cast<runner&>(r);
      return self.of->ended(self.index, self.takes(self)) ? self.of->parent.claim() : std::coroutine_handle<>{};
    }
  };

 private:
  static constexpr std::size_t nobody = static_cast<std::size_t>(-1);
  bool failures_win_;
  bool decided_ = false;
  std::size_t first_ = nobody;
  std::size_t left_ = 1;  // the beginning itself is one
  worker::bound_environment inside_;
};

template <class A> class racing : public race_state::runner {
 public:
  using R = typename child<A>::R;
  explicit racing(A&& a) : child_{static_cast<A&&>(a)} {
    takes = [](runner& r) noexcept {
      auto& self = static_cast<racing&>(r);
      base::attempt([&] { self.kept_ = self.child_.take_result(); },
                    [&](std::exception_ptr e) { self.kept_.fail(failure{std::move(e)}); });
      return self.kept_.has_value();
    };
  }
  racing(racing&& o) : child_{std::move(o.child_)} { takes = o.takes; }
  racing& operator=(racing&&) = delete;

  void begin(race_state& s, std::size_t i) {
    of = &s;
    index = i;
    s.one_more();
    if (!child_.begin(*this, &s.inside())) static_cast<void>(s.ended(i, takes(*this)));
  }
  [[nodiscard]] result<R>& kept() noexcept { return kept_; }

 private:
  child<A> child_;
  result<R> kept_;
};

/// What a race of results Rs gives.
template <class R, class... Rs> struct prize {
  static constexpr bool alike = (std::is_same_v<R, Rs> && ...);
  using type = winner<std::variant<tuple_part<R>, tuple_part<Rs>...>>;
};
template <class R, class... Rs>
  requires(std::is_same_v<R, Rs> && ...)
struct prize<R, Rs...> {
  static constexpr bool alike = true;
  using type = winner<R>;
};

/// `Self` has begin_all(race_state&) and give(first).
template <class Self> class race_awaiter {
 public:
  explicit race_awaiter(Self& s) noexcept : self_{s} {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P> [[nodiscard]] bool await_suspend(std::coroutine_handle<P> h) {
    coro::require_our_coroutine<P>();
    race_state& s = state_.emplace(self_.failures_win(), *h.promise().env);
    s.parent.frame = coro::turn_of(h);
    self_.begin_all(s);
    if (!s.begun()) return true;
    return coro::here()->gives_way(s.parent);
  }
  decltype(auto) await_resume() { return self_.give(state_->first()); }

 private:
  Self& self_;
  std::optional<race_state> state_;
};

template <class... A> class [[nodiscard]] race_of : public coro::ours {
 public:
  using Prize = prize<typename racing<A>::R...>;
  using value_type = typename Prize::type;
  static constexpr bool hazardous = (awaits_hazard<A>() || ...);
  static constexpr bool borrowed = (is_borrowed<A>() || ...);
  race_of(bool failures_win, A&&... a) : runners_{racing<A>{static_cast<A&&>(a)}...}, failures_win_{failures_win} {}
  race_of(race_of&& o) : runners_{std::move(o.runners_)}, failures_win_{o.failures_win_} {}
  race_of& operator=(race_of&&) = delete;

  [[nodiscard]] auto operator co_await() & noexcept { return race_awaiter<race_of>{*this}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && noexcept {
    coro::check_temporary<H>();
    return race_awaiter<race_of>{*this};
  }

  // For the awaiter.
  [[nodiscard]] bool failures_win() const noexcept { return failures_win_; }
  void begin_all(race_state& s) {
    std::size_t i = 0;
    std::apply([&](auto&... r) { (r.begin(s, i++), ...); }, runners_);
  }
  value_type give(std::size_t first) { return pick(first, std::index_sequence_for<A...>{}); }

 private:
  template <std::size_t... I> value_type pick(std::size_t first, std::index_sequence<I...>) {
    using Picker = value_type (*)(race_of&);
    static constexpr Picker pickers[] = {&race_of::template pick_one<I>...};
    return pickers[first](*this);
  }
  template <std::size_t I> static value_type pick_one(race_of& self) {
    auto& r = std::get<I>(self.runners_).kept();
    if constexpr (!Prize::alike) {
      return value_type{I, decltype(value_type::value){std::in_place_index<I>, part_of(std::move(r))}};
    } else if constexpr (std::is_same_v<value_type, winner<void>>) {
      r.value();
      return value_type{I};
    } else {
      return value_type{I, std::move(r).value()};
    }
  }
  std::tuple<racing<A>...> runners_;
  bool failures_win_;
};

template <class A, bool Hazardous> class [[nodiscard]] race_in : public coro::ours {
 public:
  using R = typename racing<A>::R;
  using value_type = winner<R>;
  static constexpr bool hazardous = Hazardous;
  static constexpr bool borrowed = is_borrowed<A>();
  race_in(bool failures_win, std::vector<racing<A>>&& r) noexcept
      : runners_{std::move(r)}, failures_win_{failures_win} {}
  race_in(race_in&& o) noexcept : runners_{std::move(o.runners_)}, failures_win_{o.failures_win_} {}
  race_in& operator=(race_in&&) = delete;

  [[nodiscard]] auto operator co_await() & noexcept { return race_awaiter<race_in>{*this}; }
  template <bool H = hazardous> [[nodiscard]] auto operator co_await() && noexcept {
    coro::check_temporary<H>();
    return race_awaiter<race_in>{*this};
  }

  // For the awaiter.
  [[nodiscard]] bool failures_win() const noexcept { return failures_win_; }
  void begin_all(race_state& s) {
    for (std::size_t i = 0; i < runners_.size(); ++i) runners_[i].begin(s, i);
  }
  value_type give(std::size_t first) {
    if (runners_.empty()) base::raise(error{errc::empty});
    auto& r = runners_[first].kept();
    if constexpr (std::is_void_v<R>) {
      r.value();
      return value_type{first};
    } else {
      return value_type{first, std::move(r).value()};
    }
  }

 private:
  std::vector<racing<A>> runners_;
  bool failures_win_;
};

template <std::ranges::input_range Range> [[nodiscard]] auto race_among(bool failures_win, Range&& range) {
  using A = std::ranges::range_value_t<Range>;
  std::vector<racing<A>> runners;
  if constexpr (std::ranges::sized_range<Range>) runners.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (auto&& a : range) runners.emplace_back(std::move(a));
  return race_in<A, coro::hazardous<Range>()>{failures_win, std::move(runners)};
}

}  // namespace delegate

/// Awaited, begins all and gives the first that ends, as a winner; throws if that one failed. The others are asked to stop and waited for.
template <class... A>
  requires(sizeof...(A) > 0 && (std::derived_from<std::remove_cvref_t<A>, coro::ours> && ...))
[[nodiscard]] auto race(A&&... awaitables) {
  return delegate::race_of<A...>{true, std::forward<A>(awaitables)...};
}
/// The same for a range of ops or tasks, whose elements are moved from. An empty one: errc::empty.
template <std::ranges::input_range Range>
  requires std::derived_from<std::ranges::range_value_t<Range>, coro::ours>
[[nodiscard]] auto race(Range&& range) {
  return delegate::race_among(true, std::forward<Range>(range));
}
/// Awaited, begins all and gives the first that has a value, as a winner; the first failure if none has. The others are asked to stop and
/// waited for.
template <class... A>
  requires(sizeof...(A) > 0 && (std::derived_from<std::remove_cvref_t<A>, coro::ours> && ...))
[[nodiscard]] auto when_any(A&&... awaitables) {
  return delegate::race_of<A...>{false, std::forward<A>(awaitables)...};
}
/// The same for a range of ops or tasks, whose elements are moved from. An empty one: errc::empty.
template <std::ranges::input_range Range>
  requires std::derived_from<std::ranges::range_value_t<Range>, coro::ours>
[[nodiscard]] auto when_any(Range&& range) {
  return delegate::race_among(false, std::forward<Range>(range));
}

}  // namespace trust
