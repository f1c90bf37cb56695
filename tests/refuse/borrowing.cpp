// SPDX-License-Identifier: MIT
// borrowing: what must not go into a call that nobody waits for: by-reference captures and borrowed arguments.

// refuse: a by-reference capture in post
// expect: closure captures by reference, but nobody waits for it
void f(trust::remote<shop> r) {
  int n = 1;
  r.post([&n](shop& s) { s.sold += n; });
}

// refuse: everything captured by reference in post
// expect: closure captures by reference
void f(trust::remote<shop> r) {
  int n = 1;
  std::string text;
  r.post([&](shop& s) {
    s.sold += n;
    s.name = text;
  });
}

// refuse: a by-reference capture in a named closure given to post
// expect: closure captures by reference
void f(trust::remote<shop> r) {
  int n = 1;
  auto g = [&n](shop& s) { s.sold += n; };
  r.post(g);
}

// refuse: a by-reference capture in try_post
// expect: closure captures by reference
bool f(trust::remote<shop> r, int n) {
  return r.try_post([&n](shop& s) { s.sold += n; });
}

// refuse: a by-reference capture in the closure of apply_then
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  r.apply_then([&n](shop& s) { return s.sold + n; }, [](int) {});
}

// refuse: a by-reference capture in the then of apply_then
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  r.apply_then(&shop::total, [&n](int x) { n = x; });
}

// refuse: a by-reference capture in the closure of launch_then
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  r.launch_then([&n](shop& s) -> task<int> { co_return s.sold + n; }, [](int) {});
}

// refuse: a by-reference capture in a hop that is started
// expect: start does not wait, but this call refers
void f(int n) {
  trust::hop_to(trust::on(1), [&n]() -> task<int> { co_return n; }).start([](int) {});
}

// refuse: a by-reference capture in the then of launch_then
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  r.launch_then([](shop& s) -> task<int> { co_return s.sold; }, [&n](int x) { n = x; });
}

// refuse: a by-reference capture in attend
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  r.attend([&n](shop& s) -> task<> {
    s.sold = n;
    co_return;
  });
}

// refuse: a by-reference capture in spawn
// expect: closure captures by reference
void f(trust::runtime& rt, int n) {
  rt.spawn([&n]() -> task<> {
    n = 2;
    co_return;
  });
}

// refuse: a by-reference capture in spawn on a worker
// expect: closure captures by reference
void f(trust::runtime& rt, int n) {
  rt.spawn(trust::on(1), [&n]() -> task<> {
    n = 2;
    co_return;
  });
}

// refuse: a by-reference capture in a callback of start
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  r.apply(&shop::total).start([&n](int x) { n = x; });
}

// refuse: a by-reference capture in a callback of start with an executor
// expect: closure captures by reference
void f(trust::remote<shop> r, executor& e, int n) {
  r.apply(&shop::total).start(e, [&n](int x) { n = x; });
}

// refuse: a by-reference capture in the call that start begins
// expect: start does not wait, but this call refers to something of its caller's
void f(trust::remote<shop> r, int n) {
  r.apply([&n](shop& s) { s.sold = n; }).start([] {});
}

// refuse: a by-reference capture in the call that start begins with an executor
// expect: start does not wait, but this call refers to something of its caller's
void f(trust::remote<shop> r, executor& e, int n) {
  r.apply([&n](shop& s) { s.sold = n; }).start(e, [] {});
}

// refuse: an lvalue closure in the call that start begins
// expect: start does not wait, but this call refers to something of its caller's
void f(trust::remote<shop> r) {
  auto g = [](shop& s) { s.sell(); };
  r.apply(g).start([] {});
}

// refuse: a borrowed argument in the call that start begins
// expect: start does not wait, but this call refers to something of its caller's
void f(trust::remote<shop> r, std::string_view v) {
  r.apply([](shop& s, std::string_view x) { s.name = x; }, v).start([] {});
}

// refuse: an lvalue range in the call that start begins
// expect: start does not wait, but this call refers to something of its caller's
void f(trust::remote<shop> r, std::vector<int> v) {
  r.apply_each(v, [](shop& s, int x) { s.sold += x; }).start([] {});
}

// refuse: borrowing inside as_result that start begins
// expect: start does not wait, but this call refers to something of its caller's
void f(trust::remote<shop> r, int n) {
  trust::as_result(r.apply([&n](shop& s) { return s.sold + n; })).start([](trust::result<int>) {});
}

// refuse: named ops inside when_all that start begins
// expect: start does not wait, but this call refers to something of its caller's
void f(trust::remote<shop> r) {
  auto a = r.apply(&shop::sell);
  trust::when_all(a).start([](std::tuple<std::monostate>) {});
}

// refuse: a pointer handed to post
// expect: a pointer, string_view, span or reference_wrapper is passed to a call that nobody waits for
void f(trust::remote<shop> r, const int* p) {
  r.post([](shop& s, const int* x) { s.sold = *x; }, p);
}

// refuse: a C string handed to post
// expect: a pointer, string_view, span or reference_wrapper is passed
void f(trust::remote<shop> r, const char* p) {
  r.post([](shop& s, std::string x) { s.name = x; }, p);
}

// refuse: a string_view handed to post
// expect: a pointer, string_view, span or reference_wrapper is passed
void f(trust::remote<shop> r, std::string_view v) {
  r.post([](shop& s, std::string_view x) { s.name = x; }, v);
}

// refuse: a span handed to try_post
// expect: a pointer, string_view, span or reference_wrapper is passed
bool f(trust::remote<shop> r, std::span<const int> v) {
  return r.try_post([](shop& s, std::span<const int> x) { s.sold = x[0]; }, v);
}

