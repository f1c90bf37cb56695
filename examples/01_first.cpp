// SPDX-License-Identifier: MIT
// The first program: an object is put in the hands of a trustee, and everybody else sends it closures.
//
// README.md shows this file from the first #include on; tests/house.py compares the two.
#include <trust/trust.hpp>

#include <iostream>
#include <map>
#include <string>

using namespace std::chrono_literals;
using table = std::map<std::string, int>;

int main() {
  trust::runtime rt;                                 // one pinned worker per core
  trust::remote<table> users = rt.entrust(table{});  // lives on one worker from now on

  int sum = rt.block_on([&]() -> trust::task<int> {
    co_await users.apply([](table& t) { t["ada"] = 36; });  // runs on the trustee, resumes here
    int age = co_await users.with([](const table& t) { return t.at("ada"); });
    users.apply_then([age](table& t) { return t["grace"] = age + 1; },               // does not wait;
                     [](int years) { std::cout << "grace is " << years << ", "; });  // this runs here, later
    co_return co_await users.launch([](table& t) -> trust::task<int> {  // a coroutine on the trustee: it may wait
      co_await trust::sleep_for(1ms);
      co_return t["ada"] + t["grace"];
    });
  });
  std::cout << "together they are " << sum << '\n';
  return sum == 73 ? 0 : 1;
}
