// SPDX-License-Identifier: MIT
// entrusted: the main job. Each worker owns one table; many readers on each worker take pieces of the text, sort their
// words by owner, and send them there in batches. While a reader waits for an owner, the others of its worker read on.
//
// A batch is borrowed, not copied: the reader stays where it is until the owner has counted it, so that a capture by
// reference is safe. Its own worker's table is reached by the shortcut, without a message.
#include "count.hpp"
#include "progress.hpp"
#include <trust/trust.hpp>

#include <chrono>

namespace wordcount {
namespace {

// Which piece is read next.
class cursor {
 public:
  std::size_t next() { return next_++; }

 private:
  std::size_t next_ = 0;
};

// What every reader holds.
struct office {
  std::shared_ptr<const corpus> text;
  std::size_t batch;
  trust::remote<cursor> pieces;
  std::vector<trust::remote<table>> owners;
  trust::remote<progress> bar;  // empty: none is shown
};

trust::task<void> reader(std::shared_ptr<const office> at) {
  const auto& owners = at->owners;
  std::vector<std::vector<word>> outbox(owners.size());
  for (;;) {
    std::size_t number = co_await at->pieces.apply(&cursor::next);
    if (number >= at->text->pieces().size()) break;
    std::string_view piece = at->text->pieces()[number];
    words_in scan{piece};
    for (word w; scan.next(w);) {
      std::size_t to = shard_of(w, owners.size());
      auto& batch = outbox[to];
      batch.push_back(w);
      if (batch.size() < at->batch) continue;
      co_await owners[to].apply([&batch](table& t) { t.add(batch); });
      batch.clear();
    }
    if (at->bar) co_await at->bar.post(&progress::add, piece.size());  // one way: waits for room only
  }
  for (std::size_t to = 0; to < owners.size(); ++to) {
    auto& batch = outbox[to];
    co_await owners[to].apply([&batch](table& t) { t.add(batch); });
  }
}

trust::task<void> read_all(trust::runtime& rt, std::shared_ptr<const office> at, std::size_t readers) {
  std::vector<trust::task_handle<void>> crowd;
  for (std::size_t i = 0; i < readers; ++i)
    for (std::size_t w = 0; w < at->owners.size(); ++w) crowd.push_back(rt.spawn(trust::on(w), reader, at));
  for (auto& r : crowd) co_await r;
}

}  // namespace

outcome count_entrusted(trust::runtime& rt, const job& what) {
  auto at = std::make_shared<office>();
  at->text = what.text;
  at->batch = what.batch;
  at->pieces = rt.entrust(cursor{});
  for (std::size_t w = 0; w < what.threads; ++w) at->owners.push_back(rt.emplace<table>(trust::on(w)));
  if (what.progress) at->bar = rt.emplace<progress>("entrusted", what.text->bytes(), true);

  auto begin = std::chrono::steady_clock::now();
  rt.block_on([&] { return read_all(rt, at, what.readers); });
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;

  if (at->bar) at->bar.apply(&progress::finish).get();
  std::vector<table> tables;
  for (auto& owner : at->owners) tables.push_back(owner.extract().get());  // every reader is gone: we are the last
  return gather(std::move(tables), took.count());
}

}  // namespace wordcount
