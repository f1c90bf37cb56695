// SPDX-License-Identifier: MIT
// channels: what may go through a remote_channel, who may await it, and what must have a name.

using trust::remote_channel;
using trust::remote_receiver;
using trust::remote_sender;

struct moves_with_luck {
  moves_with_luck(moves_with_luck&&) {}
};

// accept: values, what only moves, handles, what is vouched for
void f(trust::runtime& rt) {
  static_cast<void>(remote_channel<order>{rt, trust::on(0), 4});
  static_cast<void>(remote_channel<std::unique_ptr<heavy>>{rt, 4});
  static_cast<void>(remote_channel<trust::remote<shop>>{rt, 4});
  static_cast<void>(remote_channel<remote_sender<int>>{rt, 4});
  static_cast<void>(remote_channel<std::shared_ptr<const heavy>>{rt, 4});
  static_cast<void>(remote_channel<trust::unchecked_value<shop*>>{rt, 4});
}

// refuse: pointers as elements
// expect: the elements of this remote_channel would borrow
void f(trust::runtime& rt) { remote_channel<shop*>{rt, 4}; }

// refuse: views as elements
// expect: the elements of this remote_channel would borrow
void f(trust::runtime& rt) { remote_channel<std::string_view>{rt, 4}; }

// refuse: spans as elements
// expect: the elements of this remote_channel would borrow
void f(trust::runtime& rt) { remote_channel<std::span<int>>{rt, 4}; }

// refuse: iterators in a pair as elements
// expect: the elements of this remote_channel would borrow
void f(trust::runtime& rt) { remote_channel<std::pair<int, std::map<int, int>::iterator>>{rt, 4}; }

// refuse: what is shared and can be changed as elements
// expect: the elements of this remote_channel would borrow
void f(trust::runtime& rt) { remote_channel<std::shared_ptr<heavy>>{rt, 4}; }

// refuse: closures with by-reference captures as elements
// expect: the elements of this remote_channel would borrow
void f(trust::runtime& rt, int& n) {
  const auto count = [&n] { ++n; };
  remote_channel<std::decay_t<decltype(count)>>{rt, 4};
}

// refuse: references as elements
// expect: the elements of a remote_channel are values
void f(trust::runtime& rt) { remote_channel<int&>{rt, 4}; }

// refuse: const elements
// expect: the elements of a remote_channel are values
void f(trust::runtime& rt) { remote_channel<const int>{rt, 4}; }

// refuse: elements whose move may throw
// expect: an element of a remote_channel is moved when its sender has gone on
void f(trust::runtime& rt) { remote_channel<moves_with_luck>{rt, 4}; }

// refuse: a send awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(remote_sender<int> tx) { co_await tx.send(1); }

// refuse: a receive awaited by a coroutine that is not ours
// expect: only a coroutine that returns trust::task can await this
foreign_task f(remote_receiver<int> rx) { co_await rx.receive(); }

// refuse: a send that is dropped
// expect: compiler: nodiscard
void f(remote_sender<int> tx) { tx.send(1); }

// refuse: a receive that is dropped
// expect: compiler: nodiscard
void f(remote_receiver<int> rx) { rx.receive(); }

// refuse: a try_send that nobody looks at
// expect: compiler: nodiscard
void f(remote_sender<int> tx) { tx.try_send(1); }

// refuse: an element of another type
// expect: compiler: no matching
void f(remote_sender<int> tx) { tx.try_send(heavy{}); }

// refuse: a temporary aggregate that is sent in a co_await
// expect: destroys the captures of this temporary closure \(or aggregate argument\) twice
// only: g++<13
task<> f(remote_sender<order> tx) { co_await tx.send(order{"tea", 1}); }

// refuse: the same within as_result
// expect: destroys the captures of this temporary closure \(or aggregate argument\) twice
// only: g++<13
task<> f(remote_sender<order> tx) {
  [[maybe_unused]] const auto sent = co_await trust::as_result(tx.send(order{"tea", 1}));
}

// accept: the same with a name, of the element or of the send
task<> f(remote_sender<order> tx) {
  order o{"tea", 1};
  co_await tx.send(o);
  auto sending = tx.send(order{"tea", 2});
  co_await sending;
  static_cast<void>(tx.try_send(order{"tea", 3}));
}

// accept: a send started with a callback
void f(remote_sender<heavy> tx) {
  tx.send(heavy{"tea"}).start([] {});
}
