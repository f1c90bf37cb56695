// SPDX-License-Identifier: MIT
// together, move_to, owned, context: what may not travel, what would wait, what would be left behind.

struct stays {
  std::string name;
};

// refuse: together over objects that may not travel
// expect: its objects must be of types that may travel
auto f(trust::remote<stays>& a, trust::remote<int>& b) { return trust::together(a, b, [](stays&, int&) {}); }

// refuse: together over a range of objects that may not travel
// expect: its objects must be of a type that may travel
auto f(std::vector<trust::remote<stays>>& all) { return trust::together(all, [](std::span<stays* const>) {}); }

// refuse: together over latches
// expect: its objects must be of types that may travel
auto f(trust::remote<trust::latch<int>>& a) { return trust::together(a, [](trust::latch<int>&) {}); }

// refuse: together with a closure that waits
// expect: together runs its closure in one go
auto f(trust::remote<int>& a, trust::remote<int>& b) {
  return trust::together(a, b, [](int&, int&) -> trust::task<> { co_return; });
}

// refuse: together with a closure of other parameters
// expect: last, a closure that is called with a reference to each object
auto f(trust::remote<int>& a, trust::remote<int>& b) { return trust::together(a, b, [](int&) {}); }

// refuse: together without handles
// expect: together takes handles
auto f(int& a, int& b) { return trust::together(a, b, [](int&, int&) {}); }

// refuse: moving what may not travel
// expect: only an object of a type that may travel can move to another worker
auto f(trust::remote<stays>& a) { return a.move_to(trust::on(1)); }

// refuse: an owned call that refers to its caller's frame
// expect: this call refers to something of its caller's
auto f(trust::remote<int>& a, int& mine) {
  return trust::owned(a.apply([&mine](int& n) { mine = n; }));
}

// refuse: a context that is more than a word
// expect: a context is one word that is copied along
auto f() { return trust::context<std::string>::get(); }
