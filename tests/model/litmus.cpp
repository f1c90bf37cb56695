// SPDX-License-Identifier: MIT
// litmus: does the explorer itself see what C++ allows, and only that?
//
// The classic small programs, each with orders that are just enough and with orders that are not. What must be seen is
// written as a scenario that fails.
#include "support/checked_machine.hpp"
#include "support/explorer_suite.hpp"

#include <memory>

namespace {

using enum std::memory_order;
using machine = model::checked_machine;
template <class T> using atomic = machine::atomic<T>;

struct words {
  atomic<int> x{0}, y{0};
  model::shared<int> payload{0}, seen_x{-1}, seen_y{-1};
  model::bell bell;
};

model::scenario message_passing(std::memory_order out, std::memory_order in) {
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("writer", [=] {
      s->payload.set(42);
      s->x.store(1, out);
    });
    w.thread("reader", [=] {
      if (s->x.load(in)) model::check(s->payload.get() == 42, "the payload is there");
    });
  };
}

model::scenario stale_data(std::memory_order out, std::memory_order in) {
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("writer", [=] {
      s->x.store(1, relaxed);
      s->y.store(1, out);
    });
    w.thread("reader", [=] {
      if (s->y.load(in)) model::check(s->x.load(relaxed) == 1, "the reader sees what was before the flag");
    });
  };
}

model::scenario store_buffering(std::memory_order store, std::memory_order load) {
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("left", [=] {
      s->x.store(1, store);
      s->seen_y.set(s->y.load(load));
    });
    w.thread("right", [=] {
      s->y.store(1, store);
      s->seen_x.set(s->x.load(load));
    });
    w.finally([=] { model::check(s->seen_x.get() || s->seen_y.get(), "one of them sees the other"); });
  };
}

enum class barrier { none, one, both_compilers };
model::scenario dekker(barrier b, unsigned others) {
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("sleeper", [=] {
      s->x.store(1, relaxed);
      if (b == barrier::one)
        while (!machine::membarrier()) {}
      s->seen_y.set(s->y.load(relaxed));
    });
    for (unsigned i = 0; i < others; ++i)
      w.thread(i ? "other producer" : "producer", [=] {
        s->y.store(1, relaxed);
        machine::order_store_load_compiler();
        const int seen = s->x.load(relaxed);
        if (i == 0) s->seen_x.set(seen);
      });
    w.finally([=] { model::check(s->seen_x.get() || s->seen_y.get(), "one of them sees the other"); });
  };
}

model::scenario read_modify_writes(std::memory_order order) {  // both on one word: totally ordered without seq_cst
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("sleeper", [=] {
      s->x.exchange(1, order);
      s->seen_y.set(s->y.load(relaxed));
    });
    w.thread("producer", [=] {
      s->y.store(1, relaxed);
      s->seen_x.set(s->x.fetch_add(0, order));
    });
    w.finally([=] { model::check(s->seen_x.get() || s->seen_y.get(), "one of them sees the other"); });
  };
}

model::scenario coherence() {
  return [](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("writer", [=] {
      s->x.store(1, relaxed);
      s->x.store(2, relaxed);
    });
    w.thread("reader", [=] {
      const int first = s->x.load(relaxed);
      model::check(s->x.load(relaxed) >= first, "one word never goes back");
    });
  };
}

model::scenario release_sequence(std::memory_order middle) {
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("writer", [=] {
      s->payload.set(1);
      s->x.store(1, release);
    });
    w.thread("middle", [=] {
      int one = 1;
      s->x.compare_exchange_strong(one, 2, middle, relaxed);
    });
    w.thread("reader", [=] {
      if (s->x.load(acquire) == 2) model::check(s->payload.get() == 1, "the payload is there");
    });
  };
}

model::scenario broken_sequence() {  // a plain store by another thread heads no release sequence
  return [](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("writer", [=] {
      s->payload.set(1);
      s->x.store(1, release);
    });
    w.thread("middle", [=] {
      if (s->x.load(relaxed) == 1) s->x.store(2, relaxed);
    });
    w.thread("reader", [=] {
      if (s->x.load(acquire) == 2) s->payload.get();
    });
  };
}

model::scenario counting(bool atomically) {
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    for (const char* name : {"a", "b", "c"})
      w.thread(name, [=] {
        if (atomically) {
          s->x.fetch_add(1, relaxed);
        } else {
          s->x.store(s->x.load(relaxed) + 1, relaxed);
        }
      });
    w.finally([=] { model::check(s->x.load(relaxed) == 3, "no increment is lost"); });
  };
}

model::scenario spinning(bool published) {
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("writer", [=] {
      s->payload.set(1);
      if (published) s->x.store(1, release);
    });
    w.thread("reader", [=] {
      model::block_until([&] { return s->x.load(acquire) == 1; });
      model::check(s->payload.get() == 1, "the payload is there");
    });
  };
}

