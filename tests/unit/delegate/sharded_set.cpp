// SPDX-License-Identifier: MIT
// Unit tests of sharded_set: one of all who insert a key is told that it is new.

#include <support/runtimes.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::sharded_set;
using trust::task;

TEST_CASE("a set has what was inserted and not erased") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_set<std::string> s{rt};
    support::run(rt, [&]() -> task<> {
      const std::string ada = "ada";
      const bool fresh = co_await s.insert(ada);
      CHECK(fresh);
      const bool again = co_await s.insert("ada");
      CHECK_FALSE(again);
      const bool there = co_await s.contains("ada");
      CHECK(there);
      const std::size_t one = co_await s.size();
      CHECK(one == 1);
      const bool erased = co_await s.erase(ada);
      CHECK(erased);
      const bool gone = co_await s.contains(ada);
      CHECK_FALSE(gone);
      co_await s.insert(std::string(100, 'x'));
      co_await s.clear();
      const std::size_t none = co_await s.size();
      CHECK(none == 0);
    });
  });
}

TEST_CASE("batches of keys, and a visit to all of them") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const sharded_set<std::string> s{rt, trust::named("seen")};
        s.reserve(10).get();
        std::vector<std::string> keys{"a", "b", "a", std::string(60, 'c')};
        CHECK(s.insert_each(keys).get() == std::vector<bool>{true, true, false, true});
        CHECK(keys[3].size() == 60);
        CHECK(s.insert_each(std::vector<std::string>{"b", std::string(60, 'd')}).get() ==
              std::vector<bool>{false, true});
        CHECK(s.contains_each(keys).get() == std::vector<bool>{true, true, true, true});
        std::atomic<std::size_t> length{0};
        s.for_each([&length](const std::string& key) { length += key.size(); }).get();
        CHECK(length == 122);
        keys = {"b", "z"};
        CHECK(s.erase_each(keys).get() == std::vector<bool>{true, false});
        CHECK(s.size().get() == 3);
      },
      3);
}

struct text_hash : std::hash<std::string_view> {
  using is_transparent = void;
};

TEST_CASE("what a transparent hash and equality take can be looked up in a set too") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_set<std::string, text_hash, std::equal_to<>> s{rt};
    CHECK(s.insert("ada").get());
    CHECK(s.contains(std::string_view{"adam"}.substr(0, 3)).get());
    CHECK_FALSE(s.erase(std::string_view{"adam"}).get());
  });
}

TEST_CASE("of many who insert the same keys each key is new to one") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_set<int> s{rt};
    std::vector<trust::task_handle<int>> who;
    for (int i = 0; i < 10; ++i) {
      who.push_back(rt.spawn(
          [](sharded_set<int> mine) -> task<int> {
            int fresh = 0;
            for (int key = 0; key < 50; ++key) fresh += co_await mine.insert(key);
            co_return fresh;
          },
          s));
    }
    int fresh = 0;
    for (auto& w : who) fresh += w.get();
    CHECK(fresh == 50);
  });
}

TEST_CASE("an empty set fails with errc::empty") {
  const sharded_set<int> s;
  CHECK(support::code_of([&] { static_cast<void>(s.insert(1).get()); }) == errc::empty);
  CHECK(support::code_of([&] { static_cast<void>(s.insert_each(std::vector{1}).get()); }) == errc::empty);
  CHECK(support::code_of([&] { s.for_each([](const int&) {}).get(); }) == errc::empty);
}

}  // namespace
