// SPDX-License-Identifier: MIT
// waiting: a closure that runs in one go on the trustee must not wait; one that may wait returns a task.

inline task<int> later(shop& s) { co_return s.sold; }

// refuse: a task returned to apply
// expect: closure returns a task or another awaitable, but apply runs its closure in one go
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) -> task<int> { co_return s.sold; });
}

// refuse: an op returned to apply
// expect: closure returns a task or another awaitable, but apply
task<> f(trust::remote<shop> r, trust::remote<int> other) {
  co_await r.apply([&](shop&) { return other.apply([](int& x) { return x; }); });
}

// refuse: a foreign awaitable returned to apply
// expect: closure returns a task or another awaitable, but apply
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop&) { return foreign_awaitable{}; });
}

// refuse: a task returned to apply_with
// expect: closure returns a task or another awaitable, but apply
task<> f(trust::remote<shop> r) { co_await r.apply_with(later); }

// refuse: a task returned to with
// expect: closure returns a task or another awaitable, but apply
task<> f(trust::remote<shop> r) {
  co_await r.with([](const shop& s) -> task<int> { co_return s.sold; });
}

// refuse: a task returned to post
// expect: closure returns a task or another awaitable, but post runs its closure in one go
void f(trust::remote<shop> r) { r.post(later); }

// refuse: a task returned to try_post
// expect: closure returns a task or another awaitable, but post
bool f(trust::remote<shop> r) { return r.try_post(later); }

// refuse: a task returned to apply_then
// expect: closure returns a task or another awaitable, but apply
void f(trust::remote<shop> r) {
  r.apply_then(later, [](int) {});
}

// refuse: a task returned to apply_each
// expect: closure returns a task or another awaitable, but apply_each and apply_batch run it in one go
task<> f(trust::remote<shop> r, std::vector<int> v) {
  co_await r.apply_each(v, [](shop& s, int) -> task<int> { co_return s.sold; });
}

// refuse: a task returned to apply_batch
// expect: closure returns a task or another awaitable, but apply_each and apply_batch run it in one go
task<> f(trust::remote<shop> r) {
  co_await r.apply_batch([](shop& s, std::size_t) -> task<int> { co_return s.sold; }, 3);
}

// refuse: a task returned to locked
// expect: closure returns a task or another awaitable, but locked runs its closure in one go
task<> f(trust::remote<trust::latch<shop>> r) { co_await r.locked(later); }

// refuse: a task returned to the generic apply
// expect: closure returns a task or another awaitable, but apply
task<> f(trust::remote<shop> r) { co_await trust::apply(r, later); }

// refuse: launch of what is no task
// expect: launch takes a closure that returns a trust::task
task<> f(trust::remote<shop> r) {
  co_await r.launch([](shop& s) { return s.sold; });
}

// refuse: a hop of what is no task
// expect: hop_to takes a callable that returns a trust::task
task<> f() {
  co_await trust::hop_to(trust::on(1), [] { return 1; });
}

// refuse: launch_then of what is no task
// expect: launch takes a closure that returns a trust::task
void f(trust::remote<shop> r) {
  r.launch_then([](shop& s) { return s.sold; }, [](int) {});
}

// refuse: attend of what is no task
// expect: attend takes a closure that returns a trust::task
void f(trust::remote<shop> r) {
  r.attend([](shop& s) { return s.sold; });
}

// refuse: spawn of what is no task
// expect: spawn and block_on take a callable that returns a trust::task
void f(trust::runtime& rt) {
  rt.spawn([] { return 1; });
}

// refuse: block_on of what is no task
// expect: spawn and block_on take a callable that returns a trust::task
void f(trust::runtime& rt) {
  rt.block_on([] { return 1; });
}

// refuse: a scope's spawn of what is no task
// expect: scope.spawn takes a callable that returns a trust::task
task<> f(trust::scope& s) {
  co_await s.spawn([] { return 1; });
}

// refuse: a callback of start that returns a task
// expect: callback returns a task or an op, which nobody would begin
void f(trust::remote<shop> r) {
  r.apply(&shop::total).start([](int) -> task<> { co_return; });
}

// refuse: a then that returns an op
// expect: callback returns a task or an op, which nobody would begin
void f(trust::remote<shop> r) {
  r.apply_then(&shop::total, [r](int) { return r.apply(&shop::sell); });
}

// accept: closures that do not wait, and tasks where they belong
task<> f(trust::runtime& rt, trust::remote<shop> r, trust::remote<trust::latch<shop>> l, trust::scope& s) {
  co_await r.apply(&shop::sell);
  int a = co_await r.with(&shop::total);
  a += co_await r.launch(later);
  a += co_await l.locked([](shop& x) { return x.sold; });
  r.post(&shop::sell);
  r.launch_then(later, [](int) {});
  r.launch_then(later, [](trust::result<int>) {});
  r.attend([](shop& x) -> task<> {
    x.sell();
    co_return;
  });
  r.apply_then(&shop::total, [r](int) { r.post(&shop::sell); });
  co_await s.spawn([]() -> task<> { co_return; });
  auto h = rt.spawn([](int x) -> task<int> { co_return x; }, a);
  static_cast<void>(co_await h);
}
