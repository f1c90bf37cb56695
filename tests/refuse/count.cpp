// SPDX-License-Identifier: MIT
// count: every safe form destroys what was handed over as often as it was made, and on the trustee.
//
// The runner builds it at -O0 and at -O2: what g++ before 13 gets wrong it gets wrong silently, so the counting is the
// proof. The object lives on worker 1 and its callers on worker 0; `by` goes from one check to the next and says which
// one failed.

#include <trust/trust.hpp>

#include <support/tracked.hpp>

#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using support::ledger;
using support::luggage;
using trust::task;

constexpr std::size_t caller = 0;
constexpr std::size_t trustee = 1;

struct shelf {
  int used = 0;
};
struct parcel {  // an aggregate
  luggage<> content;
  int stamps = 0;
};
struct handle_with_care {  // not copyable, and no aggregate
  explicit handle_with_care(luggage<>&& l) : content{std::move(l)} {}
  handle_with_care(handle_with_care&&) = default;
  luggage<> content;
};

int failures = 0;

void check(bool good, const char* by, const char* what) {
  if (good) return;
  ++failures;
  std::printf("%s: %s\n", by, what);
}

/// Nothing is left, nothing was destroyed twice, and what was full died where it should.
void balanced(const ledger& book, const char* by, std::size_t where = trustee) {
  check(book.alive == 0, by, "not as many are destroyed as were made");
  check(book.born == book.died, by, "born and died differ");
  check(book.born > 0, by, "nothing was counted");
  check(book.died_on == where, by, "destroyed on the wrong worker");
}

const auto use = [](shelf& s, const luggage<>& l) { s.used += l.intact(); };

/// A captureless closure; all arguments reach it as rvalues.
task<> arguments(trust::remote<shelf> r) {
  ledger by_value, by_rvalue, by_const, moved_only;
  co_await r.apply([](shelf& s, luggage<> l) { s.used += l.intact(); }, luggage<>{by_value});
  balanced(by_value, "an argument by value");
  co_await r.apply([](shelf& s, luggage<>&& l) { s.used += l.intact(); }, luggage<>{by_rvalue});
  balanced(by_rvalue, "an argument by rvalue reference");
  co_await r.apply(use, luggage<>{by_const});
  balanced(by_const, "an argument by const reference");
  co_await r.apply([](shelf& s, handle_with_care h) { s.used += h.content.intact(); },
                   handle_with_care{luggage<>{moved_only}});
  balanced(moved_only, "an argument that only moves");

  ledger copied;
  {
    const luggage<> mine{copied};
    co_await r.apply([]<class L>(shelf&, L&&) { static_assert(std::is_same_v<L, luggage<>>); }, mine);
    check(copied.alive == 1 && copied.died_on == trustee, "an lvalue argument", "its copy did not die on the trustee");
  }
  balanced(copied, "an lvalue argument", caller);

  const auto is_text = []<class S>(shelf&, S&& s) {
    static_assert(std::is_same_v<S, std::string>, "a character array reaches the closure as a std::string, an rvalue");
    return std::string{std::forward<S>(s)};
  };
  char array[] = "an array";
  check(co_await r.apply(is_text, "a literal") == "a literal", "a literal", "another text arrived");
  check(co_await r.apply(is_text, array) == "an array", "a character array", "another text arrived");
}

/// Captures that stay where they are: by reference, and in an lvalue closure.
task<> in_place(trust::remote<shelf> r) {
  ledger referred, kept, handed_over;
  {
    luggage<> mine{referred};
    co_await r.apply([&mine](shelf& s) { s.used += mine.intact(); });
    check(mine.intact() && referred.born == 1, "a by-reference capture", "what it refers to was moved or copied");
  }
  balanced(referred, "a by-reference capture", caller);
  {
    auto f = [l = luggage<>{kept}](shelf& s) { s.used += l.intact(); };
    co_await r.apply(f);
    co_await r.apply(f);
    check(kept.alive == 1 && kept.born == 1 && kept.died == 0, "an lvalue closure", "it did not stay the caller's");
  }
  balanced(kept, "an lvalue closure", caller);
  auto f = [l = luggage<>{handed_over}](shelf& s) { s.used += l.intact(); };
  co_await r.apply(trust::moved(f));
  balanced(handed_over, "trust::moved");
}

