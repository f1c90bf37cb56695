// SPDX-License-Identifier: MIT
// How long a task that computes may go on before maybe_yield lets others in.
//
// In units of 64 ticks of the counter that costs a few nanoseconds; what a tick is is measured once a process, against the clock. A slice begins
// with the first look in a resumption, so that resumptions which never look pay nothing. Where time does not pass by itself (a simulation), or
// there is no such counter, looks are counted.

#include <trust/worker/core.hpp>
#include <trust/worker/loop.hpp>

#include <algorithm>
#include <limits>

namespace trust::worker {

namespace {

constexpr std::uint32_t counts_looks = std::numeric_limits<std::uint32_t>::max();
constexpr unsigned unit_shift = 6;

[[nodiscard]] double measured_units_a_nanosecond() noexcept {
  constexpr std::chrono::nanoseconds enough = std::chrono::microseconds{50};
  const time_point begin = clock::now();
  const std::uint64_t first = machine::ticks();
  time_point end = begin;
  while (end - begin < enough) end = clock::now();
  const double units = static_cast<double>((machine::ticks() - first) >> unit_shift);
  return units / std::chrono::duration<double, std::nano>(end - begin).count();
}

}  // namespace

std::uint32_t loop::slice_limit_of(const core& home) noexcept {
  if (home.is_simulated()) return counts_looks;
  static const double units_a_nanosecond = measured_units_a_nanosecond();
  if (units_a_nanosecond == 0) return counts_looks;
  const double units = units_a_nanosecond * static_cast<double>(home.opts().slice.count());
  return static_cast<std::uint32_t>(std::min(units, static_cast<double>(counts_looks / 2)));
}

bool loop::slice_goes_on() noexcept {
  if (slice_limit_ == counts_looks) return base::take_step(*this);
  const auto now = static_cast<std::uint32_t>(machine::ticks() >> unit_shift) | 1u;
  if (slice == 0) slice = now;
  return now - slice < slice_limit_;
}

}  // namespace trust::worker
