// SPDX-License-Identifier: Apache-2.0
// What of the registry a BenchmarkSet measures: by the filter, and with stages or side by side only
// what has some.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "benchmark_filter.h"
#include "problem_option.h"
#include "registration.h"
#include "side_by_side.h"

namespace derate::bench {
namespace {

const std::vector kBothPatterns = {DataPattern::uniform, DataPattern::zeros};

/// That which the user named, or else the suite's.
std::vector<Problem> sizes_of(const Workload& workload, const Device& device,
                              const Options& options) {
  if (!options.problem) return covered(workload, device, options.suite);
  if (!is_product(workload)) return {};
  return {*options.problem};
}

}  // namespace

std::vector<BenchmarkSet::Entry> BenchmarkSet::select(const std::vector<Selected>& devices,
                                                      const std::string& expression) const {
  const BenchmarkFilter filter(expression);
  std::vector<Entry> entries;
  std::string example;
  for (const auto& [backend, device] : devices) {
    const std::shared_ptr<Opened> opened = open(*backend, device);
    for (const Workload* workload : registered_workloads()) {
      if (workload->backend != device.backend) continue;
      for (const Problem& problem : sizes_of(*workload, device, options_)) {
        const auto patterns = options_.data           ? std::vector{*options_.data}
                              : options_.side_by_side ? kBothPatterns
                                                      : workload->data;
        for (const DataPattern data : patterns) {
          const std::string name = workload->benchmark_name(device.selector(), problem, data);
          example = name;
          if (options_.stages && !workload->stages) continue;
          if (filter.matches(name)) entries.push_back({workload, problem, data, opened, name});
        }
      }
    }
  }
  if (entries.empty() && options_.allow_empty) return entries;
  if (entries.empty() && options_.stages) {
    throw Error(ExitCode::usage,
                fmt::format("--derate_stages: --benchmark_filter={} selects no workload that can "
                            "leave out a stage",
                            expression));
  }
  if (entries.empty()) {
    throw Error(ExitCode::usage,
                fmt::format("no benchmark matches --benchmark_filter={}; "
                            "--benchmark_list_tests lists them, for example {}",
                            expression, example.empty() ? "(this program has none)" : example));
  }
  if (options_.stages) return largest(std::move(entries));
  return options_.side_by_side ? in_groups(std::move(entries), expression) : entries;
}

std::vector<BenchmarkSet::Entry> BenchmarkSet::largest(std::vector<Entry> entries) {
  const auto amount = [](const Entry& entry) {
    return entry.workload->work(entry.problem).amount(entry.workload->bound);
  };
  std::vector<Entry> left;
  for (Entry& entry : entries) {
    const auto same = std::find_if(left.begin(), left.end(), [&](const Entry& other) {
      return other.workload == entry.workload && other.device == entry.device &&
             other.data == entry.data;
    });
    if (same == left.end()) {
      left.push_back(std::move(entry));
    } else if (amount(entry) > amount(*same)) {
      *same = std::move(entry);
    }
  }
  return left;
}

std::vector<BenchmarkSet::Entry> BenchmarkSet::in_groups(std::vector<Entry> entries,
                                                         const std::string& expression) {
  std::vector<Comparable> benchmarks;
  std::set<std::string> providers;
  for (const Entry& entry : entries) {
    benchmarks.push_back({&entry.device->device, entry.workload, &entry.problem, entry.data});
    providers.insert(entry.workload->provider);
  }
  const auto groups = side_by_side_groups(benchmarks);
  std::vector<Entry> left;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!groups[i]) continue;
    left.push_back(std::move(entries[i]));
    left.back().group = groups[i];
  }
  if (!left.empty()) return left;
  throw Error(
      ExitCode::usage,
      fmt::format("--derate_side_by_side compares own code with a library on the same problem: "
                  "--benchmark_filter={} selects no such pair, only benchmarks by {}",
                  expression, fmt::join(providers, " and by ")));
}

}  // namespace derate::bench
