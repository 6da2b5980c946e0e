// SPDX-License-Identifier: Apache-2.0
// What nvbench writes for --json: a benchmark's state, one combination of its axes on one device,
// is a benchmark here, and its time is the mean that nvbench states. Format 1, which is the only
// one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "regression/results/json_values.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

using Json = JsonFile::Json;
using json_values::Row;

constexpr const char* kColdGpuTime = "nv/cold/time/gpu/mean";

const Json& object_in(const JsonFile& file, const Json& parent, const std::string& path,
                      const std::string& key) {
  const Json& object = file.field(parent, path, key);
  if (!object.is_object()) file.refuse(JsonFile::joined(path, key), "is not an object");
  return object;
}

void require_format(const JsonFile& file) {
  const Json& meta = object_in(file, file.root(), "", "meta");
  const Json& version = object_in(file, meta, "meta", "version");
  const Json& json = object_in(file, version, "meta.version", "json");
  if (file.count(json, "meta.version.json", "major") == 1) return;
  file.refuse("meta.version.json.major",
              "is of a format of nvbench that this derate does not read");
}

/// The number of a summary's datum "value", which newer versions write as text; NaN where there is
/// none.
double number_in(const Json& data) {
  if (!data.is_array()) return kUnknown;
  for (const Json& datum : data) {
    if (!datum.is_object() || json_values::text_or(datum, "name", "") != "value") continue;
    const double number = json_values::number_or_unknown(datum, "value");
    if (number == number) return number;
    const std::string text = json_values::text_or(datum, "value", "");
    double parsed = kUnknown;
    std::from_chars(text.data(), text.data() + text.size(), parsed);
    return parsed;
  }
  return kUnknown;
}

/// The summary with this tag, or NaN.
double summary(const Json& summaries, std::string_view tag) {
  for (const Json& each : summaries) {
    if (!each.is_object() || json_values::text_or(each, "tag", "") != tag) continue;
    const auto data = each.find("data");
    return data == each.end() ? kUnknown : number_in(*data);
  }
  return kUnknown;
}

/// How nvbench timed a state: isolated on the GPU, in a batch, or on the host alone.
struct Kind {
  const char* time;
  const char* items;
  const char* bytes;
};
constexpr std::array<Kind, 3> kKinds = {
    {{kColdGpuTime, "nv/cold/bw/item_rate", "nv/cold/bw/global/bytes_per_second"},
     {"nv/batch/time/gpu/mean", "", ""},
     {"nv/cpu_only/time/cpu/mean", "nv/cpu_only/bw/item_rate",
      "nv/cpu_only/bw/global/bytes_per_second"}}};

void add_amount(const Json& summaries, const Kind& kind, BenchmarkResult& result) {
  const double bytes = summary(summaries, kind.bytes) * result.time_s;
  const double items = summary(summaries, kind.items) * result.time_s;
  if (bytes > 0) {
    result.amount = bytes;
    result.amount_unit = "B";
  } else if (items > 0) {
    result.amount = items;
    result.amount_unit = "item";
  }
}

void add_time(const JsonFile& file, const Row& state, BenchmarkResult& result) {
  const Json& summaries = file.list(state.json, state.path, "summaries");
  for (const Kind& kind : kKinds) {
    const double time_s = summary(summaries, kind.time);
    if (!json_values::is_a_time(time_s)) continue;
    result.time_s = time_s;
    result.samples_s = {time_s};
    // The clock of the isolated runs, and of no others.
    if (kind.time == kColdGpuTime) {
      const double clock_hz = summary(summaries, "nv/cold/sm_clock_rate/mean");
      if (clock_hz > 0 && std::isfinite(clock_hz)) result.clock_hz = clock_hz;
    }
    add_amount(summaries, kind, result);
    return;
  }
  result.outcome = Outcome::failed;
  result.message = fmt::format("it has no {} that a program takes", kColdGpuTime);
}

BenchmarkResult result_of_state(const JsonFile& file, const std::string& benchmark,
                                const Row& state) {
  BenchmarkResult result;
  result.benchmark = benchmark;
  result.filter_name = benchmark;  // nvbench's --benchmark takes no state
  result.problem = file.text(state.json, state.path, "name");
  const auto skipped = state.json.find("is_skipped");
  if (skipped != state.json.end() && *skipped == true) {
    result.outcome = Outcome::unsupported;
    result.message = "skipped: " + json_values::text_or(state.json, "skip_reason", "no reason");
  } else {
    add_time(file, state, result);
  }
  return result;
}

Environment device_facts(const JsonFile& file, const Row& device) {
  constexpr bool kHard = true;
  constexpr bool kSoft = false;
  Environment environment;
  environment.facts.push_back(
      {"device_name", file.some_text(device.json, device.path, "name"), kHard});
  for (const auto& [key, name, hard] :
       {std::tuple("sm_version", "device_architecture", kHard),
        {"number_of_sms", "compute_units", kHard},
        {"ecc_state", "ecc_state", kHard},
        {"sm_default_clock_rate", "sm_default_clock_rate", kSoft}}) {
    const auto found = device.json.find(key);
    if (found == device.json.end() || found->is_structured()) continue;
    environment.facts.push_back({name, json_values::as_text(*found), hard});
  }
  return environment;
}

/// The environment of each device, at the place of its id in `ids`; the last is that of no device.
std::vector<Environment> all_device_facts(const JsonFile& file, std::vector<Json>& ids) {
  std::vector<Environment> all;
  const Json& devices = file.list(file.root(), "", "devices");
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const Row device{devices[i], fmt::format("devices[{}]", i)};
    ids.push_back(file.field(device.json, device.path, "id"));
    all.push_back(device_facts(file, device));
  }
  all.emplace_back();
  return all;
}

void add_states(const JsonFile& file, const Row& benchmark, const std::vector<Json>& ids,
                ProcessReport& report) {
  const std::string name = file.some_text(benchmark.json, benchmark.path, "name");
  const Json& states = file.list(benchmark.json, benchmark.path, "states");
  for (std::size_t i = 0; i < states.size(); ++i) {
    const Row state{states[i], fmt::format("{}.states[{}]", benchmark.path, i)};
    BenchmarkResult result = result_of_state(file, name, state);
    const Json device = state.json.value("device", Json());
    result.environment = static_cast<std::size_t>(
        std::distance(ids.begin(), std::find(ids.begin(), ids.end(), device)));
    report.results.push_back(std::move(result));
  }
}

}  // namespace

bool is_nvbench(const Json& root) {
  if (!root.is_object()) return false;
  const auto meta = root.find("meta");
  return meta != root.end() && meta->is_object() && meta->contains("argv");
}

ProcessReport read_nvbench(const JsonFile& file) {
  require_format(file);
  ProcessReport report;
  std::vector<Json> ids;
  report.environments = all_device_facts(file, ids);
  const Json& list = file.list(file.root(), "", "benchmarks");
  for (std::size_t i = 0; i < list.size(); ++i) {
    add_states(file, {list[i], fmt::format("benchmarks[{}]", i)}, ids, report);
  }
  report.notes.emplace_back("nvbench states no samples; the means of its states were taken");
  return report;
}

}  // namespace derate