/// Hazardous closures and arguments in operations that have a name.
task<> named(trust::remote<shelf> r) {
  ledger book, large, aligned, argument, never, moved_op;
  auto op = r.apply([l = luggage<>{book}](shelf& s) { s.used += l.intact(); });
  co_await op;
  balanced(book, "a named op");
  auto op_large = r.apply([l = luggage<4096>{large}](shelf& s) { s.used += l.intact(); });
  co_await op_large;
  balanced(large, "a named op with 4 KiB");
  auto op_aligned = r.apply([l = luggage<64, 128>{aligned}](shelf& s) { s.used += l.intact(); });
  co_await op_aligned;
  balanced(aligned, "a named op with alignment 128");
  auto op_argument = r.apply([](shelf& s, parcel p) { s.used += p.content.intact(); }, parcel{luggage<>{argument}, 2});
  co_await op_argument;
  balanced(argument, "an aggregate argument of a named op");
  {
    auto dropped = r.apply([l = luggage<>{never}](shelf& s) { s.used += l.intact(); });
  }
  balanced(never, "an op that never begins", caller);
  auto first = r.apply([l = luggage<>{moved_op}](shelf& s) { s.used += l.intact(); });
  auto second = std::move(first);
  co_await second;
  balanced(moved_op, "an op that was moved");
}

/// The same inside combinators, and in the other verbs.
task<> combined(trust::remote<shelf> r, trust::remote<trust::latch<shelf>> l) {
  ledger as_result, all_a, all_b, nested, launched, locked, each;
  auto a = trust::as_result(r.apply([x = luggage<>{as_result}](shelf& s) { s.used += x.intact(); }));
  check((co_await a).has_value(), "as_result", "no value");
  balanced(as_result, "as_result");
  auto both = trust::when_all(r.apply([x = luggage<>{all_a}](shelf& s) { s.used += x.intact(); }),
                              r.launch([x = luggage<>{all_b}](shelf& s) -> task<> {
                                s.used += x.intact();
                                co_return;
                              }));
  static_cast<void>(co_await both);
  balanced(all_a, "apply in when_all");
  balanced(all_b, "launch in when_all");
  auto deep =
      trust::as_result(trust::when_all(trust::as_result(r.apply(use, luggage<>{nested})), r.apply([](shelf&) {})));
  check((co_await deep).has_value(), "as_result of when_all of as_result", "no value");
  balanced(nested, "as_result of when_all of as_result");
  auto launch = r.launch([x = luggage<>{launched}](shelf& s) -> task<> {
    co_await trust::yield();
    s.used += x.intact();
  });
  co_await launch;
  balanced(launched, "launch");
  auto lock = l.locked([x = luggage<>{locked}](shelf& s) { s.used += x.intact(); });
  co_await lock;
  balanced(locked, "locked");
  auto batch = r.apply_batch([x = luggage<>{each}](shelf& s, std::size_t) { s.used += x.intact(); }, 3);
  co_await batch;
  balanced(each, "apply_batch");
}

/// Calls that nobody waits for take any closure; `flush` then says that they have run.
task<> unawaited(trust::remote<shelf> r) {
  ledger post, large, awaited, then, told, start, callback, attend;
  r.post([x = luggage<>{post}](shelf& s) { s.used += x.intact(); });
  r.post([x = luggage<4096>{large}](shelf& s) { s.used += x.intact(); });
  auto sent = r.post([x = luggage<>{awaited}](shelf& s) { s.used += x.intact(); });
  co_await sent;
  bool heard = false;
  r.apply_then([x = luggage<>{then}](shelf& s) { s.used += x.intact(); },
               trust::unchecked([x = luggage<>{told}, &heard] { heard = x.intact(); }));
  bool called = false;
  r.apply([x = luggage<>{start}](shelf& s) {
     s.used += x.intact();
   }).start(trust::unchecked([x = luggage<>{callback}, &called] { called = x.intact(); }));
  r.attend([x = luggage<>{attend}](shelf& s) -> task<> {
    s.used += x.intact();
    co_return;
  });
  co_await r.flush();
  while (!heard || !called || told.alive != 0 || callback.alive != 0) co_await trust::yield();
  balanced(post, "post");
  balanced(large, "post with 4 KiB");
  balanced(awaited, "a named sent");
  balanced(then, "the closure of apply_then");
  balanced(told, "the then of apply_then", caller);
  balanced(start, "the call of start");
  balanced(callback, "the callback of start", caller);
  balanced(attend, "attend");
}

