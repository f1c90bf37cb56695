// SPDX-License-Identifier: MIT
// streams: what a stream may await and yield, who may ask it, and what must have a name.

using trust::stream;

stream<int> numbers();
stream<order> orders();

// accept: a stream that awaits ours and yields
stream<int> f(trust::remote<shop> r) {
  const int n = co_await r.apply(&shop::total);
  co_yield n;
  auto s = numbers();
  while (auto x = co_await s.next()) co_yield *x;
}

// refuse: a foreign awaitable in a stream
// expect: a trust::task can await trust-tee's own operations and tasks only \(as can a trust::stream\).* trust::adopt\(x\)
stream<int> f() { co_await foreign_awaitable{}; }

// refuse: a stream asked by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this; so can one that returns trust::stream
foreign_task f(stream<int> s) { co_await s.next(); }

// refuse: a stream awaited itself
// expect: can await trust-tee's own operations and tasks only
task<> f(stream<int> s) { co_await std::move(s); }

// refuse: the next of a temporary
// expect: this stream is a temporary, which would begin anew at each next\(\); give it a name
task<> f() {
  while (auto x = co_await numbers().next()) static_cast<void>(*x);
}

// accept: the next of a stream with a name
task<> f() {
  auto s = numbers();
  while (auto x = co_await s.next()) static_cast<void>(*x);
}

// refuse: a next that is dropped
// expect: compiler: nodiscard
void f(stream<int> s) { s.next(); }

// refuse: a stream that is dropped
// expect: compiler: nodiscard
void f() { numbers(); }

// refuse: a stream of nothing
// expect: a stream gives values \(stream<T>\) or lvalue references
stream<void> f() { co_return; }

// refuse: a stream of rvalue references
// expect: a stream gives values \(stream<T>\) or lvalue references
stream<int&&> f() { co_return; }

// refuse: map with a function that waits
// expect: map takes a function that does not wait
auto f() {
  return numbers().map([](int) -> task<int> { co_return 1; });
}

// refuse: map with a function that returns nothing
// expect: map takes a function that returns something
auto f() {
  return numbers().map([](int) {});
}

// refuse: a temporary aggregate in a co_yield
// expect: destroys a temporary aggregate or closure twice when it stands inside the co_yield
// only: g++<13
stream<order> f() { co_yield order{"tea", 1}; }

// refuse: a temporary aggregate in a co_yield of const references
// expect: destroys a temporary aggregate or closure twice when it stands inside the co_yield
// only: g++<13
stream<const order&> f() { co_yield order{"tea", 1}; }

// accept: the same with a name, or vouched for
stream<order> f() {
  order o{"tea", 1};
  co_yield o;
  co_yield trust::unchecked(std::move(o));
}

// accept: a temporary that is no aggregate
stream<heavy> f() { co_yield heavy{"tea"}; }

// refuse: a copy of what only moves
// expect: compiler: error
stream<std::unique_ptr<int>> f(std::unique_ptr<int> p) { co_yield p; }
