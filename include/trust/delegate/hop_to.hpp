// SPDX-License-Identifier: MIT
#pragma once
// hop_to: a part of a task that runs on another worker: a child there, awaited here.
//
// A coroutine never moves (DESIGN.md: work crosses a link as a callable), so what should run elsewhere is a callable that returns a task. It is
// launched on the hall of that worker, an object of no type, so it is an op as all launches are: it begins in its turn there, runs to its
// end though its caller is asked to stop (which it is told by a message), as_result, when_all and with_timeout take it, and the caller goes
// on here when it has ended and all that it held has died there.
// Dedicated workers are refused, as spawn does: options.dedicated keeps them free of tasks other than those of the objects that live
// there, and who wants to be near such an object launches on it.   Tests: tests/unit/delegate/hop_to.cpp

#include <trust/delegate/calls.hpp>
#include <trust/delegate/where.hpp>
#include <trust/worker/runtime.hpp>

#include <concepts>
#include <string>
#include <utility>

namespace trust {
namespace delegate {

/// A callable that takes no object, on one.
template <class Bound> class hopping {
 public:
  static constexpr bool borrowed = Bound::borrowed;
  explicit hopping(Bound&& f) : function_{std::move(f)} {}
  [[nodiscard]] auto operator()(nowhere&) { return function_(); }

 private:
  [[no_unique_address]] Bound function_;
};

template <class F, class... Args>
using hop_of = op<launch_kind<nowhere, hopping<bound_for<F, Args...>>, any_hazardous<F, Args...>>>;

/// The hall of worker `index` of this runtime.
[[nodiscard]] inline worker::cell* hall_of(std::size_t index) {
  const worker::core& home = this_runtime().core();
  if (index >= home.workers()) base::raise(error{errc::bad_option, "there is no worker " + std::to_string(index)});
  if (index >= home.task_workers()) base::raise(error{errc::no_worker, "that worker is dedicated"});
  return home.at(index).hall;
}

}  // namespace delegate

/// Awaited, runs the task that f(args...) returns on the worker that `place` names, and gives its result here. Result: a value. `place` is
/// trust::on or trust::beside. By-reference captures are safe: they are used on that worker while the caller waits. Throws what f throws;
/// hop_to itself throws errc::bad_option where there is no such worker, and errc::no_worker on a foreign thread and for dedicated workers.
template <class Place, class F, class... Args>
  requires(std::same_as<Place, on> || std::same_as<Place, beside>)
[[nodiscard]] auto hop_to(Place place, F&& f, Args&&... args) {
  static_assert(
      is_task<std::invoke_result_t<delegate::bound_for<F, Args...>&>>,
      "trust-tee: hop_to takes a callable that returns a trust::task; use apply for a closure that does not wait");
  return delegate::hop_of<F, Args...>{
      delegate::hall_of(place.index), link::record_bits::answered, false,
      delegate::hopping{delegate::bind(std::forward<F>(f), std::forward<Args>(args)...)}};
}

}  // namespace trust
