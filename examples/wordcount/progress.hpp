// SPDX-License-Identifier: MIT
#pragma once
// progress: one line on stderr that grows while the work goes on, drawn at most ten times a second.
//
// Like the tables it is confined to its owner: the entrusted count entrusts it, the rivals put a mutex before it.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace wordcount {

class progress {
 public:
  progress(std::string label, std::uint64_t total, bool shown)
      : label_{std::move(label)}, total_{total == 0 ? 1 : total}, shown_{shown} {}

  void add(std::uint64_t bytes) {
    done_ += bytes;
    if (!shown_) return;
    auto now = std::chrono::steady_clock::now();
    if (now - drawn_ < std::chrono::milliseconds{100}) return;
    drawn_ = now;
    draw();
  }

  // Wipes the line.
  void finish() {
    if (shown_) std::fprintf(stderr, "\r%79s\r", "");
  }

 private:
  void draw() const {
    constexpr int width = 32;
    int full = static_cast<int>(done_ * width / total_);
    std::string bar(static_cast<std::size_t>(full < width ? full : width), '#');
    std::fprintf(stderr, "\r%-18s [%-*s] %3d%%  %.1f MB", label_.c_str(), width, bar.c_str(),
                 static_cast<int>(done_ * 100 / total_), static_cast<double>(done_) / 1e6);
    std::fflush(stderr);
  }

  std::string label_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  bool shown_;
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace wordcount
