// SPDX-License-Identifier: MIT
// traps: what g++ 12 itself does not compile inside a co_await; a name helps.

// refuse: a braced vector
// expect: compiler: array used as initializer
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s, std::vector<int> v) { s.prices = std::move(v); }, std::vector{1, 2, 3});
}

// refuse: a braced vector as the range of apply_each
// expect: compiler: array used as initializer
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.apply_each(std::vector{1, 2, 3}, [](shop& s, int n) { s.sold += n; });
}

// accept: the same with a name
task<> f(trust::remote<shop> r) {
  std::vector v{1, 2, 3};
  co_await r.apply([](shop& s, std::vector<int> x) { s.prices = std::move(x); }, v);
  co_await r.apply_each(std::move(v), [](shop& s, int n) { s.sold += n; });
}
