// SPDX-License-Identifier: Apache-2.0
// What pytest-benchmark writes for --benchmark-json: a test is a benchmark, and its rounds are the
// samples, or their median where only statistics are kept.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "derate/statistics.h"
#include "regression/results/json_values.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

using Json = JsonFile::Json;
using json_values::Row;

std::vector<double> rounds_of(const JsonFile& file, const Row& row) {
  const std::string path = row.path + ".stats";
  const Json& stats = file.field(row.json, row.path, "stats");
  std::vector<double> times_s;
  if (stats.is_object() && stats.contains("data")) {
    const Json& data = file.list(stats, path, "data");
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (!data[i].is_number()) file.refuse(fmt::format("{}.data[{}]", path, i), "is no number");
      times_s.push_back(data[i]);
    }
  }
  if (!times_s.empty()) return times_s;
  const Json& middle = file.field(stats, path, "median");
  if (!middle.is_number()) file.refuse(path + ".median", "is no number");
  return {middle.get<double>()};
}

/// Whether the test's timer counts CPU time: time.process_time or time.thread_time.
bool is_cpu_timer(const std::string& timer) {
  return timer.starts_with("process_time") || timer.starts_with("thread_time");
}

BenchmarkResult result_of_test(const JsonFile& file, const Row& row, ProcessReport& report) {
  BenchmarkResult result;
  const char* const key = row.json.contains("fullname") ? "fullname" : "name";
  result.benchmark = file.some_text(row.json, row.path, key);
  result.filter_name = result.benchmark;
  for (const double time_s : rounds_of(file, row)) {
    if (json_values::is_a_time(time_s)) {
      result.samples_s.push_back(time_s);
    } else {
      result.outcome = Outcome::failed;
      result.message = fmt::format("a round of {:g} s is none that a program takes", time_s);
    }
  }
  result.time_s = median(result.samples_s);
  const auto options = row.json.find("options");
  const std::string timer = options != row.json.end() && options->is_object()
                                ? json_values::text_or(*options, "timer", "")
                                : "";
  if (!is_cpu_timer(timer)) return result;
  result.cpu_samples_s = result.samples_s;
  report.notes.push_back(
      fmt::format("{} is timed by {}, which is CPU time", result.benchmark, timer));
  return result;
}

void add_fact(const Json& object, const char* key, const char* name, bool hard,
              Environment& environment) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_structured() || found->is_null()) return;
  environment.facts.push_back({name, json_values::as_text(*found), hard});
}

Environment machine_facts(const Json& machine) {
  constexpr bool kHard = true;
  constexpr bool kSoft = false;
  Environment environment;
  const auto cpu = machine.find("cpu");
  if (cpu != machine.end() && cpu->is_object()) {
    add_fact(*cpu, "brand_raw", "device_name", kHard, environment);
    add_fact(*cpu, "count", "num_cpus", kHard, environment);
  }
  add_fact(machine, "machine", "machine", kHard, environment);
  add_fact(machine, "python_implementation", "python_implementation", kHard, environment);
  add_fact(machine, "python_version", "python_version", kSoft, environment);
  add_fact(machine, "release", "kernel", kSoft, environment);
  add_fact(machine, "node", "host_name", kSoft, environment);
  return environment;
}

}  // namespace

bool is_pytest_benchmark(const Json& root) {
  return root.is_object() && root.contains("machine_info");
}

ProcessReport read_pytest_benchmark(const JsonFile& file) {
  ProcessReport report;
  const Json& machine = file.field(file.root(), "", "machine_info");
  if (!machine.is_object()) file.refuse("machine_info", "is not an object");
  report.environments.push_back(machine_facts(machine));
  const auto date = file.root().find("datetime");
  if (date != file.root().end()) report.measured_at = json_values::as_text(*date);
  const Json& list = file.list(file.root(), "", "benchmarks");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Row row{list[i], fmt::format("benchmarks[{}]", i)};
    if (!row.json.is_object()) file.refuse(row.path, "is not an object");
    report.results.push_back(result_of_test(file, row, report));
  }
  return report;
}

}  // namespace derate
