// SPDX-License-Identifier: MIT
// borrow: which results reach into the object, which closures and arguments refer to something of their caller's. The
// sentences are in tests/refuse.

#include <trust/delegate/borrow.hpp>

#include <doctest/doctest.h>

#include <deque>
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

namespace {

using trust::borrows;
using trust::delegate::borrowed_argument;
using trust::delegate::captures_by_reference;
using trust::delegate::points_into;

struct base {};
struct thing : base {
  int n = 0;
};
struct other {};

struct cursor {
  int* at;
};
template <class T> struct own_view : std::ranges::view_base {
  std::vector<T> data;
  auto begin() const { return data.begin(); }
  auto end() const { return data.end(); }
};

}  // namespace

template <> struct trust::borrows<cursor> : std::true_type {};
template <class T> struct trust::borrows<own_view<T>> : std::false_type {};

namespace {

TEST_CASE("references, iterators and views borrow") {
  CHECK(borrows<int&>::value);
  CHECK(borrows<const std::string&>::value);
  CHECK(borrows<std::string&&>::value);
  CHECK(borrows<std::vector<int>::iterator>::value);
  CHECK(borrows<std::map<int, int>::const_iterator>::value);
  CHECK(borrows<std::deque<int>::reverse_iterator>::value);
  CHECK(borrows<std::string_view>::value);
  CHECK(borrows<std::span<int, 3>>::value);
  CHECK(borrows<std::span<const int>>::value);
  CHECK(borrows<std::ranges::ref_view<std::vector<int>>>::value);
  CHECK(borrows<std::reference_wrapper<int>>::value);
  CHECK(borrows<const std::string_view>::value);
}

TEST_CASE("values do not borrow") {
  CHECK_FALSE(borrows<int>::value);
  CHECK_FALSE(borrows<void>::value);
  CHECK_FALSE(borrows<std::string>::value);
  CHECK_FALSE(borrows<std::vector<int>>::value);
  CHECK_FALSE(borrows<std::unique_ptr<int>>::value);
  CHECK_FALSE(borrows<const char*>::value);
  CHECK_FALSE(borrows<thing>::value);
}

TEST_CASE("shared_ptr borrows unless what it points to is const") {
  CHECK(borrows<std::shared_ptr<int>>::value);
  CHECK(borrows<std::weak_ptr<int>>::value);
  CHECK(borrows<std::shared_ptr<int[]>>::value);
  CHECK_FALSE(borrows<std::shared_ptr<const int>>::value);
  CHECK_FALSE(borrows<std::weak_ptr<const int>>::value);
}

TEST_CASE("what borrows is seen inside pair, tuple, optional and variant, however deep") {
  CHECK(borrows<std::pair<int, int&>>::value);
  CHECK(borrows<std::tuple<int, std::string, std::string_view>>::value);
  CHECK(borrows<std::optional<std::span<int>>>::value);
  CHECK(borrows<std::variant<int, std::shared_ptr<int>>>::value);
  CHECK(borrows<std::optional<std::pair<int, std::variant<int, std::string_view>>>>::value);
  CHECK(borrows<const std::pair<int, std::string_view>>::value);
  CHECK_FALSE(borrows<std::optional<std::pair<int, std::variant<int, std::string>>>>::value);
}

TEST_CASE("a type of one's own may say that it borrows, or that it does not") {
  CHECK(borrows<cursor>::value);
  CHECK(borrows<std::optional<cursor>>::value);
  CHECK_FALSE(borrows<own_view<int>>::value);
  CHECK_FALSE(borrows<std::tuple<own_view<int>>>::value);
}

TEST_CASE("pointers to the object, or to a base of it, point into it") {
  CHECK(points_into<thing, thing*>::value);
  CHECK(points_into<thing, const thing*>::value);
  CHECK(points_into<const thing, const thing*>::value);
  CHECK(points_into<thing, base*>::value);
  CHECK(points_into<int, int*>::value);
  CHECK(points_into<thing, std::pair<int, base*>>::value);
  CHECK(points_into<thing, std::variant<int, std::optional<thing*>>>::value);
  CHECK(points_into<thing, std::tuple<int, const thing*>>::value);
  CHECK_FALSE(points_into<thing, other*>::value);
  CHECK_FALSE(points_into<thing, thing>::value);
  CHECK_FALSE(points_into<thing, void*>::value);
}

TEST_CASE("a by-reference capture is seen, a capture by value is none") {
  int n = 0;
  double d = 0;
  std::string text;
  auto one = [&n] { return n; };
  auto two = [&n, &d] { return n + d; };
  auto all = [&] { return n + static_cast<int>(text.size()); };
  auto with_scalar = [&n, d] { return n + d; };
  auto none = [] {};
  auto values = [n, d, c = 'c', p = std::pair{1, 2L}] { return n + d + c + static_cast<double>(p.second); };
  auto owner = [text] { return text; };
  CHECK(captures_by_reference<decltype(one)>);
  CHECK(captures_by_reference<decltype(two)>);
  CHECK(captures_by_reference<decltype(all)>);
  CHECK(captures_by_reference<decltype(with_scalar)>);
  CHECK_FALSE(captures_by_reference<decltype(none)>);
  CHECK_FALSE(captures_by_reference<decltype(values)>);
  CHECK_FALSE(captures_by_reference<decltype(owner)>);
  CHECK_FALSE(captures_by_reference<trust::unchecked_value<decltype(one)>>);
  CHECK_FALSE(captures_by_reference<void (*)()>);
  CHECK(one() + two() + all() + with_scalar() + values() + static_cast<double>(owner().size()) > 0);
}

TEST_CASE("what no compiler sees is as the docstring says: a mixed capture, and [this]") {
  struct holder {
    int n = 0;
    auto closure() {
      return [this] { return n; };
    }
  } h;
  int n = 0;
  auto mixed = [&n, s = std::string{}] { return n + static_cast<int>(s.size()); };
  CHECK_FALSE(captures_by_reference<decltype(mixed)>);
  CHECK_FALSE(captures_by_reference<decltype(h.closure())>);
  CHECK(mixed() + h.closure()() == 0);
}

TEST_CASE("pointers, string_view, span and reference_wrapper are borrowed arguments; functions and strings are not") {
  CHECK(borrowed_argument<int*>);
  CHECK(borrowed_argument<const char*>);
  CHECK(borrowed_argument<std::string_view>);
  CHECK(borrowed_argument<std::wstring_view>);
  CHECK(borrowed_argument<std::span<int>>);
  CHECK(borrowed_argument<std::reference_wrapper<int>>);
  CHECK_FALSE(borrowed_argument<void (*)()>);
  CHECK_FALSE(borrowed_argument<int thing::*>);
  CHECK_FALSE(borrowed_argument<std::nullptr_t>);
  CHECK_FALSE(borrowed_argument<std::string>);
  CHECK_FALSE(borrowed_argument<std::unique_ptr<int>>);
  CHECK_FALSE(borrowed_argument<trust::coro::carried_t<const char(&)[5]>>);
  CHECK(borrowed_argument<trust::coro::carried_t<const int(&)[5]>>);
}

TEST_CASE("only a task, an op or something else that can be awaited counts as waiting") {
  struct member {
    std::suspend_never operator co_await() { return {}; }
  };
  CHECK(trust::delegate::awaitable_result<std::suspend_always>);
  CHECK(trust::delegate::awaitable_result<member>);
  CHECK(trust::delegate::awaitable_result<trust::coro::ours>);
  CHECK_FALSE(trust::delegate::awaitable_result<void>);
  CHECK_FALSE(trust::delegate::awaitable_result<int&>);
  CHECK_FALSE(trust::delegate::awaitable_result<std::string>);
}

}  // namespace