model::scenario sleeping(
    bool looks_again) {  // a flag, a word and a bell, with orders so strong that only the steps matter
  return [=](model::world& w) {
    auto s = std::make_shared<words>();
    w.thread("sleeper", [=] {
      s->x.store(1, seq_cst);
      if (looks_again && s->y.load(seq_cst)) return;
      s->bell.wait();
    });
    w.thread("producer", [=] {
      s->y.store(1, seq_cst);
      if (s->x.load(seq_cst)) s->bell.ring();
    });
  };
}

model::scenario lifetimes(int mistake) {
  return [=](model::world& w) {
    auto s = std::make_shared<atomic<int*>>(nullptr);
    w.thread("writer", [=] {
      int* p = new int{5};
      model::wrote(p, sizeof *p);
      s->store(p, mistake == 1 ? relaxed : release);
      if (mistake == 2) delete p;
    });
    w.thread("reader", [=] {
      model::block_until([&] { return s->load(acquire) != nullptr; });
      int* p = s->load(acquire);
      model::read(p, sizeof *p);
      if (mistake != 2 && mistake != 3) delete p;
    });
  };
}

model::scenario overlay(bool rewritten) {  // payload where a word was: it reads as what lies there, and needs an edge
  return [=](model::world& w) {
    struct bytes {
      alignas(8) unsigned char b[8] = {};
      atomic<int> flag{0};
      atomic<unsigned>& word() { return reinterpret_cast<atomic<unsigned>&>(b); }
    };
    auto s = std::make_shared<bytes>();
    w.thread("writer", [=] {
      s->word().store(3, relaxed);
      const unsigned v = 7;
      std::memcpy(s->b, &v, 4);
      model::wrote(s->b, 4);
      s->flag.store(1, rewritten ? release : relaxed);
    });
    w.thread("reader", [=] {
      model::block_until([&] { return s->flag.load(acquire) == 1; });
      model::check(s->word().load(relaxed) == 7, "the word shows the bytes");
    });
  };
}

}  // namespace

int main(int argc, char** argv) {
  model::suite t{"litmus", argc, argv};
  t.holds({.name = "message passing"}, message_passing(release, acquire));
  t.fails({.name = "message passing, relaxed store"}, message_passing(relaxed, acquire), "data race");
  t.fails({.name = "message passing, relaxed load"}, message_passing(release, relaxed), "data race");
  t.holds({.name = "stale data"}, stale_data(release, acquire));
  t.fails({.name = "stale data, relaxed"}, stale_data(relaxed, relaxed), "sees what was before");
  t.holds({.name = "store buffering, seq_cst"}, store_buffering(seq_cst, seq_cst));
  t.fails({.name = "store buffering, release/acquire"}, store_buffering(release, acquire), "sees the other");
  t.fails({.name = "store buffering, seq_cst stores"}, store_buffering(seq_cst, acquire), "sees the other");
  t.holds({.name = "dekker by membarrier"}, dekker(barrier::one, 1));
  t.holds({.name = "dekker by membarrier, two"}, dekker(barrier::one, 2));
  t.holds({.name = "dekker by membarrier, busy", .busy = 2}, dekker(barrier::one, 1));
  t.fails({.name = "dekker without membarrier"}, dekker(barrier::none, 1), "sees the other");
  t.holds({.name = "dekker on one word"}, read_modify_writes(acq_rel));
  t.fails({.name = "dekker on one word, relaxed"}, read_modify_writes(relaxed), "sees the other");
  t.holds({.name = "coherence"}, coherence());
  t.holds({.name = "release sequence"}, release_sequence(relaxed));
  t.fails({.name = "release sequence, broken"}, broken_sequence(), "data race");
  t.holds({.name = "counting"}, counting(true));
  t.fails({.name = "counting, torn"}, counting(false), "increment is lost");
  t.holds({.name = "spinning"}, spinning(true));
  t.fails({.name = "spinning for ever"}, spinning(false), "reader spins");
  t.holds({.name = "sleeping"}, sleeping(true));
  t.fails({.name = "sleeping, lost wake-up"}, sleeping(false), "sleeper sleeps");
  t.holds({.name = "lifetimes"}, lifetimes(0));
  t.fails({.name = "lifetimes, unpublished"}, lifetimes(1), "data race");
  t.fails({.name = "lifetimes, freed too early"}, lifetimes(2), "freed");
  t.fails({.name = "lifetimes, leaked"}, lifetimes(3), "leaked");
  t.holds({.name = "overlay"}, overlay(true));
  t.fails({.name = "overlay, unordered"}, overlay(false), "data race");
  return t.run();
}
