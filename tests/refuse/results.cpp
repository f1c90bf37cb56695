// SPDX-License-Identifier: MIT
// results: what a closure must not give away of an object that only its trustee may touch.

struct cursor {
  int* at;
};
template <> struct trust::borrows<cursor> : std::true_type {};

struct tame_view : std::ranges::view_base {
  std::vector<int> own;
  auto begin() const { return own.begin(); }
  auto end() const { return own.end(); }
};
template <> struct trust::borrows<tame_view> : std::false_type {};

// refuse: a reference
// expect: closure returns a reference
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) -> int& { return s.sold; });
}

// refuse: a const reference from with
// expect: closure returns a reference
task<> f(trust::remote<shop> r) {
  co_await r.with([](const shop& s) -> const std::string& { return s.name; });
}

// refuse: a member by pointer to member
// expect: closure returns a reference
task<> f(trust::remote<shop> r) { co_await r.apply(&shop::sold); }

// refuse: a pointer to the object
// expect: closure returns a pointer to the entrusted object
task<> f(trust::remote<shop> r) { co_await r.apply(&shop::self); }

// refuse: a pointer to a const object
// expect: closure returns a pointer to the entrusted object
task<> f(trust::remote<shop> r) {
  co_await r.with([](const shop& s) { return &s; });
}

// refuse: a pointer to a base of the object
// expect: closure returns a pointer to the entrusted object
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) -> named_thing* { return &s; });
}

// refuse: a pointer inside a tuple
// expect: closure returns a pointer to the entrusted object
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::tuple<int, shop*>{1, &s}; });
}

// refuse: an iterator
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return s.stock.begin(); });
}

// refuse: a string_view
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.with([](const shop& s) { return std::string_view{s.name}; });
}

// refuse: a span
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::span{s.prices}; });
}

// refuse: a view
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return s.prices | std::views::take(1); });
}

// refuse: a shared_ptr to non-const
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return s.shared; });
}

// refuse: a weak_ptr to non-const
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::weak_ptr<heavy>{s.shared}; });
}

// refuse: a reference_wrapper
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::ref(s.sold); });
}

// refuse: a string_view inside a pair
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::pair<int, std::string_view>{1, s.name}; });
}

// refuse: a reference inside a tuple
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::tie(s.sold, s.name); });
}

// refuse: an iterator inside an optional
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::optional{s.prices.begin()}; });
}

// refuse: a span inside a variant inside a pair
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply(
      [](shop& s) { return std::pair<int, std::variant<int, std::span<int>>>{1, std::span<int>{s.prices}}; });
}

// refuse: a type of the user's own that says it borrows
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return cursor{&s.sold}; });
}

// refuse: a type of the user's own inside an optional
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply([](shop& s) { return std::optional{cursor{&s.sold}}; });
}

// refuse: a borrowed result of launch
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.launch([](shop& s) -> task<std::string_view> { co_return std::string_view{s.name}; });
}

// refuse: a view from a hop
// expect: the closure returns something that borrows
task<> f() {
  co_await trust::hop_to(trust::on(1),
                         [t = std::make_shared<const heavy>()]() -> task<std::string_view> { co_return t->text; });
}

// refuse: a reference from launch
// expect: closure returns a reference
task<> f(trust::remote<shop> r) {
  co_await r.launch([](shop& s) -> task<int&> { co_return s.sold; });
}

// refuse: a borrowed result of locked
// expect: closure returns a pointer to the entrusted object
task<> f(trust::remote<trust::latch<shop>> r) { co_await r.locked(&shop::self); }

// refuse: a borrowed result of apply_each
// expect: closure returns a reference
task<> f(trust::remote<shop> r, std::vector<int> v) {
  co_await r.apply_each(v, [](shop& s, int) -> int& { return s.sold; });
}

// refuse: a borrowed result of apply_batch
// expect: closure returns something that borrows
task<> f(trust::remote<shop> r) {
  co_await r.apply_batch([](shop& s, std::size_t) { return std::string_view{s.name}; }, 2);
}

// refuse: a borrowed result of apply_then
// expect: closure returns a reference
void f(trust::remote<shop> r) {
  r.apply_then([](shop& s) -> int& { return s.sold; }, [](int) {});
}

// refuse: a borrowed result of the generic with
// expect: closure returns a reference
task<> f(trust::remote<shop> r) {
  co_await trust::with(r, [](const shop& s) -> const std::string& { return s.name; });
}

// refuse: a borrowed result that get waits for
// expect: closure returns a pointer to the entrusted object
void f(trust::remote<shop> r) { r.apply(&shop::self).get(); }

// accept: values, and what is shared but const
task<> f(trust::remote<shop> r, std::vector<int> v) {
  std::string name = co_await r.with([](const shop& s) { return s.name; });
  std::shared_ptr<const heavy> shared = co_await r.with([](const shop& s) { return s.shared_const; });
  std::unique_ptr<heavy> own = co_await r.apply([](shop&) { return std::make_unique<heavy>(); });
  auto many = co_await r.apply([](shop& s) { return std::tuple{s.sold, std::optional{s.name}, s.prices}; });
  std::variant<int, std::string> either =
      co_await r.apply([](shop& s) { return std::variant<int, std::string>{s.name}; });
  const char* literal = co_await r.apply([](shop&) { return "literal"; });
  std::vector<int> each = co_await r.apply_each(v, [](shop& s, int x) { return s.sold + x; });
  tame_view tame = co_await r.apply([](shop& s) { return tame_view{{}, s.prices}; });
  static_cast<void>(std::tie(name, shared, own, many, either, literal, each, tame));
}

// accept: what unchecked lets pass arrives as itself
task<> f(trust::remote<shop> r, trust::remote<trust::latch<shop>> l) {
  shop* p = co_await r.apply([](shop& s) { return trust::unchecked(s.self()); });
  std::string_view v = co_await r.launch([](shop& s) -> task<trust::unchecked_value<std::string_view>> {
    co_return trust::unchecked(std::string_view{s.name});
  });
  std::shared_ptr<heavy> h = co_await l.locked([](shop& s) { return trust::unchecked(s.shared); });
  std::vector<shop*> all = co_await r.apply_batch([](shop& s, std::size_t) { return trust::unchecked(&s); }, 2);
  static_cast<void>(std::tie(p, v, h, all));
}

// accept: post drops what comes back
void f(trust::remote<shop> r) {
  r.post([](shop& s) -> int& { return s.sold; });
}
