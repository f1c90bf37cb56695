// SPDX-License-Identifier: MIT
// Errors arrive at their caller, and nowhere else. What a closure throws comes out of the `co_await` as it was thrown,
// and the trustee goes on; `as_result` turns it into a value; where nobody waits, a `then` that takes a result gets it,
// or else the runtime's `on_error`. The library's own failures are `trust::error` with a `trust::errc`.
#include <trust/trust.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

class cellar {
 public:
  int take(int bottles) {
    if (bottles > bottles_) throw std::out_of_range{"only " + std::to_string(bottles_) + " bottles left"};
    return bottles_ -= bottles;
  }

 private:
  int bottles_ = 10;
};

trust::task<int> visit(trust::remote<cellar> c) {
  int right = 0;

  try {
    co_await c.apply(&cellar::take, 12);
  } catch (const std::out_of_range& e) {
    std::cout << "thrown there, caught here: " << e.what() << '\n';
    ++right;
  }

  trust::result<int> left = co_await trust::as_result(c.apply(&cellar::take, 12));
  if (!left) {
    std::cout << "the same as a value: " << left.error().what() << '\n';
    ++right;
  }

  left = co_await trust::as_result(c.apply(&cellar::take, 4));
  std::cout << "the trustee goes on: " << left.value_or(-1) << " left\n";
  if (left.value_or(-1) == 6) ++right;

  // A `then` runs later, so it may not borrow: what it needs, it holds.
  auto failed = std::make_shared<bool>(false);
  c.apply_then([](cellar& there) { return there.take(7); }, [failed](trust::result<int> r) { *failed = !r; });
  co_await c.flush();  // all that was sent before has been done, and its `then` has run
  if (*failed) ++right;

  trust::remote<cellar> nobody;
  trust::result<int> nothing = co_await trust::as_result(nobody.apply(&cellar::take, 1));
  if (!nothing && nothing.error().code() == trust::errc::empty) ++right;

  c.post(&cellar::take, 100);  // one way: nobody waits, so on_error hears of it
  co_await c.flush();
  co_return right;
}

}  // namespace

int main() {
  std::vector<std::string> heard;
  trust::options o{.workers = 2};
  o.on_error = [&heard](std::exception_ptr e, const auto& origin) {
    try {
      std::rethrow_exception(e);
    } catch (const std::exception& x) {
      heard.push_back(x.what());
      (void)origin;
    }
  };
  int right = 0;
  trust::remote<cellar> survivor;
  {
    trust::runtime rt{o};
    survivor = rt.emplace<cellar>(trust::on(1));
    right = rt.block_on(visit, survivor);
  }
  // A handle may outlive its runtime: a call then fails, and dropping it does nothing.
  trust::result<int> late = trust::as_result(survivor.apply(&cellar::take, 1)).get();
  if (!late && late.error().code() == trust::errc::runtime_stopped) ++right;
  std::cout << "after the end: " << late.error().what() << '\n';
  for (const auto& line : heard) std::cout << "on_error heard: " << line << '\n';
  return right == 6 && heard.size() == 1 ? 0 : 1;
}
