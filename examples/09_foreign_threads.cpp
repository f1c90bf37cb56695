// SPDX-License-Identifier: MIT
// Threads that are no workers can do everything: wait for a call with `.get()`, take a `std::future`, or start it with a
// callback, which runs on the trustee's worker or is posted to an executor of theirs. On a worker, where blocking would
// stop a trustee, `.get()` fails instead.
#include <trust/trust.hpp>

#include <future>
#include <iostream>
#include <thread>
#include <vector>

namespace {

struct counter {
  long value = 0;
  long add(long n) { return value += n; }
  long total() const { return value; }
};

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 2}};
  auto hits = rt.emplace<counter>(trust::on(1));

  std::vector<std::thread> strangers;
  for (int t = 0; t < 4; ++t)
    strangers.emplace_back([hits] {
      for (int i = 0; i < 100; ++i) hits.apply(&counter::add, 1L).get();  // this thread sleeps until it is done
    });
  for (auto& t : strangers) t.join();

  std::future<long> later = hits.apply(&counter::add, 10L).future();

  std::promise<long> told;
  std::future<long> answer = told.get_future();
  hits.apply(&counter::add, 100L).start([told = std::move(told)](trust::result<long> r) mutable {
    told.set_value(r.value());
  });

  long first = later.get();
  long second = answer.get();
  std::cout << "400 calls of four threads, then a future (" << first << ") and a callback (" << second << ")\n";

  bool refused = rt.block_on([&]() -> trust::task<bool> {
    try {
      hits.apply(&counter::add, 1L).get();  // would stop this worker
    } catch (const trust::error& e) {
      std::cout << ".get() on a worker: " << e.what() << '\n';
      co_return e.code() == trust::errc::would_block;
    }
    co_return false;
  });

  long total = hits.with(&counter::total).get();
  return first == 410 && second == 510 && refused && total == 510 ? 0 : 1;
}
