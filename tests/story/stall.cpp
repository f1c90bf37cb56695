// SPDX-License-Identifier: MIT
// stall: a closure, and a coroutine's slice, that takes longer than options.stall_report is logged, with the object's name and the closure.
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct logbook {
  void add(std::string_view text) {
    const std::lock_guard lock{mutex};
    lines.emplace_back(text);
  }
  bool has(std::string_view a, std::string_view b) {
    const std::lock_guard lock{mutex};
    for (const auto& l : lines) {
      if (l.find(a) != std::string::npos && l.find(b) != std::string::npos) return true;
    }
    return false;
  }
  bool gets(std::string_view a, std::string_view b) {
    for (int i = 0; i < 500; ++i) {
      if (has(a, b)) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

struct book {};
void hash_for_long(book&) {
  const auto until = std::chrono::steady_clock::now() + 250ms;
  while (std::chrono::steady_clock::now() < until) {}
}

}  // namespace

TEST_CASE("a closure longer than stall_report is logged with the object's name and the closure's type") {
  logbook seen;
  trust::options o;
  o.workers = 2;
  o.pin = trust::pinning::none;
  o.stall_report = 30ms;
  o.log = [&seen](trust::severity, std::string_view text) { seen.add(text); };
  trust::runtime rt{o};
  const auto r = rt.entrust(trust::on(1), trust::named("book/ADA"), book{});
  r.with([](const book&) {}).get();
  CHECK_FALSE(seen.has("trust/1", "longer"));
  r.apply([](book& b) { hash_for_long(b); }).get();
  CHECK(seen.gets("trust/1", "longer"));
  CHECK(seen.gets("book/ADA", "lambda"));

  rt.block_on([]() -> trust::task<> {
    co_await trust::yield();
    book b;
    hash_for_long(b);
  });
  CHECK(seen.gets("trust/0", "slice"));
}

namespace {

/// What is logged while a task waits for four times stall_report.
std::size_t lines_of_a_long_wait() {
  logbook seen;
  {
    trust::options o;
    o.workers = 2;
    o.pin = trust::pinning::none;
    o.stall_report = 100ms;
    o.log = [&seen](trust::severity, std::string_view text) { seen.add(text); };
    trust::runtime rt{o};
    const auto r = rt.entrust(trust::on(1), book{});
    rt.block_on([&]() -> trust::task<> {
      co_await r.launch([](book&) -> trust::task<> { co_await trust::sleep_for(400ms); });
    });
  }
  return seen.lines.size();
}

}  // namespace

// A machine that is held up for stall_report as a whole does look like a stall. It is not held up every time.
TEST_CASE("waiting is not stalling") {
  std::size_t lines = 1;
  for (int i = 0; i < 5 && lines != 0; ++i) lines = lines_of_a_long_wait();
  CHECK(lines == 0);
}
