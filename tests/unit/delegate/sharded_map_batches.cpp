// SPDX-License-Identifier: MIT
// Unit tests of the batches of sharded_map: one verb for many keys, a message for each owner.

#include <support/runtimes.hpp>
#include <support/tracked.hpp>

#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using support::on_each_runtime;
using trust::errc;
using trust::sharded_map;
using trust::task;
using numbers = sharded_map<long, long>;
using ages = sharded_map<std::string, int>;

TEST_CASE("batches give what their verb gives for each element, in order") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const numbers m{rt};
        support::run(rt, [&]() -> task<> {
          std::vector<std::pair<long, long>> pairs;
          for (long i = 0; i < 300; ++i) pairs.emplace_back(i % 200, i);
          const std::vector<bool> fresh = co_await m.insert_each(pairs);
          bool right = fresh.size() == 300;
          for (std::size_t i = 0; i < 300; ++i) right = right && fresh[i] == (i < 200);
          CHECK(right);
          std::vector<long> keys{5, 250, 199, 5, -1, 0};
          const std::vector<std::optional<long>> found = co_await m.find_each(keys);
          CHECK(found == std::vector<std::optional<long>>{5, std::nullopt, 199, 5, std::nullopt, 0});
          const std::vector<bool> there = co_await m.contains_each(keys);
          CHECK(there == std::vector<bool>{true, false, true, true, false, true});
          const std::vector<std::optional<long>> changed =
              co_await m.update_each(keys, [](long& n, long key) { return n += key * 1000; });
          CHECK(changed == std::vector<std::optional<long>>{5005, std::nullopt, 199199, 10005, std::nullopt, 0});
          const std::vector<bool> touched = co_await m.update_each(keys, [](long& n, long) { n = 1; });
          CHECK(touched == there);
          const std::vector<long> after = co_await m.upsert_each(keys, [](long& n, long) { return ++n; });
          CHECK(after == std::vector{2L, 1L, 2L, 3L, 1L, 2L});
          co_await m.upsert_each(
              pairs, [](long& n, const std::pair<long, long>& p) { n = -p.second; }, &std::pair<long, long>::first);
          const std::optional<long> last = co_await m.find(99);
          CHECK(last == -299);
          const std::vector<bool> erased = co_await m.erase_each(std::views::iota(0L, 100L));
          CHECK(std::count(erased.begin(), erased.end(), true) == 100);
          const std::size_t left = co_await m.size();
          CHECK(left == 102);  // 100 to 199, 250 and -1
        });
      },
      3);
}

TEST_CASE("a batch of strings: named keys are used in place, temporaries travel, pairs of a temporary are moved from") {
  on_each_runtime([](trust::runtime& rt) {
    const sharded_map<std::string, std::unique_ptr<int>> m{rt};
    support::run(rt, [&]() -> task<> {
      std::vector<std::pair<std::string, std::unique_ptr<int>>> pairs;
      for (int i = 0; i < 40; ++i)
        pairs.emplace_back(std::string(50, 'k') + std::to_string(i), std::make_unique<int>(i));
      auto moving = m.insert_each(std::move(pairs));
      const std::vector<bool> fresh = co_await moving;
      CHECK(std::count(fresh.begin(), fresh.end(), true) == 40);
      const std::vector<std::string> keys{std::string(50, 'k') + "7", "?"};
      const auto values = co_await m.update_each(keys, [](std::unique_ptr<int>& p, const std::string&) { return *p; });
      CHECK(values == std::vector<std::optional<int>>{7, std::nullopt});
      auto erasing = m.erase_each(std::vector<std::string>{std::string(50, 'k') + "8"});
      const std::vector<bool> erased = co_await erasing;
      CHECK(erased == std::vector<bool>{true});
      CHECK(keys[0].size() == 51);
      std::vector<std::pair<std::string, std::unique_ptr<int>>> more;
      for (const char* name : {"?", "?"}) more.emplace_back(name, std::make_unique<int>(static_cast<int>(more.size())));
      more.emplace_back(keys[0], std::make_unique<int>(70));
      auto replacing = m.insert_or_assign_each(std::move(more));
      const std::vector<bool> added = co_await replacing;
      CHECK(added == std::vector<bool>{true, false, false});
      const auto now = co_await m.update_each(keys, [](std::unique_ptr<int>& p, const std::string&) { return *p; });
      CHECK(now == std::vector<std::optional<int>>{70, 1});
    });
    const ages other{rt};
    const std::map<std::string, int> from{{"ada", 36}, {"bob", 20}};
    CHECK(other.insert_each(from).get() == std::vector<bool>{true, true});
    CHECK(other.insert_or_assign_each(std::map<std::string, int>{{"bob", 21}, {"cleo", 3}}).get() ==
          std::vector<bool>{false, true});
    CHECK(other.insert_or_assign_each(from).get() == std::vector<bool>{false, false});
    CHECK(from.at("ada") == 36);
    CHECK(other.find("bob").get() == 20);
  });
}

TEST_CASE("in a batch all elements are dealt with, then the failure of the first is thrown") {
  on_each_runtime(
      [](trust::runtime& rt) {
        const numbers m{rt};
        const std::vector<long> keys{4, 5, 6, 7, 8, 9};
        const auto fail = [](long& n, long key) {
          ++n;
          if (key > 6) throw std::runtime_error{"key " + std::to_string(key)};
        };
        CHECK(support::text_of([&] { m.upsert_each(keys, fail).get(); }) == "key 7");
        CHECK(m.find_each(keys).get() == std::vector<std::optional<long>>(6, 1));
      },
      3);
}

}  // namespace
