// SPDX-License-Identifier: MIT
#pragma once
// tracked: objects that tell a ledger when and on which worker they are born, used and destroyed.
//
// `resident` stands for an entrusted object: it cannot be copied or moved, so that its one destruction is the object's. `luggage` stands for a
// capture, an argument or a result: it moves and counts how many of its kind are alive and where the one that held something died.

#include <trust/worker/worker_id.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>

namespace support {

inline constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// `died` is written last: who waits for it may let the ledger go.
struct ledger {
  std::atomic<int> alive{0};
  std::atomic<int> born{0};
  std::atomic<int> died{0};
  std::atomic<std::size_t> born_on{nowhere};
  std::atomic<std::size_t> died_on{nowhere};
  std::atomic<int> uses{0};
  std::atomic<int> uses_when_it_died{-1};
};

/// An entrusted object.
class resident {
 public:
  explicit resident(ledger* l) : ledger_{l} {
    ++l->alive;
    ++l->born;
    l->born_on = trust::this_worker().index();
  }
  resident(const resident&) = delete;
  resident& operator=(const resident&) = delete;
  ~resident() {
    ledger_->died_on = trust::this_worker().index();
    ledger_->uses_when_it_died = ledger_->uses.load();
    --ledger_->alive;
    ++ledger_->died;
  }
  void use() noexcept { ++ledger_->uses; }
  [[nodiscard]] ledger& book() const noexcept { return *ledger_; }

 private:
  ledger* ledger_;
};

/// Something that travels. An empty (moved-from) one counts no more. Its destructor is not trivial, its constructors make it no aggregate.
template <std::size_t Bytes = 8, std::size_t Align = 8> class luggage {
 public:
  explicit luggage(ledger& l) : ledger_{&l} {
    ++l.alive;
    ++l.born;
    for (std::size_t i = 0; i < Bytes; ++i) bytes_[i] = static_cast<unsigned char>(i * 7 + 3);
  }
  luggage(const luggage& o) : ledger_{o.ledger_}, bytes_{o.bytes_} {
    if (ledger_ != nullptr) ++ledger_->alive, ++ledger_->born;
  }
  luggage(luggage&& o) noexcept : ledger_{std::exchange(o.ledger_, nullptr)}, bytes_{o.bytes_} {}
  luggage& operator=(luggage o) noexcept {
    std::swap(ledger_, o.ledger_);
    bytes_ = o.bytes_;
    return *this;
  }
  ~luggage() {
    if (ledger_ == nullptr) return;
    ledger_->died_on = trust::this_worker().index();
    --ledger_->alive;
    ++ledger_->died;
  }
  [[nodiscard]] bool full() const noexcept { return ledger_ != nullptr; }
  /// Whether all bytes are those that were packed, at an address as aligned as the type.
  [[nodiscard]] bool intact() const noexcept {
    if (ledger_ == nullptr || reinterpret_cast<std::size_t>(this) % Align != 0) return false;
    for (std::size_t i = 0; i < Bytes; ++i) {
      if (bytes_[i] != static_cast<unsigned char>(i * 7 + 3)) return false;
    }
    return true;
  }

 private:
  ledger* ledger_;
  alignas(Align) std::array<unsigned char, Bytes> bytes_;
};

}  // namespace support
