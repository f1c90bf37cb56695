// SPDX-License-Identifier: MIT
// doubled: the temporaries that g++ before 13 destroys twice in a co_await, refused there and nowhere else, in every
// form that can be awaited.

inline task<> nothing(trust::remote<shop>) { co_return; }

struct aggregate_awaitable {
  std::string text;
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}
};

// refuse: a temporary closure with a capture, awaited directly
// expect: g\+\+ before 13 destroys the captures of this temporary closure.* name the operation
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.apply([o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: a temporary aggregate argument
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s, order o) { s.sold += o.pieces; }, order{"tea", 2});
}

// refuse: a co_return of a co_await
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<int> f(trust::remote<shop> r) {
  co_return co_await r.apply([o = heavy{}](shop& s) { return s.sold; });
}

// refuse: a temporary closure wrapped in unchecked
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.apply(trust::unchecked([o = heavy{}](shop& s) { s.name = o.text; }));
}

// refuse: apply_with
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.apply_with([o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: on a temporary handle
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await trust::remote<shop>{r}.apply([o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: with
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.with([o = heavy{}](const shop& s) { return s.name + o.text; });
}

// refuse: apply_each, the closure
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r, std::vector<int> v) {
  co_await r.apply_each(v, [o = heavy{}](shop& s, int x) { s.sold += x; });
}

// refuse: apply_batch
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.apply_batch([o = heavy{}](shop& s, std::size_t) { s.sell(); }, 2);
}

// refuse: launch
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.launch([o = heavy{}](shop& s) -> task<> {
    s.name = o.text;
    co_return;
  });
}

