// SPDX-License-Identifier: MIT
#pragma once
// contexts: two standalone Asio contexts, each run by a thread pinned to a CPU of its own: what co_spawn on another
// context costs. `BENCH_WITH_ASIO` says that Asio is here.
//
//     spinning   the threads poll for work without pause
//     blocking   the threads wait for it as io_context::run does, asleep
#if defined(BENCH_WITH_ASIO)
#include "machine.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <cstdlib>
#include <exception>

namespace bench {

class contexts {
 public:
  enum class kind { spinning, blocking };
  using task = asio::awaitable<void>;

  explicit contexts(kind k) : kind_{k} {}

  /// `clients` coroutines on the first context, each body(second context). Nanoseconds.
  template <class Body> double run(std::size_t clients, Body body) {
    const auto first_lasts = asio::make_work_guard(first_);
    auto second_lasts = asio::make_work_guard(second_);
    std::atomic<bool> over{false};
    std::size_t left = clients;
    for (std::size_t i = 0; i < clients; ++i)
      asio::co_spawn(first_, body(second_), [&](const std::exception_ptr& e) {
        if (e != nullptr) std::abort();
        if (--left != 0) return;
        over = true;
        first_.stop();
        second_lasts.reset();
      });
    return together(2,
                    [&](std::size_t side) {
                      asio::io_context& mine = side == 0 ? first_ : second_;
                      if (kind_ == kind::blocking) {
                        mine.run();
                      } else {
                        while (!over.load(std::memory_order_relaxed)) mine.poll();
                      }
                    })
        .ns;
  }

 private:
  kind kind_;
  asio::io_context first_{1};
  asio::io_context second_{1};
};

}  // namespace bench
#endif
