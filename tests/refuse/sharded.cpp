// SPDX-License-Identifier: MIT
// sharded: what must not be kept in a table, leave one, or be given to several owners at once.

using ages = trust::sharded_map<std::string, int>;

struct unhashed {
  int n;
  friend bool operator==(const unhashed&, const unhashed&) = default;
};
struct pinned {
  explicit pinned(int x) : n{x} {}
  pinned(const pinned&) = delete;
  int n;
};

// refuse: keys that are string_views
// expect: these keys refer to what somebody else owns
void f(trust::runtime& rt) { trust::sharded_map<std::string_view, int> m{rt}; }

// refuse: keys that are spans, in a set
// expect: these keys refer to what somebody else owns
void f(trust::runtime& rt) { trust::sharded_set<std::span<const char>, std::hash<int>> s{rt}; }

// refuse: keys that hold a string_view
// expect: these keys refer to what somebody else owns
void f() {
  struct hash {
    std::size_t operator()(const std::pair<int, std::string_view>& p) const { return p.second.size(); }
  };
  trust::sharded_map<std::pair<int, std::string_view>, int, hash> m;
}

// refuse: values that are string_views
// expect: these values refer to what somebody else owns
void f(trust::runtime& rt) { trust::sharded_map<int, std::string_view> m{rt}; }

// refuse: keys without a hash
// expect: these keys have no std::hash
void f(trust::runtime& rt) { trust::sharded_map<unhashed, int> m{rt}; }

// refuse: a key without a hash
// expect: this key has no std::hash
void f(trust::sharded<shop> s) { static_cast<void>(s.on(unhashed{1})); }

// refuse: a key of another type
// expect: this is no key of this map
task<> f(ages m) { co_await m.find(3.5); }

// refuse: a string_view as the key, where Hash and Eq are not transparent
// expect: this is no key of this map
task<> f(ages m, std::string_view v) { co_await m.contains(v); }

// refuse: a batch of keys of another type
// expect: this is no key of this map
task<> f(ages m, std::vector<double> v) { co_await m.find_each(v); }

// refuse: a value of another type
// expect: this does not convert to the value type of the map
task<> f(ages m) { co_await m.insert("ada", "thirty"); }

// refuse: a reference to a value
// expect: closure returns a reference
task<> f(ages m) {
  co_await m.update("ada", [](int& n) -> int& { return n; });
}

// refuse: a pointer to a value
// expect: closure returns a pointer to the entrusted object
task<> f(ages m) {
  co_await m.update("ada", [](int& n) { return &n; });
}

// refuse: a view of a value
// expect: closure returns something that borrows
task<> f(trust::sharded_map<int, std::string> m) {
  co_await m.upsert(1, [](std::string& s) { return std::string_view{s}; });
}

// refuse: a reference to a value, in a batch
// expect: closure returns a reference
task<> f(ages m, std::vector<std::string> v) {
  co_await m.upsert_each(v, [](int& n, const std::string&) -> int& { return n; });
}

// refuse: a pointer to a value, in a batch
// expect: closure returns a pointer to the entrusted object
task<> f(ages m, std::vector<std::string> v) {
  co_await m.update_each(v, [](int& n, const std::string&) { return &n; });
}

// refuse: a copy of a value that is shared with others
// expect: closure returns something that borrows
task<> f(trust::sharded_map<int, std::shared_ptr<heavy>> m) { co_await m.find(1); }

// refuse: a copy of a value that has none
// expect: find gives a copy of the value
task<> f(trust::sharded_map<int, std::unique_ptr<heavy>> m) { co_await m.find(1); }

// refuse: a value from nothing that needs something
// expect: upsert builds a value that is not there from nothing
task<> f(trust::sharded_map<int, pinned> m) {
  co_await m.upsert(1, [](pinned& p) { ++p.n; });
}

// refuse: a value from what it cannot be built from
// expect: no value can be built from these arguments
task<> f(trust::sharded_map<int, pinned> m) { co_await m.try_emplace(1, "one"); }

// refuse: a closure on a value that waits
// expect: closure returns a task or another awaitable
task<> f(ages m) {
  co_await m.update("ada", [](int&) -> task<int> { co_return 1; });
}

// refuse: a visit that waits
// expect: closure returns a task or another awaitable
task<> f(ages m) {
  co_await m.for_each([](const std::string&, int&) -> task<> { co_return; });
}

// refuse: a visit of something else
// expect: cannot be called with a key and a value
task<> f(ages m) {
  co_await m.for_each([](int&) {});
}

// refuse: a closure on a value that cannot be called with one
// expect: cannot be called with the object and these arguments
task<> f(ages m) {
  co_await m.update("ada", [](std::string&) {});
}

// refuse: a closure that moves something along, for all shards
// expect: each shard gets a copy of this closure
task<> f(trust::sharded<shop> s, std::unique_ptr<heavy> p) {
  auto g = [p = std::move(p)](shop&) {};
  auto op = s.on_all(std::move(g));
  co_await op;
}

// refuse: a reference to what a shard holds
// expect: closure returns a reference
task<> f(trust::sharded<shop> s) {
  co_await s.on_all([](shop& x) -> int& { return x.sold; });
}

// refuse: a pointer to a shard
// expect: closure returns a pointer to the entrusted object
task<> f(trust::sharded<shop> s) {
  co_await s.map_reduce([](shop& x) { return &x; }, 0, [](int n, shop*) { return n; });
}

