// SPDX-License-Identifier: MIT
// sync: misuse of what the tasks of one worker share.

struct restless {  // a move that may throw
  restless() = default;
  restless(restless&&) noexcept(false) {}
};

// refuse: a channel of references
// expect: a channel carries values
void f(trust::channel<int&>& c) { c.close(); }

// refuse: a channel of const
// expect: a channel carries values
void f(trust::channel<const int>& c) { c.close(); }

// refuse: a channel of what may throw when it moves
// expect: a channel moves a value from task to task, .* so its move constructor must be noexcept
void f(trust::channel<restless>& c) { c.close(); }

// accept: a pointer to it
task<> f(trust::channel<std::unique_ptr<restless>>& c) { co_await c.send(std::make_unique<restless>()); }

// refuse: what is no value of the channel
// expect: compiler: constraint
task<> f(trust::channel<int>& c) { co_await c.send(std::string{"x"}); }

// refuse: a temporary aggregate sent
// expect: g\+\+ before 13 destroys the captures of this temporary closure \(or aggregate argument\) twice
// only: g++<13
task<> f(trust::channel<order>& c) { co_await c.send(order{"tea", 1}); }

// refuse: the same in a timeout in a result
// expect: g\+\+ before 13 destroys
// only: g++<13
task<> f(trust::channel<order>& c) {
  using namespace std::chrono_literals;
  static_cast<void>(co_await trust::as_result(trust::with_timeout(c.send(order{"tea", 1}), 1ms)));
}

// accept: a named send, and values with constructors
task<> f(trust::channel<order>& c, trust::channel<heavy>& h) {
  auto sending = c.send(order{"tea", 1});
  co_await sending;
  order named{"milk", 2};
  co_await c.send(named);
  co_await h.send(heavy{"tea"});
  co_await h.send("tea");
  while (std::optional<order> x = co_await c.receive()) static_cast<void>(x->pieces);
}

// refuse: a condition and a shared guard
// expect: a condition waits with the guard of lock\(\), alone
task<> f(trust::shared_latch<shop>& l, trust::condition& c) {
  auto g = co_await l.lock_shared();
  co_await c.wait(g);
}

// refuse: a condition and the guard of a semaphore
// expect: compiler: no matching
task<> f(trust::semaphore& s, trust::condition& c) {
  auto g = co_await s.units(1);
  co_await c.wait(g);
}

// refuse: a condition and a guard that nobody keeps
// expect: compiler: no matching|cannot bind
task<> f(trust::latch<shop>& l, trust::condition& c) { co_await c.wait(co_await l.lock()); }

// refuse: a predicate that waits
// expect: what a condition waits for is a function without arguments that returns a bool, at once
task<> f(trust::latch<shop>& l, trust::condition& c) {
  auto g = co_await l.lock();
  auto late = []() -> task<bool> { co_return true; };
  co_await c.wait(g, late);
}

// refuse: a temporary predicate that captures what has a destructor
// expect: g\+\+ before 13 destroys the captures
// only: g++<13
task<> f(trust::latch<shop>& l, trust::condition& c, heavy h) {
  auto g = co_await l.lock();
  co_await c.wait(g, [h] { return h.text.empty(); });
}

// accept: a named one, and one that captures by reference
task<> f(trust::latch<shop>& l, trust::condition& c, heavy h) {
  auto g = co_await l.lock();
  auto named = [h] { return h.text.empty(); };
  co_await c.wait(g, named);
  co_await c.wait(g, [&] { return g->sold > 0; });
  co_await c.wait(g);
}

// refuse: an event in a coroutine that is none of ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(trust::event& e) { co_await e.wait(); }

// refuse: an event awaited in a closure that runs in one go
// expect: closure returns a task or another awaitable, but apply
task<> f(trust::remote<trust::event> r) {
  co_await r.apply([](trust::event& e) { return e.wait(); });
}

// refuse: a guard that leaves its trustee
// expect: closure returns something that borrows
task<> f(trust::remote<trust::latch<shop>> r) {
  static_cast<void>(co_await r.apply([](trust::latch<shop>& l) { return l.try_lock(); }));
}

// refuse: units that leave their trustee
// expect: closure returns something that borrows
task<> f(trust::remote<trust::semaphore> r) {
  static_cast<void>(
      co_await r.launch([](trust::semaphore& s) -> task<trust::semaphore::guard> { co_return co_await s.units(1); }));
}

// refuse: an event that moves
// expect: compiler: deleted
trust::event f(trust::event& e) { return std::move(e); }