// refuse: locked
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<trust::latch<shop>> r) {
  co_await r.locked([o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: hop_to, the closure
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f() {
  co_await trust::hop_to(trust::on(1), [o = heavy{}]() -> task<std::size_t> { co_return o.text.size(); });
}

// refuse: hop_to, an argument
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f() {
  co_await trust::hop_to(trust::on(1), [](order o) -> task<int> { co_return o.pieces; }, order{"tea", 2});
}

// refuse: blocking, the closure
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f() {
  co_await trust::blocking([o = heavy{}] { return o.text.size(); });
}

// refuse: blocking, an argument
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f() {
  co_await trust::blocking([](order o) { return o.pieces; }, order{"tea", 2});
}

// refuse: post, awaited
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.post([o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: the generic post, awaited
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await trust::post(r, [o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: attend, awaited
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await r.attend([o = heavy{}](shop& s) -> task<> {
    s.name = o.text;
    co_return;
  });
}

// refuse: spawn, awaited
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<int> f(trust::runtime& rt) {
  co_return co_await rt.spawn([o = heavy{}]() -> task<int> { co_return 1; });
}

// refuse: spawn on a worker, awaited
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<int> f(trust::runtime& rt) {
  co_return co_await rt.spawn(trust::on(0), [](order o) -> task<int> { co_return o.pieces; }, order{"tea", 2});
}

// refuse: a scope's spawn
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::scope& s) {
  co_await s.spawn([o = heavy{}]() -> task<> { co_return; });
}

// refuse: adopt of a temporary aggregate
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f() { co_await trust::adopt(aggregate_awaitable{"text"}); }

// refuse: the generic apply on a remote
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await trust::apply(r, [o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: the generic apply on a local
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(const trust::local<shop>& l) {
  co_await trust::apply(l, [o = heavy{}](shop& s) { s.name = o.text; });
}

// refuse: the generic with on a local
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(const trust::local<shop>& l) {
  co_await trust::with(l, [o = heavy{}](const shop& s) { return s.sold; });
}

// refuse: inside as_result
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  static_cast<void>(co_await trust::as_result(r.apply([o = heavy{}](shop& s) { s.name = o.text; })));
}

// refuse: blocking inside as_result
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f() {
  static_cast<void>(co_await trust::as_result(trust::blocking([o = heavy{}] { return 1; })));
}

// refuse: post inside as_result
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  static_cast<void>(co_await trust::as_result(r.post([o = heavy{}](shop& s) { s.name = o.text; })));
}

// refuse: spawn inside as_result
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::runtime& rt) {
  static_cast<void>(co_await trust::as_result(rt.spawn([o = heavy{}]() -> task<int> { co_return 1; })));
}

// refuse: inside when_all, beside a safe one
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await trust::when_all(r.apply(&shop::sell), r.apply([o = heavy{}](shop& s) { s.name = o.text; }));
}

// refuse: inside when_all, beside a task
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  co_await trust::when_all(nothing(r), r.launch([o = heavy{}](shop& s) -> task<> {
    s.name = o.text;
    co_return;
  }));
}

// refuse: inside as_result inside when_all inside as_result
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::remote<shop> r) {
  static_cast<void>(co_await trust::as_result(
      trust::when_all(trust::as_result(r.apply([](shop& s, order o) { s.sold += o.pieces; }, order{"tea", 2})))));
}

// accept: the safe forms, directly
task<> f(trust::runtime& rt, trust::remote<shop> r, trust::remote<trust::latch<shop>> l, trust::scope& s) {
  auto op = r.apply([o = heavy{}](shop& x) { x.name = o.text; });
  co_await op;
  co_await r.apply([](shop& x, heavy o) { x.name = o.text; }, heavy{"tea"});
  co_await r.apply([](shop& x, std::string t) { x.name = t; }, "tea");
  heavy mine;
  co_await r.apply([&mine](shop& x) { x.name = mine.text; });
  auto g = [o = heavy{}](shop& x) { x.name = o.text; };
  co_await r.apply(g);
  co_await r.apply(trust::moved(g));
  order tea{"tea", 2};
  co_await r.apply([](shop& x, order o) { x.sold += o.pieces; }, tea);
  co_await r.apply([n = 1](shop& x) { x.sold = n; });
  auto sent = r.post([o = heavy{}](shop& x) { x.name = o.text; });
  co_await sent;
  auto handle = rt.spawn([o = heavy{}]() -> task<int> { co_return 1; });
  static_cast<void>(co_await handle);
  trust::task_handle<int> plain = rt.spawn([o = heavy{}]() -> task<int> { co_return 1; });
  static_cast<void>(co_await plain);
  auto child = s.spawn([o = heavy{}]() -> task<> { co_return; });
  co_await child;
  auto work = trust::blocking([o = heavy{}] { return 1; });
  static_cast<void>(co_await work);
  auto locked = l.locked([o = heavy{}](shop& x) { x.name = o.text; });
  co_await locked;
  co_await r.extract();
}

// accept: the safe forms in combinations
task<> f(trust::remote<shop> r, task<> t) {
  auto a = r.apply([o = heavy{}](shop& x) { x.name = o.text; });
  static_cast<void>(co_await trust::as_result(a));
  auto b = r.apply([o = heavy{}](shop& x) { x.name = o.text; });
  auto c = r.launch([o = heavy{}](shop& x) -> task<int> { co_return x.sold; });
  static_cast<void>(co_await trust::when_all(b, c, t));
  auto all =
      trust::as_result(trust::when_all(r.apply([o = heavy{}](shop& x) { x.name = o.text; }), r.apply(&shop::sell)));
  static_cast<void>(co_await all);
  static_cast<void>(co_await trust::when_all(trust::as_result(r.apply(&shop::sell)), r.with(&shop::total)));
}

// accept: everything where there is no co_await
void f(trust::runtime& rt, trust::remote<shop> r) {
  r.post([o = heavy{}](shop& x) { x.name = o.text; });
  r.attend([o = heavy{}](shop& x) -> task<> {
    x.name = o.text;
    co_return;
  });
  r.apply([o = heavy{}](shop& x) { x.name = o.text; }).get();
  r.apply([](shop& x, order o) { x.sold += o.pieces; }, order{"tea", 2}).get();
  r.apply([o = heavy{}](shop& x) { x.name = o.text; }).start([o = heavy{}] {});
  r.apply_then([o = heavy{}](shop& x) { x.name = o.text; }, [o = heavy{}] {});
  rt.spawn([o = heavy{}]() -> task<int> { co_return 1; }).get();
  static_cast<void>(rt.block_on([o = heavy{}]() -> task<int> { co_return 1; }));
}
