// SPDX-License-Identifier: MIT
// placement: the rules of placement.hpp, each with the sentence that tells people which of them applied.

#include <trust/base/cpu_list.hpp>
#include <trust/base/placement.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace trust::base {
namespace {

using pinning = placement_request::pinning;

std::string counted(std::size_t n, const char* what) { return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s"); }

std::string quota_text(double quota) {
  std::string text = std::to_string(quota);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// How many workers a quota keeps busy at most.
std::size_t busy(double quota) { return quota < 1 ? 1 : static_cast<std::size_t>(std::ceil(quota)); }

std::vector<int> ids_of(const std::vector<cpu>& cpus) {
  std::vector<int> ids;
  for (const cpu& each : cpus) ids.push_back(each.id);
  return ids;
}

std::string in_order(std::vector<int> ids) {
  std::ranges::sort(ids);
  return cpu_list_text(ids);
}

// The workers' number, and the line that explains it.
std::size_t number(const placement_request& request, const machine_view& view, std::string& why) {
  const std::string mask = " (" + in_order(ids_of(view.cpus)) + ")";
  if (request.workers != 0) {
    why += counted(request.workers, "worker") + ", as asked\n";
    return request.workers;
  }
  if (!request.cpus.empty()) {
    why += counted(request.cpus.size(), "worker") + ": one per CPU of the list\n";
    return request.cpus.size();
  }
  const auto cores =
      static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, std::ranges::count(view.cpus, true, &cpu::first_of_core)));
  if (view.quota && busy(*view.quota) < cores) {
    const std::size_t n = busy(*view.quota);
    why += counted(n, "worker") + ": as many as the control group's quota of " + quota_text(*view.quota) +
           " CPUs keeps busy, out of " + counted(cores, "physical core") + mask + "\n";
    return n;
  }
  why += counted(cores, "worker") + ": one per physical core of the affinity mask" + mask + "\n";
  return cores;
}

// Why automatic pinning may not pin; empty when it may.
std::string obstacle(const placement_request& request, const machine_view& view, std::size_t workers,
                     std::size_t cpus) {
  if (workers > cpus) return "there are more workers than CPUs";
  if (!request.cpus.empty()) return "";
  if (view.runtimes_alive > 0) return "another runtime is alive in this process";
  if (view.quota) return "a quota of " + quota_text(*view.quota) + " CPUs is set";
  if (!view.whole_mask) return "the affinity mask is a part of the machine, which others may share";
  return "";
}

placement failed(std::string error) {
  placement result;
  result.error = std::move(error);
  return result;
}

}  // namespace

placement decide(const placement_request& request, const machine_view& view) {
  if (!request.error.empty()) return failed(request.error);
  if (request.workers > most_workers) {
    return failed(std::to_string(request.workers) + " workers are more than the " + std::to_string(most_workers) +
                  " that a runtime can have: ask for fewer in options.workers or TRUST_WORKERS");
  }
  const std::vector<int> mask = ids_of(view.cpus);
  for (const int id : request.cpus) {
    if (std::ranges::find(mask, id) == mask.end()) {
      return failed("CPU " + std::to_string(id) + " is not among those that this process may use (" + in_order(mask) +
                    "): name some of these in options.cpus or TRUST_CPUS, or widen the affinity mask");
    }
  }
  placement_request asked = request;
  for (auto each = asked.cpus.begin(); each != asked.cpus.end();) {
    each = std::find(asked.cpus.begin(), each, *each) == each ? each + 1 : asked.cpus.erase(each);
  }
  const std::vector<int>& cpus = asked.cpus.empty() ? mask : asked.cpus;

  placement result;
  const std::size_t workers = number(asked, view, result.why);
  const std::string where = asked.cpus.empty() ? "the affinity mask (" + in_order(cpus) + ")"
                                               : "the listed CPUs (" + cpu_list_text(cpus) + ")";
  const std::string against = obstacle(asked, view, workers, cpus.size());
  const bool one_each = asked.pin == pinning::one_to_one || (asked.pin == pinning::automatic && against.empty());
  result.shares_cpus = workers > cpus.size() || (view.quota && workers > busy(*view.quota));

  if (one_each && !cpus.empty()) {
    result.pinned = true;
    std::vector<int> used;
    for (std::size_t i = 0; i < workers; ++i) {
      result.cpus_of_worker.push_back({cpus[i % cpus.size()]});
      if (i < cpus.size()) used.push_back(cpus[i]);
    }
    result.why += "pinned one to one, in this order: CPUs " + cpu_list_text(used);
    if (asked.pin == pinning::one_to_one) result.why += ", as asked";
    if (workers > cpus.size()) result.why += ", and from the start again";
    result.why += '\n';
  } else if (asked.pin == pinning::none) {
    result.cpus_of_worker.assign(workers, asked.cpus);
    result.why += "not pinned, as asked: any worker may run anywhere on " + where + "\n";
  } else {
    result.cpus_of_worker.assign(workers, cpus);
    result.why += "not pinned one to one, since " + against + ": any worker may run anywhere on " + where + "\n";
  }
  result.blocking_cpus = mask;
  if (result.pinned) {
    const auto has_worker = [&](int id) {
      return std::ranges::find(result.cpus_of_worker, std::vector{id}) != result.cpus_of_worker.end();
    };
    std::erase_if(result.blocking_cpus, has_worker);
    if (result.blocking_cpus.empty()) result.blocking_cpus = mask;
  }
  result.why += "blocking work runs on CPUs " + in_order(result.blocking_cpus);
  if (result.blocking_cpus.size() < mask.size()) result.why += ", where no worker is pinned";
  result.why += '\n';
  if (result.shares_cpus) result.why += "workers share CPUs: they park without spinning\n";
  if (!asked.overridden.empty()) result.why += "the environment decided over the options: " + asked.overridden + "\n";
  return result;
}

placement_request from_environment(placement_request request, const std::function<const char*(const char*)>& look_up) {
  const auto value = [&](const char* name) {
    const char* const found = look_up(name);
    const std::string_view text = found ? found : "";
    if (!text.empty())
      request.overridden += (request.overridden.empty() ? "" : ", ") + std::string{name} + '=' + std::string{text};
    return text;
  };
  const auto wrong = [&](const char* name, std::string_view text, const char* advice) {
    if (request.error.empty()) request.error = std::string{name} + " is \"" + std::string{text} + "\": " + advice;
  };

  if (const std::string_view text = value("TRUST_WORKERS"); text == "auto") {
    request.workers = 0;
  } else if (!text.empty()) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0 || number > most_workers) {
      wrong("TRUST_WORKERS", text, "write a number from 1 to 1024, or auto");
    } else {
      request.workers = number;
    }
  }
  if (const std::string_view text = value("TRUST_CPUS"); !text.empty()) {
    auto cpus = parse_cpu_list(text);
    if (!cpus || cpus->empty()) {
      wrong("TRUST_CPUS", text, "write CPU numbers and ranges, as in TRUST_CPUS=0,2-5");
    } else {
      request.cpus = *std::move(cpus);
    }
  }
  if (const std::string_view text = value("TRUST_PIN"); text == "auto") {
    request.pin = pinning::automatic;
  } else if (text == "none") {
    request.pin = pinning::none;
  } else if (text == "on") {
    request.pin = pinning::one_to_one;
  } else if (!text.empty()) {
    wrong("TRUST_PIN", text, "write auto, none or on");
  }
  return request;
}

}  // namespace trust::base
