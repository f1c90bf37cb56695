// SPDX-License-Identifier: MIT
// report: what a session prints, and the JSON that bench/report.py makes tables and plots of.
#include "session.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <utility>

namespace bench {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ') out += c;
  }
  return out + '"';
}

std::string number(double x) {
  if (!std::isfinite(x) || x < 0) return "null";
  std::ostringstream out;
  out << std::setprecision(6) << x;
  return out.str();
}

const char* word_of(demand d) {
  switch (d) {
    case demand::faster:
      return "faster";
    case demand::within:
      return "within";
    case demand::ns:
      return "ns";
    case demand::ns_more:
      return "ns_more";
  }
  return "";
}

}  // namespace

void session::print() const {
  std::printf("%-62s %12s %12s %12s %12s %6s %8s %8s\n", question_.c_str(), "ns", "p99", "p99.9", "of all", "kept",
              "regime", "waited");
  for (const row& r : rows_) {
    const double value = r.value(false);
    std::vector<float> samples = r.samples(value < 0);
    const auto count = [&](auto why) { return std::count_if(r.repetitions.begin(), r.repetitions.end(), why); };
    const auto cell = [](double x) {
      std::array<char, 24> text{};
      std::snprintf(text.data(), text.size(), x > 0 ? "%.2f" : "-", x);
      return std::string{text.data()};
    };
    std::printf("%-62s %12s %12s %12s %12s %3zu/%-3zu %7ld %8ld\n", r.name.c_str(), cell(value).c_str(),
                cell(quantile(samples, 0.99)).c_str(), cell(quantile(samples, 0.999)).c_str(),
                cell(r.value(true)).c_str(), r.kept(), r.repetitions.size(),
                static_cast<long>(count([](const repetition& x) { return !x.in_regime; })),
                static_cast<long>(count([](const repetition& x) { return !x.alone; })));
  }
  for (const budget& b : budgets_) {
    const row* mine = find(b.row);
    const row* other = find(b.against);
    if (mine == nullptr || (other == nullptr && b.kind != demand::ns)) continue;
    const double a = mine->value(false, b.quantile);
    const double o = other != nullptr ? other->value(false, b.quantile) : 0;
    if (a < 0 || o < 0) {
      std::printf("%s: nothing was kept\n", b.what.c_str());
      continue;
    }
    double ratio = a;
    if (b.kind == demand::faster) ratio = o / a;
    if (b.kind == demand::within) ratio = a / o;
    if (b.kind == demand::ns_more) ratio = a - o;
    const bool more = b.kind == demand::faster;
    const auto reached = [&](double goal) { return more ? ratio >= goal : ratio <= goal; };
    std::printf("%s: %.2f, must reach %.2f, floor %.2f: %s\n", b.what.c_str(), ratio, b.must, b.floor,
                reached(b.must) ? "met" : (reached(b.floor) ? "floor" : "missed"));
  }
}

void session::write() const {
  std::ofstream out{out_};
  const identity me = identify();
  out << "{\n \"question\": " << quoted(question_) << ",\n \"cpu\": " << quoted(me.cpu)
      << ",\n \"kernel\": " << quoted(me.kernel) << ",\n \"compiler\": " << quoted(me.compiler)
      << ",\n \"malloc\": " << quoted(me.malloc) << ",\n \"date\": " << quoted(me.date)
      << ",\n \"load\": " << number(load_at_start_) << ",\n \"load_after\": " << number(load())
      << ",\n \"trip\": " << number(trip_at_start_) << ",\n \"two_lines\": " << number(two_lines_at_start_)
      << ",\n \"regime\": [" << low_ << ", " << high_ << "],\n \"rounds\": " << rounds_
      << ",\n \"quick\": " << (quick_ ? "true" : "false") << ",\n \"notes\": [";
  const char* comma = "";
  for (const std::string& n : notes_) out << std::exchange(comma, ", ") << quoted(n);
  out << "],\n \"budgets\": [";
  comma = "";
  for (const budget& b : budgets_)
    out << std::exchange(comma, ",") << "\n  {\"what\": " << quoted(b.what) << ", \"row\": " << quoted(b.row)
        << ", \"against\": " << quoted(b.against) << ", \"kind\": \"" << word_of(b.kind)
        << "\", \"must\": " << number(b.must) << ", \"floor\": " << number(b.floor) << ", \"quantile\": " << b.quantile
        << '}';
  out << "],\n \"rows\": [";
  comma = "";
  for (const row& r : rows_) {
    out << std::exchange(comma, ",") << "\n  {\"name\": " << quoted(r.name) << ", \"ns\": " << number(r.value(false))
        << ", \"ns_of_all\": " << number(r.value(true)) << ", \"operations\": " << r.operations
        << ", \"kept\": " << r.kept() << ", \"crosses\": " << (r.options.over == crossing::cores ? "true" : "false");
    std::vector<float> samples = r.samples(r.kept() == 0);
    if (!samples.empty()) {
      std::sort(samples.begin(), samples.end());
      out << ", \"samples\": " << samples.size() << ", \"quantiles\": {";
      const char* between = "";
      for (double q : {0.001, 0.01, 0.05, 0.1,  0.2,  0.3,   0.4,   0.5,   0.6,    0.7,
                       0.8,   0.9,  0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999})
        out << std::exchange(between, ", ") << '"' << q << "\": " << number(quantile(samples, q));
      out << '}';
    }
    out << ", \"repetitions\": [";
    const char* between = "";
    for (const repetition& x : r.repetitions)
      out << std::exchange(between, ", ") << "{\"ns\": " << number(x.each()) << ", \"trip\": [" << number(x.trip_before)
          << ", " << number(x.trip_after) << "], \"two_lines\": [" << number(x.lines_before) << ", "
          << number(x.lines_after) << "], \"waited\": " << number(x.waited)
          << ", \"overlap\": " << number(x.what.overlap) << ", \"in_regime\": " << (x.in_regime ? "true" : "false")
          << ", \"kept\": " << (x.kept() ? "true" : "false") << '}';
    out << "]}";
  }
  out << "]\n}\n";
  out.flush();
  if (!out) {
    std::fprintf(stderr, "cannot write %s\n", out_.c_str());
    std::exit(1);
  }
}

}  // namespace bench