/// Tasks: their callables and arguments.
task<> spawned(trust::runtime& rt) {
  ledger there, argument, child, child_argument;
  auto h = rt.spawn(
      trust::on(trustee), [x = luggage<>{there}](luggage<> y) -> task<bool> { co_return x.intact() && y.intact(); },
      luggage<>{argument});
  check(co_await h, "spawn", "what was handed over is damaged");
  balanced(there, "the callable of spawn");
  balanced(argument, "an argument of spawn");
  trust::scope s;
  auto start = s.spawn(
      [x = luggage<>{child}](luggage<> y, std::string t) -> task<> {
        co_await trust::yield();
        check(x.intact() && y.intact() && t == "text", "a scope's spawn", "what was handed over is damaged");
      },
      luggage<>{child_argument}, "text");
  co_await start;
  co_await s.join();
  balanced(child, "the callable of a scope's spawn", caller);
  balanced(child_argument, "an argument of a scope's spawn", caller);
  ledger hop;
  {
    auto there = trust::hop_to(
        trust::on(trustee),
        [x = luggage<>{hop}](luggage<> y) -> task<bool> {
          co_await trust::yield();
          co_return x.intact() && y.intact();
        },
        luggage<>{hop});
    check(co_await there, "hop_to", "what was handed over is damaged");
  }
  balanced(hop, "hop_to");
  ledger blocking;
  {
    auto work = trust::blocking([x = luggage<>{blocking}](std::string t) { return x.intact() && t == "text"; }, "text");
    check(co_await work, "blocking", "what was handed over is damaged");
  }
  balanced(blocking, "blocking", caller);
}

/// What no compiler gets wrong but g++ before 13, which refuses it.
task<> temporary([[maybe_unused]] trust::remote<shelf> r) {
#if defined(__clang__) || __GNUC__ >= 13
  ledger book, argument, nested;
  co_await r.apply([l = luggage<>{book}](shelf& s) { s.used += l.intact(); });
  balanced(book, "a temporary closure");
  co_await r.apply([](shelf& s, parcel p) { s.used += p.content.intact(); }, parcel{luggage<>{argument}, 2});
  balanced(argument, "a temporary aggregate argument");
  static_cast<void>(co_await trust::as_result(r.apply([l = luggage<>{nested}](shelf& s) { s.used += l.intact(); })));
  balanced(nested, "a temporary closure in as_result");
#endif
  co_return;
}

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 2}};
  const auto r = rt.entrust(trust::on(trustee), shelf{});
  const auto l = rt.emplace<trust::latch<shelf>>(trust::on(trustee));
  rt.block_on(arguments, r);
  rt.block_on(in_place, r);
  rt.block_on(named, r);
  rt.block_on(combined, r, l);
  rt.block_on(unawaited, r);
  rt.block_on(spawned, std::ref(rt));
  rt.block_on(temporary, r);

  ledger handed, get;
  const bool intact = rt.block_on(
      [x = luggage<>{handed}](luggage<> y) -> task<bool> { co_return x.intact() && y.intact(); }, luggage<>{handed});
  check(intact, "block_on", "what was handed over is damaged");
  check(handed.alive == 0 && handed.born == handed.died, "block_on", "not as many are destroyed as were made");
  r.apply([x = luggage<>{get}](shelf& s) { s.used += x.intact(); }).get();
  balanced(get, "get on a foreign thread");
  if (failures == 0) std::puts("count: all balanced");
  return failures == 0 ? 0 : 1;
}
