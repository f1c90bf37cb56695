// SPDX-License-Identifier: MIT
// Unit tests of base/list: members leave it by themselves, in whatever order, also while it is walked.

#include <trust/base/list.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

namespace {

struct member : trust::base::hook {
  explicit member(int n) : number{n} {}
  int number;
};

std::vector<int> numbers(trust::base::list<member>& l) {
  std::vector<int> all;
  l.each([&](member& m) { all.push_back(m.number); });
  return all;
}

TEST_CASE("members come out in the order in which they came in") {
  trust::base::list<member> l;
  member a{1}, b{2}, c{3};
  l.push_back(a);
  l.push_back(b);
  l.push_back(c);
  CHECK(l.size() == 3);
  CHECK(l.pop_front() == &a);
  CHECK(l.pop_front() == &b);
  CHECK(l.front() == &c);
  CHECK(l.pop_front() == &c);
  CHECK(l.pop_front() == nullptr);
  CHECK(l.empty());
}

TEST_CASE("a member that is destroyed leaves the list") {
  trust::base::list<member> l;
  member a{1}, c{3};
  auto b = std::make_unique<member>(2);
  l.push_back(a);
  l.push_back(*b);
  l.push_back(c);
  b.reset();
  CHECK(numbers(l) == std::vector{1, 3});
}

TEST_CASE("a list takes over the members of another one, behind its own") {
  trust::base::list<member> l, other;
  member a{1}, b{2}, c{3}, d{4};
  l.append(other);
  CHECK(l.empty());
  other.push_back(a);
  other.push_back(b);
  l.append(other);
  CHECK(other.empty());
  CHECK(numbers(l) == std::vector{1, 2});
  other.push_back(c);
  l.append(other);
  CHECK(numbers(l) == std::vector{1, 2, 3});
  other.push_back(d);
  b.unlink();
  CHECK(numbers(l) == std::vector{1, 3});
  CHECK(numbers(other) == std::vector{4});
}

TEST_CASE("the member that is visited may leave") {
  trust::base::list<member> l;
  member a{1}, b{2}, c{3}, d{4};
  for (member* m : {&a, &b, &c, &d}) l.push_back(*m);
  l.each([](member& m) {
    if (m.number % 2 == 0) m.unlink();
  });
  CHECK(numbers(l) == std::vector{1, 3});
  CHECK_FALSE(b.linked());
  CHECK(a.linked());
}

TEST_CASE("a member may leave twice, and come again") {
  trust::base::list<member> l;
  member a{1}, b{2};
  l.push_back(a);
  l.push_back(b);
  a.unlink();
  a.unlink();
  l.push_back(a);
  CHECK(numbers(l) == std::vector{2, 1});
}

TEST_CASE("a list that goes first leaves its members free") {
  member a{1};
  {
    trust::base::list<member> l;
    l.push_back(a);
  }
  CHECK_FALSE(a.linked());
  trust::base::list<member> other;
  other.push_back(a);
  CHECK(numbers(other) == std::vector{1});
}

}  // namespace
