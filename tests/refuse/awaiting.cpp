// SPDX-License-Identifier: MIT
// awaiting: who may await what, what may not be dropped, and what a handle lets one do.

struct vehicle {
  virtual ~vehicle() = default;
};
struct car : vehicle {};
struct boat : virtual vehicle {};

// refuse: an op awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this; .* op\.start\(callback\).* adapter
foreign_task f(trust::remote<shop> r) { co_await r.apply(&shop::sell); }

// refuse: a launch awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(trust::remote<shop> r) {
  co_await r.launch([](shop&) -> task<> { co_return; });
}

// refuse: a combination awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(trust::remote<shop> r) { co_await trust::when_all(r.apply(&shop::sell), r.apply(&shop::sell)); }

// refuse: an as_result awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(trust::remote<shop> r) { co_await trust::as_result(r.apply(&shop::sell)); }

// refuse: a task awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(task<> t) { co_await t; }

// refuse: a sent awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(trust::remote<shop> r) { co_await r.post(&shop::sell); }

// refuse: a handle of a spawned task awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(trust::task_handle<int> h) { co_await h; }

// refuse: a foreign awaitable in a task
// expect: a trust::task can await trust-tee's own operations and tasks only.* trust::adopt\(x\)
task<> f() { co_await foreign_awaitable{}; }

// refuse: a suspend_always in a task
// expect: a trust::task can await trust-tee's own operations and tasks only
task<> f() { co_await std::suspend_always{}; }

// refuse: blocking in when_all
// expect: when_all takes ops and tasks
task<> f() {
  co_await trust::when_all(trust::blocking([] { return 1; }));
}

// refuse: an op that is dropped
// expect: compiler: nodiscard
void f(trust::remote<shop> r) { r.apply(&shop::sell); }

// refuse: a launch that is dropped
// expect: compiler: nodiscard
void f(trust::remote<shop> r) {
  r.launch([](shop&) -> task<> { co_return; });
}

// refuse: a combination that is dropped
// expect: compiler: nodiscard
void f(trust::remote<shop> r) { trust::as_result(r.apply(&shop::sell)); }

// refuse: a task that is dropped
// expect: compiler: nodiscard
void f(task<> (*make)()) { make(); }

// refuse: a generic apply that is dropped
// expect: compiler: nodiscard
void f(trust::remote<shop> r) { trust::apply(r, &shop::sell); }

// refuse: a scope's spawn that is dropped
// expect: compiler: nodiscard
void f(trust::scope& s) {
  s.spawn([]() -> task<> { co_return; });
}

// refuse: apply through a remote<const T>
// expect: a remote<const T> lets its object only be read: call with\(f\)
task<> f(trust::remote<const shop> r) {
  co_await r.apply([](shop& s) { s.sell(); });
}

// refuse: apply of a reader through a remote<const T>
// expect: a remote<const T> lets its object only be read
task<> f(trust::remote<const shop> r) {
  co_await r.apply([](const shop& s) { return s.sold; });
}

// refuse: post through a remote<const T>
// expect: a remote<const T> lets its object only be read
void f(trust::remote<const shop> r) { r.post(&shop::sell); }

// refuse: launch through a remote<const T>
// expect: a remote<const T> lets its object only be read
task<> f(trust::remote<const shop> r) {
  co_await r.launch([](shop&) -> task<> { co_return; });
}

// refuse: apply_each through a remote<const T>
// expect: a remote<const T> lets its object only be read
task<> f(trust::remote<const shop> r, std::vector<int> v) {
  co_await r.apply_each(v, [](const shop&, int) {});
}

// refuse: extract through a remote<const T>
// expect: a remote<const T> lets its object only be read
task<> f(trust::remote<const shop> r) { co_await r.extract(); }

// refuse: a writer given to with
// expect: this closure cannot be called with the object.* with gives it a const T&
task<> f(trust::remote<shop> r) {
  co_await r.with([](shop& s) { s.sell(); });
}

// refuse: a member function that writes given to with
// expect: this closure cannot be called with the object
task<> f(trust::remote<shop> r) { co_await r.with(&shop::sell); }

// refuse: an argument that the closure wants as an lvalue
// expect: this closure cannot be called with the object and these arguments, which reach it as rvalues
task<> f(trust::remote<shop> r, int n) {
  co_await r.apply([](shop&, int&) {}, n);
}

// refuse: too many arguments
// expect: this closure cannot be called with the object and these arguments
void f(trust::remote<shop> r) { r.post(&shop::sell, 1); }

// refuse: a callback that does not take the result
// expect: this callback can be called neither with the result R of the call nor with a result<R>
void f(trust::remote<shop> r) {
  r.apply(&shop::total).start([](std::string) {});
}

// refuse: a remote of a base made one of what derives from it
// expect: compiler: conver
trust::remote<car> f(trust::remote<vehicle> r) { return r; }

// refuse: a remote made one of an unrelated type
// expect: compiler: conver
trust::remote<shop> f(trust::remote<vehicle> r) { return r; }

// refuse: a remote<T> from a remote<const T>
// expect: compiler: conver
trust::remote<shop> f(trust::remote<const shop> r) { return r; }

// refuse: a virtual base
// expect: a remote converts to its base only where no base is virtual
trust::remote<vehicle> f(trust::remote<boat> r) { return r; }

// refuse: locked on what is no latch
// expect: compiler: is_latch|constraint
task<> f(trust::remote<shop> r) {
  co_await r.locked([](shop&) {});
}

// accept: ours in ours, and the way out for others
foreign_task g(trust::remote<shop> r, executor& e) {
  r.apply(&shop::sell).start([] {});
  r.apply(&shop::total).start(e, [](int) {});
  co_return;
}
task<> f(trust::remote<shop> r, task<int> t) {
  int a = co_await t;
  a += co_await trust::adopt(foreign_awaitable{});
  foreign_awaitable named;
  a += co_await trust::adopt(named);
  co_await r.post(&shop::sell);
  co_await trust::yield();
  co_await trust::flush();
  static_cast<void>(a);
}

// accept: handles to const and to bases
task<> f(trust::remote<car> c, trust::remote<shop> r) {
  trust::remote<vehicle> base = c;
  trust::remote<const vehicle> reader = c;
  trust::remote<const shop> eyes = r;
  static_cast<void>(co_await eyes.with(&shop::total));
  static_cast<void>(co_await eyes.with([](const auto& s) { return s.sold; }));
  co_await eyes.ready();
  static_cast<void>(base == base && reader == reader);
}
