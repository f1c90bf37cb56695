// SPDX-License-Identifier: MIT
#pragma once
// local: an object of this worker, with the names of a remote, for code that need not know which one it has.
//
// Confined to the worker that made it: used on another thread it asserts in debug builds and races in release ones. `apply` and `with` call the
// closure and give its result itself; they cost what the bare call costs. `post`, `apply_then` and `launch` are queued as on a remote, so that
// both have one order of events. `share()` makes a remote of it.
// Tests: tests/unit/delegate/local.cpp   Price: bench/local.cpp

#include <trust/delegate/make.hpp>
#include <trust/delegate/remote.hpp>

#include <functional>
#include <ostream>
#include <utility>

namespace trust {

template <class T> class local {
 public:
  using element_type = T;

  /// Throws errc::no_worker on a thread that is no worker.
  explicit local(T value) : local{std::in_place, std::move(value)} {}
  template <class... Args>
  explicit local(std::in_place_t, Args&&... args)
      : remote_{delegate::make_on<T>(here(), {}, std::forward<Args>(args)...)} {
    worker::cell* const c = delegate::access::cell(remote_);
    if (c->state.get() == worker::cell_state::failed) base::rethrow(c->why_failed);
    c->stays = true;
    object_ = &static_cast<delegate::cell_of<T>*>(c)->object();
  }

  /// f(T&, args...) now; its result, or what it throws.
  template <class F, class... Args> decltype(auto) apply(F&& f, Args&&... args) const {
    check();
    return std::invoke(std::forward<F>(f), *object_, std::forward<Args>(args)...);
  }
  template <class F, class... Args> decltype(auto) apply_with(F&& f, Args&&... args) const {
    return apply(std::forward<F>(f), std::forward<Args>(args)...);
  }
  template <class F, class... Args> decltype(auto) with(F&& f, Args&&... args) const {
    check();
    return std::invoke(std::forward<F>(f), std::as_const(*object_), std::forward<Args>(args)...);
  }
  template <class Range, class F> auto apply_each(Range&& range, F&& f) const {
    return apply(delegate::each<F, Range>{std::forward<F>(f), std::forward<Range>(range)});
  }
  template <class F> auto apply_batch(F&& f, std::size_t n) const {
    return apply(delegate::counted<F>{std::forward<F>(f), n});
  }
  // Queued, as on a remote.
  template <class F, class... Args> auto launch(F&& f, Args&&... args) const {
    return remote_.launch(std::forward<F>(f), std::forward<Args>(args)...);
  }
  template <class F, class Then, class... Args> void apply_then(F&& f, Then&& then, Args&&... args) const {
    remote_.apply_then(std::forward<F>(f), std::forward<Then>(then), std::forward<Args>(args)...);
  }
  template <class F, class Then, class... Args> void launch_then(F&& f, Then&& then, Args&&... args) const {
    remote_.launch_then(std::forward<F>(f), std::forward<Then>(then), std::forward<Args>(args)...);
  }
  template <class F, class... Args> auto post(F&& f, Args&&... args) const {
    return remote_.post(std::forward<F>(f), std::forward<Args>(args)...);
  }
  template <class F, class... Args> [[nodiscard]] bool try_post(F&& f, Args&&... args) const {
    return remote_.try_post(std::forward<F>(f), std::forward<Args>(args)...);
  }
  template <class F, class... Args> auto attend(F&& f, Args&&... args) const {
    return remote_.attend(std::forward<F>(f), std::forward<Args>(args)...);
  }
  /// A handle that others may have.
  [[nodiscard]] remote<T> share() const { return remote_; }

  [[nodiscard]] worker_id owner() const noexcept { return remote_.owner(); }
  [[nodiscard]] bool is_here() const noexcept { return remote_.is_here(); }
  friend bool operator==(const local& a, const local& b) noexcept { return a.object_ == b.object_; }
  friend std::ostream& operator<<(std::ostream& os, const local& l)
    requires requires(std::ostream& o, const T& t) { o << t; }
  {
    return os << *l.object_;
  }

 private:
  [[nodiscard]] static worker::port& here() {
    if (worker::here() == nullptr) base::raise(error{errc::no_worker, "a trust::local lives on a worker"});
    return worker::here()->face();
  }
  void check() const noexcept {
    TRUST_ASSERT(is_here(), "a trust::local was used on another thread than the one that made it");
  }

  remote<T> remote_;
  T* object_ = nullptr;
};

}  // namespace trust
