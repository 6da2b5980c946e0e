// SPDX-License-Identifier: Apache-2.0
// The lines of an estimate by their names; the first, 2·N·C, is no plan.
#include "estimate/training_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/json_file.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr double kSecondsPerHour = 3600;

/// A line's name and time.
struct Line {
  std::string name;
  Range total_s;
};

TrainedHours chosen(TrainedHours hours, const std::vector<Line>& lines, const std::string& by) {
  std::vector<std::string> names;
  for (std::size_t at = 1; at < lines.size(); ++at) names.push_back(lines[at].name);
  const auto found =
      std::find_if(lines.begin() + std::min<std::ptrdiff_t>(1, std::ssize(lines)), lines.end(),
                   [&](const Line& line) { return by.empty() || line.name == by; });
  if (found == lines.end()) {
    throw Error(ExitCode::usage,
                by.empty() ? "the training has no time: its memory does not suffice, or --params "
                             "or --tokens is missing"
                           : fmt::format("--by: \"{}\" is none of {}", by, fmt::join(names, ", ")));
  }
  if (!(found->total_s.value > 0)) {
    throw Error(ExitCode::usage, "the training has no time: --params or --tokens is missing");
  }
  hours.by = found->name;
  const Range& seconds = found->total_s;
  hours.hours = {seconds.low / kSecondsPerHour, seconds.value / kSecondsPerHour,
                 seconds.high / kSecondsPerHour};
  return hours;
}

Range range_in(const JsonFile& file, const JsonFile::Json& object, const std::string& at,
               const std::string& key) {
  const JsonFile::Json& range = file.field(object, at, key);
  const std::string where = JsonFile::joined(at, key);
  const auto end = [&](const char* name) {
    const JsonFile::Json& value = file.field(range, where, name);
    if (value.is_null()) return kUnknown;
    if (!value.is_number() || !(value.get<double>() >= 0)) {
      file.refuse(JsonFile::joined(where, name), "is no time");
    }
    return value.get<double>();
  };
  return {end("low"), end("value"), end("high")};
}

}  // namespace

TrainedHours hours_of(const TrainingEstimate& estimate, const std::string& by) {
  std::vector<Line> lines;
  for (const TrainingLine& line : estimate.lines) {
    lines.push_back({line.derate.name, line.total_s});
  }
  return chosen({estimate.plan.device, estimate.plan.devices, {}, ""}, lines, by);
}

TrainedHours read_training(const std::filesystem::path& path, const std::string& by) {
  const JsonFile file(path);
  const auto& root = file.root();
  if (!root.is_object() || !root.contains("kind") || root["kind"] != "derate training estimate") {
    file.refuse("kind",
                "is not that of a training estimate, which derate estimate train --json "
                "writes");
  }
  const auto& devices = file.field(root, "", "devices");
  if (!devices.is_number() || !(devices.get<double>() >= 1)) file.refuse("devices", "is no count");
  std::vector<Line> lines;
  const auto& estimates = file.list(root, "", "estimates");
  for (std::size_t at = 0; at < estimates.size(); ++at) {
    const std::string where = fmt::format("estimates[{}]", at);
    lines.push_back({file.some_text(estimates[at], where, "name"),
                     range_in(file, estimates[at], where, "total_s")});
  }
  if (lines.empty()) file.refuse("estimates", "is empty: the memory does not suffice");
  return chosen({file.some_text(root, "", "device"), devices.get<double>(), {}, ""}, lines, by);
}

}  // namespace derate
