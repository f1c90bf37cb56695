// SPDX-License-Identifier: MIT
#pragma once
// words: what a word is, and the table that counts them. The entrusted count and its two rivals share both, so that they
// differ only in how a table is reached.
//
// A word is a run of ASCII letters in text that `load` has folded to lower case. It is a view into that text, which
// outlives every count, and carries its hash: whoever reads a word needs the hash to find its shard, and the table needs
// it again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wordcount {

struct word {
  std::string_view text;
  std::size_t hash = 0;
};

// FNV-1a, with the bits mixed at the end.
class hasher {
 public:
  void feed(char c) noexcept { state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u; }
  std::size_t result() const noexcept { return state_ ^ (state_ >> 29); }

 private:
  std::size_t state_ = 0xcbf29ce484222325u;
};

inline bool is_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }

// Walks over the words of a folded text, in order.
class words_in {
 public:
  explicit words_in(std::string_view text) noexcept : at_{text.data()}, end_{text.data() + text.size()} {}

  // Puts the next word into `w`; false at the end of the text.
  bool next(word& w) noexcept {
    while (at_ != end_ && !is_letter(*at_)) ++at_;
    if (at_ == end_) return false;
    const char* begin = at_;
    hasher h;
    do h.feed(*at_++);
    while (at_ != end_ && is_letter(*at_));
    w.text = {begin, static_cast<std::size_t>(at_ - begin)};
    w.hash = h.result();
    return true;
  }

 private:
  const char* at_;
  const char* end_;
};

using counts = std::vector<std::pair<std::string, std::uint64_t>>;

// How often each word was seen. Confined to whoever owns it: a trustee, or the holder of a mutex.
class table {
 public:
  void add(const word& w) {
    auto found = seen_.find(w);
    if (found == seen_.end()) found = seen_.emplace(std::string{w.text}, 0).first;
    ++found->second;
  }
  void add(const std::vector<word>& batch) {
    for (const word& w : batch) add(w);
  }

  // Appends everything to `out`, in no order, and is empty afterwards.
  void move_to(counts& out) {
    for (auto& [text, n] : seen_) out.emplace_back(text, n);
    seen_.clear();
  }

 private:
  // Not noexcept, so that the map keeps each node's hash instead of computing it again along a chain.
  struct hash_of {
    using is_transparent = void;
    std::size_t operator()(const word& w) const { return w.hash; }
    std::size_t operator()(const std::string& text) const {
      hasher h;
      for (char c : text) h.feed(c);
      return h.result();
    }
  };
  struct same {
    using is_transparent = void;
    bool operator()(const std::string& a, const std::string& b) const { return a == b; }
    bool operator()(const std::string& a, const word& b) const { return a == b.text; }
    bool operator()(const word& a, const std::string& b) const { return a.text == b; }
  };
  std::unordered_map<std::string, std::uint64_t, hash_of, same> seen_;
};

// Which of `shards` tables counts this word.
inline std::size_t shard_of(const word& w, std::size_t shards) noexcept { return (w.hash >> 32) % shards; }

}  // namespace wordcount
