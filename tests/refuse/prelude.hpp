// SPDX-License-Identifier: MIT
#pragma once
// prelude: what every case of the suite `refuse` sees, compiled once. The library, and a handful of things to entrust
// and to hand over.

#include <trust/trust.hpp>

#include <array>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using trust::task;

/// Not trivially destructible, with constructors.
struct heavy {
  heavy() = default;
  explicit heavy(std::string s) : text{std::move(s)} {}
  std::string text;
};

/// The same without: an aggregate.
struct order {
  std::string item;
  int pieces = 0;
};

struct named_thing {
  std::string name;
};

/// What is entrusted.
struct shop : named_thing {
  int sold = 0;
  std::map<std::string, int> stock;
  std::vector<int> prices;
  std::shared_ptr<heavy> shared = std::make_shared<heavy>();
  std::shared_ptr<const heavy> shared_const = std::make_shared<const heavy>();

  void sell() { ++sold; }
  [[nodiscard]] int total() const { return sold; }
  [[nodiscard]] shop* self() { return this; }
};

/// A coroutine type and an awaitable that are not of the library.
struct foreign_task {
  struct promise_type {
    foreign_task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};
struct foreign_awaitable {
  foreign_awaitable() {}
  ~foreign_awaitable() {}
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  int await_resume() { return 1; }
};

/// Runs what is posted to it some time.
struct executor {
  void post(std::function<void()> f) { f(); }
};
