// SPDX-License-Identifier: MIT
// ring: sleeping in an io_uring, and ringing from one ring to another.
//
// Strangers write to the eventfd, which the ring watches with a multishot poll: it reports edges, so nothing is read on a
// wake-up. When the kernel ends the poll, the count is drained *before* the poll is armed again, which looks at the level:
// what was written in between makes it complete at once.
// A worker rings another one by a message to its ring. Only a completion that says so counts as delivered, looked for in
// our own queue right after the submission; a refusal, a full queue or a request that the kernel has put off lead to the
// eventfd as well, so that a bell may ring twice but never gets lost. Before 6.3 (no IORING_FEAT_REG_REG_RING) the eventfd
// is used at once: those kernels post messages into rings with deferred work from the sender's side.
// A ring without EXT_ARG or NODROP (before 5.11) is refused: it has no timeout of its own, or loses completions.

#include "io/ring.hpp"

#include <trust/io/operation.hpp>
#include <trust/link/verdict.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace trust::io {
namespace {

// By value: the header of an older liburing lacks the newer names.
constexpr unsigned setup_coop_taskrun = 1u << 8;
constexpr unsigned setup_taskrun_flag = 1u << 9;
constexpr unsigned setup_single_issuer = 1u << 12;
constexpr unsigned setup_defer_taskrun = 1u << 13;
constexpr unsigned feature_nodrop = 1u << 1;
constexpr unsigned feature_ext_arg = 1u << 8;
constexpr unsigned feature_reg_reg_ring = 1u << 13;
constexpr unsigned completion_more = 1u << 1;
constexpr std::uint8_t op_msg_ring = 40;

constexpr unsigned entries = 64;  // rings count against the memlock limit of older kernels, and there is one per worker

struct attempt {
  unsigned flags;
  const char* name;
};
constexpr attempt attempts[] = {
    {setup_single_issuer | setup_defer_taskrun | setup_taskrun_flag, "single issuer, deferred task work"},
    {setup_coop_taskrun, "cooperative task work"},
    {0, "plain"},
};

constinit link::verdict forbidden;  // io_uring as such, for this process

bool means_forbidden(int error) { return error == ENOSYS || error == EPERM; }

}  // namespace

ring_driver::~ring_driver() {
  if (owner_ == 0) return;
  if (owner_ == ::getpid()) {
    ::io_uring_queue_exit(&ring_);
  } else {
    ::close(ring_.ring_fd);  // a forked child has the descriptor, but not the mappings that queue_exit would read
  }
}

int ring_driver::open(std::string& how) {
  int error = 0;
  for (const attempt& each : attempts) {
    io_uring_params with{};
    with.flags = each.flags;
    error = sys::ring_setup(entries, ring_, with);
    how = each.name;
    if (error != -EINVAL) break;
  }
  if (error < 0) {
    how = "io_uring_setup";
    return error;
  }
  owner_ = ::getpid();
  if ((ring_.features & feature_ext_arg) == 0 || (ring_.features & feature_nodrop) == 0) {
    how = "io_uring of a kernel before 5.11";
    return -ENOSYS;
  }
  if (const int kept = ::io_uring_ring_dontfork(&ring_); kept < 0) {
    how = "madvise";
    return kept;
  }
  messages_ = (ring_.features & feature_reg_reg_ring) != 0;

  // The watch is proven now: what a kernel refuses completes during the submission.
  arm();
  for (int look = 0; look < 2; ++look) {
    if (const int submitted = sys::ring_submit(ring_); submitted < 0) {
      how = "io_uring_enter";
      return submitted;
    }
    reap();
    if (!std::exchange(stirred_, false)) break;
  }
  if (!armed_) {
    how = "poll of an eventfd in a ring";
    return -EINVAL;
  }
  how = "io_uring, " + how + ", " + std::to_string(entries) + " entries, " +
        (multishot_ ? "multishot" : "single-shot") + " watch of the eventfd, workers ring by " +
        (messages_ ? "ring messages" : "eventfd");
  return 0;
}

void ring_driver::park(deadline until) noexcept {
  for (;;) {
    if (!armed_) arm();
    reap();
    if (stirred_ || !armed_ || has_come(until)) break;
    const auto left = until ? time_left(*until) : sys::span_of_time{};
    const int error = sys::ring_wait(ring_, until ? &left : nullptr);
    if (error >= 0 || error == -EINTR || error == -ETIME) continue;
    if (error != -EBUSY && error != -EAGAIN) {  // no way to sleep here: nap on the bell and let the worker look around
      const sys::span_of_time nap{0,
                                  until && left.seconds == 0 ? std::min(left.nanoseconds, 1'000'000ll) : 1'000'000ll};
      (void)sys::poll_in(bell_.fd(), &nap);
      bell_.drain();
    }
    reap();
    break;
  }
  stirred_ = false;
}

