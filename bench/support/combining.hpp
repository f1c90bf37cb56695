// SPDX-License-Identifier: MIT
#pragma once
// combining: flat combining, libcds's: whoever holds the lock does what all others have published, and tells them.
//
// It is what delegation would be without threads of its own. `BENCH_WITH_CDS` says that libcds and the Boost library
// that its headers need are here.
#if defined(BENCH_WITH_CDS)
#include <cds/algo/flat_combining.h>
#include <cds/gc/hp.h>
#include <cds/init.h>

#include <utility>

namespace bench {

/// While it lives, threads may attach. One in a program.
class combining_runtime {
 public:
  combining_runtime() { cds::Initialize(); }
  combining_runtime(const combining_runtime&) = delete;
  ~combining_runtime() { cds::Terminate(); }

  /// A thread that uses a `combined`.
  class thread {
   public:
    thread() { cds::threading::Manager::attachThread(); }
    thread(const thread&) = delete;
    ~thread() { cds::threading::Manager::detachThread(); }
  };
};

/// A value that `f(value)` is applied to; it is one function for all, so that a published request is nothing but itself.
template <class T, class F> class combined {
 public:
  explicit combined(F f) : f_{std::move(f)} {}
  void apply() {
    auto* const mine = kernel_.acquire_record();
    kernel_.combine(run, mine, *this);
    kernel_.release_record(mine);
  }
  [[nodiscard]] const T& value() const noexcept { return value_; }

  // For libcds: does one request.
  template <class Request> void fc_apply(Request*) { f_(value_); }

 private:
  struct request : cds::algo::flat_combining::publication_record {};
  static constexpr unsigned run = cds::algo::flat_combining::req_Operation;
  // Waits spinning; the default sleeps for milliseconds.
  struct traits : cds::algo::flat_combining::traits {
    using wait_strategy = cds::algo::flat_combining::wait_strategy::empty;
  };

  cds::algo::flat_combining::kernel<request, traits> kernel_;
  F f_;
  alignas(128) T value_{};
};

}  // namespace bench
#endif
