// SPDX-License-Identifier: MIT
// A pipeline over three trustees: `remote_channel` between them, each bounded, so that a slow stage holds up the faster
// ones before it instead of filling the memory. Each stage closes the channel behind it when the one before has ended.
// `stream` gives many values from one coroutine, on one worker.
#include <trust/trust.hpp>

#include <iostream>
#include <map>
#include <string>
#include <utility>

namespace {

trust::stream<std::string> words(int times) {
  for (int i = 0; i < times; ++i) {
    for (const char* word : {"to", "be", "or", "not", "to", "be"}) co_yield word;
  }
}

trust::task<> recite(trust::remote_sender<std::string> out) {
  auto all = words(1000);
  while (auto word = co_await all.next()) co_await out.send(*std::move(word));
}  // the last sender goes: the channel is closed

trust::task<> count_letters(trust::remote_receiver<std::string> in, trust::remote_sender<std::size_t> out) {
  while (const auto word = co_await in.receive()) co_await out.send(word->size());
}

trust::task<std::map<std::size_t, int>> tally(trust::remote_receiver<std::size_t> in) {
  std::map<std::size_t, int> times;
  while (const auto letters = co_await in.receive()) ++times[*letters];
  co_return times;
}

}  // namespace

int main() {
  trust::runtime rt{trust::options{.workers = 3}};
  auto [word, each_word] = trust::remote_channel<std::string>{rt, trust::on(1), 64};  // lives where it is received
  auto [length, each_length] = trust::remote_channel<std::size_t>{rt, trust::on(2), 64};

  rt.spawn(trust::on(0), recite, std::move(word)).detach();
  rt.spawn(trust::on(1), count_letters, std::move(each_word), std::move(length)).detach();
  auto counted = rt.spawn(trust::on(2), tally, std::move(each_length));

  const std::map<std::size_t, int> times = counted.get();
  for (const auto& [letters, often] : times) std::cout << often << " words of " << letters << " letters\n";
  return times == std::map<std::size_t, int>{{2, 5000}, {3, 1000}} ? 0 : 1;
}