// refuse: nothing to reduce
// expect: map_reduce has nothing to reduce
task<> f(trust::sharded<shop> s) { co_await s.map_reduce(&shop::sell, 0, std::plus{}); }

// refuse: a reference from a batch
// expect: closure returns a reference
task<> f(trust::sharded<shop> s, std::vector<int> v) {
  co_await s.apply_each(v, [](shop& x, int) -> int& { return x.sold; });
}

// refuse: a batch whose closure waits
// expect: closure returns a task or another awaitable
task<> f(trust::sharded<shop> s, std::vector<int> v) {
  co_await s.apply_each(v, [](shop&, int) -> task<> { co_return; });
}

// refuse: a batch of what can be read once only
// expect: elements of this batch are gone over twice
task<> f(trust::sharded<shop> s, std::istream& in) {
  auto words = std::ranges::istream_view<int>(in);
  co_await s.apply_each(words, [](shop&, int) {});
}

// refuse: a batch of a named range that nobody waits for
// expect: start does not wait, but this call refers to something of its caller's
void f(ages m, std::vector<std::string> v) {
  m.find_each(v).start([](const std::vector<std::optional<int>>&) {});
}

// refuse: a named key that is used in place, and that nobody waits for
// expect: start does not wait, but this call refers to something of its caller's
void f(ages m, std::string key) {
  m.find(key).start([](std::optional<int>) {});
}

// refuse: a closure that captures by reference, on a value, and that nobody waits for
// expect: start does not wait, but this call refers to something of its caller's
void f(ages m, int n) {
  m.update(std::string{"ada"}, [&n](int& x) { x = n; }).start([](bool) {});
}

// refuse: a visit that captures by reference, and that nobody waits for
// expect: start does not wait, but this call refers to something of its caller's
void f(ages m, std::atomic<int>& n) {
  m.for_each([&n](const std::string&, int& x) { n += x; }).start([] {});
}

// refuse: a factory of shards that captures by reference
// expect: closure captures by reference
void f(trust::runtime& rt, int n) {
  static_cast<void>(rt.entrust_sharded([&n](std::size_t) { return n; }));
}

// refuse: a factory of shards that takes nothing
// expect: entrust_sharded without a type takes a callable that makes shard i
void f(trust::runtime& rt) {
  static_cast<void>(rt.entrust_sharded([] { return 1; }));
}

// refuse: shards from something that cannot be copied
// expect: each shard gets a copy
void f(trust::runtime& rt, std::unique_ptr<heavy> p) {
  static_cast<void>(rt.entrust_sharded<std::unique_ptr<heavy>>(std::move(p)));
}

// refuse: a temporary closure with captures, on a value
// expect: destroys the captures of this temporary closure
// only: g++<13
task<> f(ages m, std::string s) {
  co_await m.update("ada", [s](int& n) { n = static_cast<int>(s.size()); });
}

// refuse: a temporary closure with captures, on all shards
// expect: destroys the captures of this temporary closure
// only: g++<13
task<> f(trust::sharded<shop> s, std::string t) {
  co_await s.on_all([t](shop& x) { x.name = t; });
}

// refuse: a temporary closure with captures, in a batch
// expect: destroys the captures of this temporary closure
// only: g++<13
task<> f(ages m, std::vector<std::string> v, std::string s) {
  co_await m.upsert_each(v, [s](int& n, const std::string&) { n = static_cast<int>(s.size()); });
}

// refuse: a temporary aggregate as the value
// expect: destroys the captures of this temporary closure
// only: g++<13
task<> f(trust::sharded_map<int, order> m) { co_await m.insert(1, order{"tea", 2}); }

// accept: what owns itself, and what is awaited on the spot
task<> f(ages m, trust::sharded<shop> s, std::vector<std::string> v, std::string key, int n) {
  co_await m.find(key);
  co_await m.update(key, [&n](int& x) { x = n; });
  co_await m.upsert("ada", [](int& x, std::string t) { x = static_cast<int>(t.size()); }, key);
  co_await m.find_each(v);
  co_await m.for_each([](const std::string&, int& x) { ++x; });
  auto named = m.upsert_each(v, [key](int& x, const std::string&) { x = static_cast<int>(key.size()); });
  co_await named;
  co_await s.apply_each(v, [&n](shop& x, const std::string&) { x.sold = n; });
  std::vector<int> sold = co_await s.on_all([](shop& x) { return x.sold; });
  int total = co_await s.map_reduce(&shop::total, 0, std::plus{});
  static_cast<void>(std::tie(sold, total));
}

// accept: what is started owns all it needs
void f(ages m, trust::sharded<shop> s, std::vector<std::string> v, std::string key) {
  m.find(std::string{key}).start([](std::optional<int>) {});
  m.insert(key, 1).start([](bool) {});
  m.find_each(std::move(v)).start([](const std::vector<std::optional<int>>&) {});
  m.upsert(key, [key](int& x) { x = static_cast<int>(key.size()); }).start([] {});
  s.map_reduce(&shop::total, 0, std::plus{}).start([](int) {});
  s.on_all(&shop::sell).start([] {});
}

// accept: what unchecked lets pass, and values that share what they point to
task<> f(ages m, trust::sharded_map<int, std::shared_ptr<heavy>> h) {
  std::optional<int*> p = co_await m.update("ada", [](int& x) { return trust::unchecked(&x); });
  co_await h.update(1, [](std::shared_ptr<heavy>& x) { x->text = "mine"; });
  static_cast<void>(p);
}
