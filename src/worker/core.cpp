// SPDX-License-Identifier: MIT
// The shared core of a runtime: its making and its reports. The threads are in start.cpp, the end in stop.cpp, the simulation in simulate.cpp.

#include "worker/simulation.hpp"
#include <trust/io/driver.hpp>
#include <trust/worker/core.hpp>
#include <trust/worker/pool.hpp>
#include <trust/worker/watch.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <new>
#include <span>

namespace trust::worker {
namespace {

void check(const options& o) {
  if (!std::has_single_bit(o.lane_capacity) || o.lane_capacity < 2 || o.lane_capacity > 65536) {
    base::raise(error{errc::bad_option, "options.lane_capacity must be a power of two from 2 to 65536"});
  }
  if (o.blocking_threads == 0) base::raise(error{errc::bad_option, "options.blocking_threads must be at least 1"});
  if (std::ranges::find(o.lane_weights, 0u) != o.lane_weights.end()) {
    base::raise(
        error{errc::bad_option, "options.lane_weights must be at least 1: a lane of weight 0 would never be served"});
  }
  if (o.slice.count() < 0) base::raise(error{errc::bad_option, "options.slice must not be negative"});
  if (o.blocking_idle.count() < 0) base::raise(error{errc::bad_option, "options.blocking_idle must not be negative"});
}

constexpr unsigned most_of_a_lane = 64;  // requests that are served in a pass, of the heaviest

}  // namespace

core::core(const options& wished, const simulated* how, runtime& owner) : options_{wished}, owner_{&owner} {
  check(options_);
  pool_ = std::make_unique<pool>(*this);
  if (how != nullptr) {
    simulation_ = std::make_unique<simulation>(*how, options_.workers);
    start_simulated();
  } else {
    start_threads();
  }
}

core::~core() {
  join();
  for (std::size_t i = 0; i < ports_.count; ++i) {
    for (letter* l = at(i).estate.take(); l != nullptr;) {
      letter* const next = l->next;
      static_cast<cell*>(l)->drop_weak();
      l = next;
    }
  }
  pool_.reset();
  loops_.clear();
  drivers_.clear();
}

core::port_pages::~port_pages() {
  for (std::size_t i = 0; i < count; ++i) first[i].~port();
  if (first != nullptr) ::munmap(first, bytes);
}

void core::prepare_ports(std::size_t n) {
  workers_ = n;
  if (options_.dedicated > n)
    base::raise(error{errc::bad_option, "options.dedicated is more than the number of workers"});
  ports_.table_size = std::max<std::size_t>(std::bit_ceil(n), alignof(port) / sizeof(outbound*));
  ports_.bytes = n * (sizeof(port) + ports_.table_size * sizeof(outbound*));
  void* pages = ::mmap(nullptr, ports_.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) base::raise(std::bad_alloc{});
  ::madvise(pages, ports_.bytes, MADV_WIPEONFORK);  // older kernels refuse: then a forked child is not told
  ports_.first = static_cast<port*>(pages);
  ports_.tables = reinterpret_cast<outbound**>(ports_.first + n);  // null, as fresh pages are
  for (; ports_.count < n; ++ports_.count) {
    const std::size_t i = ports_.count;
    auto* p = new (ports_.first + i) port;
    p->index = static_cast<std::uint32_t>(i);
    p->home = this;
    p->membarrier = !is_simulated() && machine::has_membarrier();
  }
  loops_.resize(n);
}

bool core::post(port& to, letter& l) noexcept {
  if (to.parker.peek() == link::forgotten) return false;
  // What the letter brings may let the runtime end, before its bell has been rung here: only its own workers are waited for.
  loop* const w = here();
  core* const kept = w == nullptr || &w->home() != to.home ? to.home : nullptr;
  if (kept != nullptr) kept->hold();
  const bool pushed = to.mail.push(l);
  if (pushed && to.parker.after_publishing(to.membarrier) == link::duty::ring && to.driver != nullptr) {
    to.driver->ring(w != nullptr ? w->face().driver : nullptr);
  }
  if (kept != nullptr) kept->drop();
  return pushed;
}

port& core::next_trustee() noexcept {
  const std::size_t from = options_.dedicated != 0 ? task_workers() : 0;
  return ports_.first[from + next_trustee_.next() % (workers_ - from)];
}

port& core::next_for_tasks() {
  if (task_workers() == 0) base::raise(error{errc::no_worker});
  return ports_.first[next_for_tasks_.next() % task_workers()];
}

std::uint32_t core::burst_of(const port& client) const noexcept {
  const std::span weights = std::span{options_.lane_weights}.first(std::min(options_.lane_weights.size(), workers_));
  if (weights.empty()) return most_of_a_lane;
  const std::uint64_t heaviest = std::ranges::max(weights);
  const std::uint64_t mine = client.home == this && client.index < weights.size() ? weights[client.index] : 1;
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(most_of_a_lane * mine / heaviest, 1));
}

bool core::wait(link::gate& g) {
  if (!is_simulated()) {
    g.wait();
    return true;
  }
  while (!g.is_open()) {
    if (!simulate_once()) return false;
  }
  return true;
}

void core::log(severity s, const std::string& text) const noexcept {
  base::attempt(
      [&] {
        if (options_.log) {
          options_.log(s, text);
        } else {
          static constexpr const char* names[] = {"", "warning: ", "error: "};
          std::fprintf(stderr, "trust-tee: %s%s\n", names[static_cast<int>(s)], text.c_str());
        }
      },
      [](std::exception_ptr) {});
}

void core::report_unheard(std::exception_ptr e, const char* origin) noexcept {
  base::attempt(
      [&] {
        if (options_.on_error) {
          options_.on_error(std::move(e), origin);
        } else {
          log(severity::error,
              std::string{"nobody waits for this error, from "} + origin + ": " + failure{std::move(e)}.what());
        }
      },
      [](std::exception_ptr) {});
}

pool& core::blocking_pool() { return *pool_; }

}  // namespace trust::worker