// refuse: a reference_wrapper handed to apply_then
// expect: a pointer, string_view, span or reference_wrapper is passed
void f(trust::remote<shop> r, int n) {
  r.apply_then([](shop& s, int& x) { x = s.sold; }, [] {}, std::ref(n));
}

// refuse: a string_view handed to launch_then
// expect: a pointer, string_view, span or reference_wrapper is passed
void f(trust::remote<shop> r, std::string_view v) {
  r.launch_then(
      [](shop& s, std::string_view x) -> task<> {
        s.name = x;
        co_return;
      },
      [] {}, v);
}

// refuse: a string_view handed to attend
// expect: a pointer, string_view, span or reference_wrapper is passed
void f(trust::remote<shop> r, std::string_view v) {
  r.attend(
      [](shop& s, std::string_view x) -> task<> {
        s.name = x;
        co_return;
      },
      v);
}

// refuse: a reference_wrapper handed to spawn
// expect: a pointer, string_view, span or reference_wrapper is passed
void f(trust::runtime& rt, int n) {
  rt.spawn(
      [](int& x) -> task<> {
        x = 1;
        co_return;
      },
      std::ref(n));
}

// refuse: a by-reference capture of a closure that was asked before whether it can be assigned, which makes g++ 12 forget
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  auto g = [&n](shop& s) { s.sold = n; };
  static_assert(!std::is_copy_assignable_v<decltype(g)>);
  r.post(g);
}

// refuse: an array of numbers handed to spawn, which decays to a pointer
// expect: a pointer, string_view, span or reference_wrapper is passed
void f(trust::runtime& rt) {
  int n[3] = {1, 2, 3};
  rt.spawn(trust::on(0), [](const int* x) -> task<int> { co_return *x; }, n);
}

// refuse: a by-reference capture in the generic post
// expect: closure captures by reference
void f(trust::remote<shop> r, int n) {
  trust::post(r, [&n](shop& s) { s.sold = n; });
}

// refuse: a by-reference capture in the post of a local
// expect: closure captures by reference
void f(const trust::local<shop>& r, int n) {
  r.post([&n](shop& s) { s.sold = n; });
}

// accept: values, moves and character arrays
void f(trust::runtime& rt, trust::remote<shop> r, executor& e, std::string s, std::vector<int> v, int n) {
  r.post([n, s](shop& x) {
    x.sold = n;
    x.name = s;
  });
  r.post([v = std::move(v)](shop& x) { x.prices = v; });
  r.post([](shop& x, std::string t) { x.name = std::move(t); }, "a literal is handed over as a std::string");
  r.post([](shop& x, const order& o) { x.sold = o.pieces; }, order{"tea", 2});
  r.post([n](shop& x) { x.sold = n; });
  r.post([n, m = 2L, c = 'c'](shop& x) { x.sold = n + static_cast<int>(m) + c; });
  r.apply_then([s](shop& x) { return x.name + s; }, [s](std::string got) { static_cast<void>(got == s); });
  r.attend([s](shop& x) -> task<> {
    x.name = s;
    co_return;
  });
  rt.spawn([s](int x) -> task<int> { co_return x + static_cast<int>(s.size()); }, n);
  rt.spawn(trust::on(0), [](std::string t) -> task<std::string> { co_return t; }, "text");
  r.apply([s](shop& x) { x.name = s; }).start([s] {});
  r.apply(&shop::total).start(e, [s](trust::result<int> got) { static_cast<void>(got.has_value() && s.empty()); });
  r.apply([](shop& x, std::string t) { x.name = std::move(t); }, "text").start([] {});
  auto g = [s](shop& x) { x.name = s; };
  r.apply(trust::moved(g)).start([] {});
  trust::when_all(r.apply(&shop::sell), r.apply(&shop::total)).start([](std::tuple<std::monostate, int>) {});
}

// accept: everywhere, what unchecked lets pass
void f(trust::runtime& rt, trust::remote<shop> r, std::string_view v, const int* p, int n) {
  r.post(trust::unchecked([&n](shop& x) { x.sold = n; }));
  r.post([](shop& x, std::string_view t) { x.name = t; }, trust::unchecked(v));
  r.apply_then([](shop& x, const int* q) { x.sold = *q; }, trust::unchecked([&n] { n = 1; }), trust::unchecked(p));
  r.apply(trust::unchecked([&n](shop& x) { x.sold = n; })).start(trust::unchecked([&n] { n = 1; }));
  r.apply([](shop& x, const int* q) { x.sold = *q; }, trust::unchecked(p)).start([] {});
  rt.spawn(
      [](int& x) -> task<> {
        x = 1;
        co_return;
      },
      trust::unchecked(std::ref(n)));
  rt.spawn(trust::unchecked([&n]() -> task<> {
    n = 1;
    co_return;
  }));
}

// accept: references in what is awaited on the spot, or stood still for
task<> f(trust::runtime& rt, trust::remote<shop> r, std::string_view v, std::vector<int> range, int n) {
  co_await r.apply([&](shop& s) {
    s.sold = n;
    s.name = v;
  });
  co_await r.apply(
      [](shop& s, std::string_view x, const int* p) {
        s.name = x;
        s.sold = *p;
      },
      v, &n);
  co_await r.launch([&n](shop& s) -> task<> {
    s.sold = n;
    co_return;
  });
  co_await r.apply_each(range, [&n](shop& s, int& x) { x = s.sold + n; });
  auto [a, b] = co_await trust::when_all(r.apply([&](shop& s) { return s.sold + n; }), r.with(&shop::total));
  r.apply([&n](shop& s) { s.sold = n + 1; }).get();
  rt.block_on([&n]() -> task<> {
    n = 1;
    co_return;
  });
  static_cast<void>(a + b);
}
