// SPDX-License-Identifier: MIT
// Unit tests of base/type_name: names as the compiler writes them, and what is a lambda.

#include <trust/base/type_name.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace shop {

struct order {
  int id;
};
struct lambda_like {
  void operator()() const {}
};
template <class F> struct wrapper {
  F f;
};

}  // namespace shop

namespace {

using trust::base::is_lambda;
using trust::base::type_name;
using trust::base::type_text;

int free_function(int n) { return n; }

TEST_CASE("a type is named with its namespace") {
  CHECK(std::string{type_name<shop::order>()} == "shop::order");
  CHECK(type_text<int>() == "int");
  CHECK(std::string{type_name<std::vector<int>>()}.find("vector<int") != std::string::npos);
}

TEST_CASE("lambdas are known, whatever they capture and take") {
  int n = 0;
  const auto bare = [] {};
  const auto by_value = [n](int) { return n; };
  auto by_reference = [&n]() mutable -> int& { return n; };
  const auto generic = [](auto x) { return x; };
  const auto of_function = [](std::function<void(int)>) {};
  CHECK(is_lambda<std::remove_cv_t<decltype(bare)>>());
  CHECK(is_lambda<std::remove_cv_t<decltype(by_value)>>());
  CHECK(is_lambda<decltype(by_reference)>());
  CHECK(is_lambda<std::remove_cv_t<decltype(generic)>>());
  CHECK(is_lambda<std::remove_cv_t<decltype(of_function)>>());
  const auto nested = [] { return [] {}; };
  CHECK(is_lambda<decltype(nested())>());
  by_reference() = free_function(1);
}

TEST_CASE("what is no lambda is not taken for one") {
  const auto f = [] {};
  CHECK_FALSE(is_lambda<int>());
  CHECK_FALSE(is_lambda<shop::order>());
  CHECK_FALSE(is_lambda<shop::lambda_like>());
  CHECK_FALSE(is_lambda<std::function<void()>>());
  CHECK_FALSE(is_lambda<decltype(&free_function)>());
  CHECK_FALSE(is_lambda<shop::wrapper<decltype(f)>>());
}

}  // namespace
