// SPDX-License-Identifier: Apache-2.0
// The smallest format, for programs of one's own: [{"name": "sort", "times_s": [0.1, 0.11]}]
// (docs/ci.md).
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "derate/statistics.h"
#include "regression/results/json_values.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

using Json = JsonFile::Json;
using json_values::Row;

double unit_of_times_s(const JsonFile& file, const Row& row) {
  if (!row.json.contains("unit")) return 1;
  const double unit = json_values::seconds_of(json_values::text_or(row.json, "unit", ""));
  if (std::isnan(unit)) file.refuse(row.path + ".unit", "is not ns, us, ms or s");
  return unit;
}

double time_in(const JsonFile& file, const Json& value, const std::string& path, double unit) {
  const double time_s = value.is_number() ? value.get<double>() * unit : kUnknown;
  if (!json_values::is_a_time(time_s)) file.refuse(path, "is no time that a program takes");
  return time_s;
}

std::vector<double> samples_of(const JsonFile& file, const Row& row) {
  const double unit = unit_of_times_s(file, row);
  if (!row.json.contains("times_s")) {
    return {time_in(file, file.field(row.json, row.path, "time_s"), row.path + ".time_s", unit)};
  }
  if (row.json.contains("time_s")) file.refuse(row.path + ".time_s", "stands beside times_s");
  std::vector<double> samples;
  const Json& times = file.list(row.json, row.path, "times_s");
  for (std::size_t i = 0; i < times.size(); ++i) {
    samples.push_back(time_in(file, times[i], fmt::format("{}.times_s[{}]", row.path, i), unit));
  }
  if (samples.empty()) file.refuse(row.path + ".times_s", "is empty");
  return samples;
}

}  // namespace

bool is_list_of_times(const Json& root) { return root.is_array(); }

ProcessReport read_list_of_times(const JsonFile& file) {
  ProcessReport report;
  report.environments.emplace_back();
  std::set<std::string> names;
  for (std::size_t i = 0; i < file.root().size(); ++i) {
    const Row row{file.root()[i], fmt::format("[{}]", i)};
    BenchmarkResult result;
    result.benchmark = file.some_text(row.json, row.path, "name");
    if (!names.insert(result.benchmark).second) file.refuse(row.path + ".name", "is there twice");
    result.filter_name = result.benchmark;
    result.samples_s = samples_of(file, row);
    result.time_s = median(result.samples_s);
    report.results.push_back(std::move(result));
  }
  return report;
}

}  // namespace derate