void ring_driver::ring(driver* from) noexcept {
  if (from == this) {
    stirred_ = true;
    return;
  }
  if (from && from->kind() == backend::uring && static_cast<ring_driver*>(from)->message(ring_.ring_fd)) return;
  bell_.ring();
}

bool ring_driver::message(int ring_fd) noexcept {
  if (!messages_) return false;
  io_uring_sqe* const sqe = slot();
  if (!sqe) return false;
  const std::uint64_t word = ++sent_ << 3 | static_cast<std::uint64_t>(tag::sent);
  ::io_uring_prep_rw(op_msg_ring, sqe, ring_fd, nullptr, 0, static_cast<std::uint64_t>(tag::bell));
  ::io_uring_sqe_set_data64(sqe, word);
  (void)sys::ring_submit(ring_);  // whatever it says: only the completion counts

  unsigned head = 0;
  io_uring_cqe* each = nullptr;
  bool first = true;
  io_uring_for_each_cqe(&ring_, head, each) {
    if (each->user_data == word) {
      const std::int32_t result = each->res;
      if (first) ::io_uring_cqe_seen(&ring_, each);
      if (result == -EINVAL || result == -EOPNOTSUPP || result == -EACCES) messages_ = false;
      return result >= 0;
    }
    first = false;
  }
  return false;
}

io_uring_sqe* ring_driver::slot() noexcept {
  if (io_uring_sqe* const free = ::io_uring_get_sqe(&ring_)) return free;
  (void)sys::ring_submit(ring_);
  return ::io_uring_get_sqe(&ring_);
}

void ring_driver::arm() noexcept {
  io_uring_sqe* const sqe = slot();
  armed_ = sqe != nullptr;
  if (!sqe) return;
  if (multishot_) {
    ::io_uring_prep_poll_multishot(sqe, bell_.fd(), POLLIN);
  } else {
    ::io_uring_prep_poll_add(sqe, bell_.fd(), POLLIN);
  }
  ::io_uring_sqe_set_data64(sqe, static_cast<std::uint64_t>(tag::watch));
}

void ring_driver::reap() noexcept {
  struct taken {
    std::uint64_t word;
    std::int32_t result;
    std::uint32_t flags;
  };
  constexpr unsigned burst = 16;
  constexpr int bursts = 8;
  for (int round = 0; round < bursts; ++round) {
    io_uring_cqe* ready[burst];
    const unsigned n =
        ::io_uring_peek_batch_cqe(&ring_, ready, burst);  // enters the kernel only if the ring's flags ask
    if (n == 0) return;
    taken copies[burst];
    for (unsigned i = 0; i < n; ++i) copies[i] = {ready[i]->user_data, ready[i]->res, ready[i]->flags};
    ::io_uring_cq_advance(&ring_,
                          n);  // before anything runs: a completion may submit, ring and look at the queue itself
    for (unsigned i = 0; i < n; ++i) completed(copies[i].word, copies[i].result, copies[i].flags);
  }
}

void ring_driver::completed(std::uint64_t word, std::int32_t result, std::uint32_t flags) noexcept {
  switch (static_cast<tag>(word & tag_mask)) {
    case tag::operation: {
      auto* const what = reinterpret_cast<operation*>(static_cast<std::uintptr_t>(word));
      if (!what) return;
      stirred_ = true;
      what->complete(*what, result, flags);
      return;
    }
    case tag::bell:
      stirred_ = true;
      return;
    case tag::watch:
      watched(result, flags);
      return;
    case tag::sent:  // its sender has already rung the eventfd, unless it was delivered
      return;
  }
}

void ring_driver::watched(std::int32_t result, std::uint32_t flags) noexcept {
  stirred_ = true;
  if ((flags & completion_more) != 0) return;
  armed_ = false;
  if (result == -EINVAL && multishot_) {
    multishot_ = false;
  } else if (result < 0) {
    return;  // park() tries again, and does not sleep before it has succeeded
  }
  bell_.drain();
  arm();
}

made make_ring() {
  if (const int known = forbidden.settled(); known != 0)
    return {nullptr, std::error_code{known, std::system_category()}, "io_uring_setup"};
  const int event = sys::make_eventfd();
  if (event < 0) return {nullptr, std::error_code{-event, std::system_category()}, "eventfd"};
  auto it = std::make_unique<ring_driver>(bell{event});
  std::string how;
  if (const int error = it->open(how); error < 0) {
    if (means_forbidden(-error)) forbidden.settle(-error);
    return {nullptr, std::error_code{-error, std::system_category()}, std::move(how)};
  }
  return {std::move(it), {}, std::move(how)};
}

}  // namespace trust::io
