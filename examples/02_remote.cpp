// SPDX-License-Identifier: MIT
// What a handle can do: call members without a closure, send many elements in few messages, be copied,
// compared and printed, and give the value back when it is the last one.
#include <trust/trust.hpp>

#include <cstdlib>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

namespace {

class thermometer {
 public:
  explicit thermometer(std::string place) : place_{std::move(place)} {}

  void record(double celsius) { readings_.push_back(celsius); }
  std::size_t size() const { return readings_.size(); }
  double mean() const {
    return std::accumulate(readings_.begin(), readings_.end(), 0.0) / static_cast<double>(readings_.size());
  }
  const std::string& place() const { return place_; }

 private:
  std::string place_;
  std::vector<double> readings_;
};

void expect(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

trust::task<void> a_day(trust::remote<thermometer> attic) {
  // Every verb calls as std::invoke does, so a member needs no closure around it.
  co_await attic.apply(&thermometer::record, 19.5);

  // A range goes in as few messages as it fits; the elements of one message are applied without a break.
  std::vector<double> day{17.0, 18.5, 21.0, 24.0};
  co_await attic.apply_each(day, [](thermometer& t, double& celsius) { t.record(celsius); });

  double mean = co_await attic.with(&thermometer::mean);
  std::cout << "mean of " << co_await attic.with(&thermometer::size) << " readings: " << mean << " C\n";
  expect(mean == 20.0, "the mean is 20");

  // A reference into the object would be shared memory again, so it does not compile; a copy is the answer.
  std::string place = co_await attic.with([](const thermometer& t) { return t.place(); });
  expect(place == "attic", "the name came back");
}

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 2}};
  auto attic = rt.emplace<thermometer>(trust::on(1), "attic");  // built on worker 1, and never elsewhere
  std::cout << attic << '\n';                                   // who it is and where, never its value

  rt.block_on(a_day, attic);

  trust::remote<thermometer> copy = attic;  // one owner more
  expect(copy == attic, "copies are equal");
  trust::result<thermometer> refused = trust::as_result(attic.extract()).get();
  expect(!refused && refused.error().code() == trust::errc::shared, "nobody takes a value that others hold");
  std::cout << "extract with two handles: " << refused.error().what() << '\n';

  copy = {};  // one owner less
  thermometer mine = attic.extract().get();
  expect(mine.size() == 5, "the value is back, whole");
  std::cout << "taken back from its trustee: " << mine.place() << ", " << mine.size() << " readings\n";
}
