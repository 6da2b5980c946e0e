// SPDX-License-Identifier: Apache-2.0
// The tuning table's file: JSON. A person may edit it, so what is wrong is named with its line.
#include <fmt/format.h>

#include <cmath>
#include <system_error>

#include "base/file.h"
#include "base/json.h"
#include "base/json_file.h"
#include "derate/error.h"
#include "derate/work.h"
#include "measure/tuning.h"

namespace derate {
namespace {

using Json = JsonFile::Json;
constexpr std::string_view kKind = "derate tuning";

TunedRate rate_from(const JsonFile& file, const Json& json, const std::string& at) {
  TunedRate rate;
  rate.configuration = file.some_text(json, at, "configuration");
  rate.excluded = file.text(json, at, "excluded");
  const Json& value = file.field(json, at, "rate");
  const bool is_rate = value.is_number() && value.get<double>() > 0;
  if (!is_rate && !value.is_null()) file.refuse(at + ".rate", "is neither a rate nor null");
  if (is_rate) rate.rate = value.get<double>();
  return rate;
}

/// Each item of a list, read by `from`.
template <typename From>
auto all_from(const JsonFile& file, const Json& json, const std::string& at, const std::string& key,
              From from) {
  std::vector<decltype(from(file, json, at))> items;
  const Json& list = file.list(json, at, key);
  for (std::size_t i = 0; i < list.size(); ++i) {
    items.push_back(from(file, list[i], fmt::format("{}[{}]", JsonFile::joined(at, key), i)));
  }
  return items;
}

TunedProblem problem_from(const JsonFile& file, const Json& json, const std::string& at) {
  TunedProblem problem{.workload = file.some_text(json, at, "workload"),
                       .variant = file.some_text(json, at, "variant"),
                       .precision = file.some_text(json, at, "precision"),
                       .size_class = file.some_text(json, at, "size_class"),
                       .problem = file.some_text(json, at, "problem"),
                       .configuration = file.some_text(json, at, "configuration"),
                       .usual = file.some_text(json, at, "usual"),
                       .rates = all_from(file, json, at, "rates", rate_from)};
  if (!Problem::parse(problem.problem)) {
    file.refuse(at + ".problem", "is not a problem such as m:512/n:512/k:512");
  }
  return problem;
}

TunedDevice device_from(const JsonFile& file, const Json& json, const std::string& at) {
  return {.backend = file.some_text(json, at, "backend"),
          .device_name = file.text(json, at, "device_name"),
          .device_architecture = file.text(json, at, "device_architecture"),
          .compute_units = file.count(json, at, "compute_units"),
          .last_level_cache_bytes = file.count(json, at, "last_level_cache_bytes"),
          .tool_version = file.text(json, at, "tool_version"),
          .tool_commit = file.text(json, at, "tool_commit"),
          .build_type = file.text(json, at, "build_type"),
          .time_utc = file.text(json, at, "time_utc"),
          .problems = all_from(file, json, at, "problems", problem_from)};
}

Json json_of(const TunedProblem& problem) {
  Json rates = Json::array();
  for (const TunedRate& rate : problem.rates) {
    rates.push_back({{"configuration", rate.configuration},
                     {"rate", number_of_digits(rate.rate, 6)},
                     {"excluded", rate.excluded}});
  }
  return {{"workload", problem.workload},   {"variant", problem.variant},
          {"precision", problem.precision}, {"size_class", problem.size_class},
          {"problem", problem.problem},     {"configuration", problem.configuration},
          {"usual", problem.usual},         {"rates", rates}};
}

Json json_of(const TunedDevice& tuned) {
  Json problems = Json::array();
  for (const TunedProblem& problem : tuned.problems) problems.push_back(json_of(problem));
  return {{"backend", tuned.backend},
          {"device_name", tuned.device_name},
          {"device_architecture", tuned.device_architecture},
          {"compute_units", tuned.compute_units},
          {"last_level_cache_bytes", tuned.last_level_cache_bytes},
          {"tool_version", tuned.tool_version},
          {"tool_commit", tuned.tool_commit},
          {"build_type", tuned.build_type},
          {"time_utc", tuned.time_utc},
          {"problems", problems}};
}

}  // namespace

Tuning read_tuning(const std::filesystem::path& path) {
  const JsonFile file(path);
  if (file.text(file.root(), "", "kind") != kKind) {
    file.refuse("kind", fmt::format("is not \"{}\"", kKind));
  }
  if (const auto schema = file.count(file.root(), "", "schema"); schema > kTuningSchema) {
    file.refuse("schema", fmt::format("is {}, newer than {}, which this derate reads", schema,
                                      kTuningSchema));
  }
  return {all_from(file, file.root(), "", "devices", device_from)};
}

std::string to_json(const Tuning& tuning) {
  Json devices = Json::array();
  for (const TunedDevice& tuned : tuning.devices) devices.push_back(json_of(tuned));
  const Json json = {{"schema", kTuningSchema}, {"kind", kKind}, {"devices", devices}};
  return dumped(json, 2) + '\n';
}

void write_tuning(const std::filesystem::path& path, const Tuning& tuning) {
  std::error_code failed;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failed);
  if (failed) cannot_write(path, failed.message());
  write_file(path, to_json(tuning));
}

}  // namespace derate
