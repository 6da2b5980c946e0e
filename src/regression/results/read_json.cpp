// SPDX-License-Identifier: Apache-2.0
// JSON of other programs, read by the format that its root is of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/strict_json.h"
#include "derate/error.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

/// A program may register several benchmarks of one name.
void number_equal_names(ProcessReport& report) {
  std::map<std::string, int> numbers;
  for (BenchmarkResult& result : report.results) {
    const int number = ++numbers[result.name()];
    if (number > 1) result.benchmark += fmt::format(" #{}", number);
  }
}

}  // namespace

std::string names_of_json_formats() {
  std::vector<std::string_view> names;
  for (const JsonFormat& format : kJsonFormats) names.push_back(format.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

ProcessReport report_of_json(const std::string& name, std::string text) {
  make_strict_json(text);
  const JsonFile file(name, std::move(text));
  const auto* const format =
      std::find_if(kJsonFormats.begin(), kJsonFormats.end(),
                   [&](const JsonFormat& each) { return each.is_of(file.root()); });
  if (format == kJsonFormats.end()) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{} is JSON of none of these: {}", name, names_of_json_formats()));
  }
  ProcessReport report = format->read(file);
  if (report.results.empty()) {
    file.refuse(file.root().is_object() ? "benchmarks" : "", "holds no measurement");
  }
  number_equal_names(report);
  return report;
}

bool begins_json(std::string_view beginning) { return holds_json(beginning); }

std::vector<ProcessReport> reports_of_json(InputFile& file, Runs /*runs*/) {
  std::vector<ProcessReport> reports;
  reports.push_back(report_of_json(file.name(), file.rest()));
  return reports;
}

}  // namespace derate
