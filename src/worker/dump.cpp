// SPDX-License-Identifier: MIT
// Reports for people: describe (what was decided) and dump (what every worker is doing). A worker's state is read on the worker itself; one
// that does not come round within a second is said not to answer.

#include <trust/worker/core.hpp>

#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>

namespace trust::worker {
namespace {

/// What all asked workers write into; the last one to leave frees it.
struct questionnaire {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> answers;
  std::size_t missing = 0;
};

struct question : letter {
  question(std::shared_ptr<questionnaire> q, std::size_t which, int out) : all{std::move(q)}, i{which}, fd{out} {}
  std::shared_ptr<questionnaire> all;
  std::size_t i;
  int fd;  // where to write at once, or -1
};

void write_all(int fd, const std::string& text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

void answer(letter& l, loop& w) noexcept {
  const std::unique_ptr<question> q{static_cast<question*>(&l)};
  base::attempt(
      [&] {
        std::string text;
        w.describe_state(text);
        if (q->fd >= 0) return write_all(q->fd, text);
        const std::lock_guard lock{q->all->mutex};
        q->all->answers[q->i] = std::move(text);
        --q->all->missing;
        q->all->changed.notify_all();
      },
      [](std::exception_ptr) {});
}

const char* state_name(cell_state s) noexcept {
  switch (s) {
    case cell_state::building:
      return "building";
    case cell_state::live:
      return "live";
    case cell_state::claimed:
      return "claimed";
    case cell_state::lent:
      return "lent";
    case cell_state::moving:
      return "moving";
    case cell_state::failed:
      return "failed";
    case cell_state::gone:
      return "gone";
  }
  return "";
}

std::string description_of(const coro::environment& task) {
  std::string text = std::string{"task "} + (*task.name != '\0' ? task.name : "(unnamed)");
  if (task.place != nullptr) {
    const std::source_location at = coro::location_of(task.place);
    text += std::string{" awaits at "} + at.file_name() + ":" + std::to_string(at.line()) + " in " + at.function_name();
  } else {
    text += " has not awaited anything yet";
  }
  if (task.stop.requested()) text += ", was asked to stop";
  return text;
}

constexpr std::size_t most_named = 8;  // tasks in one error's text

}  // namespace

void loop::describe_state(std::string& text) {
  text += "trust/" + std::to_string(port_.index) + ": " + std::to_string(roots.size()) + " tasks, " +
          std::to_string(owned.size()) + " objects, " + std::to_string(in_count_) + " lanes in, " +
          std::to_string(out_.size()) + " lanes out, " + std::to_string(served_) + " calls served\n";
  owned.each([&](cell& c) {
    text += "  object " + (c.name.empty() ? std::string{"(unnamed)"} : c.name) + " of type " + c.type->name() + ", " +
            state_name(c.state.get()) + ", " + std::to_string(c.handles.peek()) + " handles, " +
            std::to_string(c.pins) + " launched tasks, " + std::to_string(c.queued) + " calls queued\n";
    for (const entry* e = c.first_held; e != nullptr; e = e->next)
      text += e->is_claim ? "    somebody waits to have it for himself\n" : "    a request is held\n";
  });
  roots.each([&](coro::root& r) { text += "  " + description_of(r.env) + "\n"; });
}

std::string core::who_waits() const {
  std::string text;
  std::size_t tasks = 0;
  for (const auto& l : loops_) {
    l->roots.each([&](coro::root& r) {
      if (++tasks <= most_named)
        text += (tasks == 1 ? "trust/" : "; trust/") + std::to_string(l->face().index) + ": " + description_of(r.env);
    });
  }
  if (tasks > most_named) text += "; and " + std::to_string(tasks - most_named) + " more";
  return tasks == 0 ? "there is no task" : text;
}

std::string core::describe() const {
  std::string text = std::to_string(workers_) + " workers";
  if (options_.dedicated != 0) text += ", the last " + std::to_string(options_.dedicated) + " of them dedicated";
  text += "\n" + why_;
  text += "blocking work: at most " + std::to_string(options_.blocking_threads) + " threads; " +
          std::to_string(options_.blocking_queue) + " jobs may wait for one\n";
  text += "lanes: " + std::to_string(options_.lane_capacity) +
          " granules of 32 bytes; backlog: " + std::to_string(options_.backlog) + "\n";
  if (!is_simulated()) {
    text += std::string{"wake-ups: "} +
            (ports_.first[0].membarrier ? "the sleeper pays (membarrier)" : "read-modify-writes on both sides") + "\n";
  }
  return text;
}

void core::dump(int fd) {
  const auto all = std::make_shared<questionnaire>();
  all->answers.resize(workers_);
  loop* const self = worker::here();
  const bool can_wait = self == nullptr && !is_simulated();
  write_all(fd, "trust-tee runtime, phase " + std::to_string(phase.get()) + "\n");
  for (std::size_t i = 0; i < workers_; ++i) {
    if (is_simulated() || (self != nullptr && &self->face() == &ports_.first[i])) {
      std::string text;
      loops_[i]->describe_state(text);
      write_all(fd, text);
      continue;
    }
    auto q = std::make_unique<question>(all, i, can_wait ? -1 : fd);
    q->open = &answer;
    if (can_wait) {
      const std::lock_guard lock{all->mutex};
      ++all->missing;
    }
    if (post(ports_.first[i], *q)) {
      static_cast<void>(q.release());
    } else if (can_wait) {
      const std::lock_guard lock{all->mutex};
      --all->missing;
      all->answers[i] = "trust/" + std::to_string(i) + ": has ended\n";
    }
  }
  if (!can_wait) return;
  std::unique_lock lock{all->mutex};
  all->changed.wait_for(lock, std::chrono::seconds{1}, [&] { return all->missing == 0; });
  for (std::size_t i = 0; i < workers_; ++i) {
    write_all(fd, all->answers[i].empty()
                      ? "trust/" + std::to_string(i) + ": does not answer, it is in a long closure or slice\n"
                      : all->answers[i]);
  }
}

}  // namespace trust::worker
