// SPDX-License-Identifier: Apache-2.0
// What Google Benchmark writes for --benchmark_format=json as results.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "derate/statistics.h"
#include "regression/results/json_values.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

using Json = JsonFile::Json;
using json_values::as_text;
using json_values::is_a_time;
using json_values::number_or_unknown;
using json_values::Row;
using json_values::seconds_of;
using json_values::text_or;

bool is_set(const JsonFile& file, const Row& row, const char* key) {
  const auto found = row.json.find(key);
  if (found == row.json.end()) return false;
  if (!found->is_boolean()) file.refuse(row.path + "." + key, "is neither true nor false");
  return found->get<bool>();
}

/// The statistic that a row states over repetitions; empty for a measurement. Versions before 1.5
/// name it in the benchmark's name only.
std::string aggregate_of(const Row& row) {
  if (row.json.contains("run_type")) {
    if (text_or(row.json, "run_type", "") != "aggregate") return "";
    return text_or(row.json, "aggregate_name", "unknown");
  }
  const std::string name = text_or(row.json, "name", "");
  for (const char* const suffix : {"mean", "median", "stddev", "cv", "BigO", "RMS"}) {
    if (name.ends_with("_" + std::string(suffix))) return suffix;
  }
  return "";
}

std::string name_of(const JsonFile& file, const Row& row) {
  std::string name = file.some_text(row.json, row.path, "name");
  const std::string aggregate = aggregate_of(row);
  if (row.json.contains("run_name")) return file.some_text(row.json, row.path, "run_name");
  const bool is_named = !aggregate.empty() && name.ends_with("_" + aggregate);
  if (is_named) name.resize(name.size() - aggregate.size() - 1);
  return name;
}

double unit_s(const JsonFile& file, const Row& row) {
  if (!row.json.contains("time_unit")) return seconds_of("ns");
  const double unit = seconds_of(text_or(row.json, "time_unit", ""));
  if (std::isnan(unit)) file.refuse(row.path + ".time_unit", "is not ns, us, ms or s");
  return unit;
}

/// Whether a name has this among the parts that Google Benchmark appends: "BM_x/4/manual_time".
bool has_part(std::string_view name, std::string_view part) {
  for (std::size_t at = name.find(part); at != std::string_view::npos;
       at = name.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if (at > 0 && name[at - 1] == '/' && (end == name.size() || name[end] == '/')) return true;
  }
  return false;
}

/// Versions before 1.5 state it in the name only, where it is not one.
double threads_of(const Row& row, std::string_view name) {
  constexpr std::string_view kPart = "/threads:";
  const std::size_t at = name.rfind(kPart);
  if (row.json.contains("threads") || at == std::string_view::npos) {
    return number_or_unknown(row.json, "threads");
  }
  double threads = kUnknown;
  std::from_chars(name.data() + at + kPart.size(), name.data() + name.size(), threads);
  return threads;
}

/// What of a benchmark's work its CPU time, which is that of one thread, leaves out.
std::string beside_cpu_time(const Row& row, std::string_view name) {
  const double threads = threads_of(row, name);
  if (threads > 1) return fmt::format("runs {:g} threads", threads);
  if (has_part(name, "manual_time")) return "times itself (manual_time)";
  if (has_part(name, "real_time")) return "asks for the wall clock (real_time)";
  if (has_part(name, "process_time")) return "has threads of its own (process_time)";
  return "";
}

/// What one iteration amounts to, from a rate and the time that the rate was made with: Google
/// Benchmark takes the CPU's time unless the benchmark asks for another, which its name then says.
void add_amount(const Row& row, double seconds_of_unit, const std::string& name,
                BenchmarkResult& result) {
  struct Rate {
    const char* key;
    const char* unit;
  };
  constexpr std::array<Rate, 5> kRates = {{{"FLOP/s", "FLOP"},
                                           {"steps/s", "step"},
                                           {"B/s", "B"},
                                           {"items_per_second", "item"},
                                           {"bytes_per_second", "B"}}};
  const bool real = has_part(name, "real_time") || has_part(name, "manual_time");
  const double time_s =
      number_or_unknown(row.json, real ? "real_time" : "cpu_time") * seconds_of_unit;
  for (const Rate& rate : kRates) {
    const double amount = number_or_unknown(row.json, rate.key) * time_s;
    if (!(amount > 0) || std::isinf(amount)) continue;
    result.amount = amount;
    result.amount_unit = rate.unit;
    return;
  }
}

std::string skip_message(const Row& row) {
  return "skipped: " + text_or(row.json, "skip_message", "without a reason");
}

/// Whether the benchmark left itself out on purpose (SkipWithMessage), which is no failure.
bool is_skipped(const JsonFile& file, const Row& row) {
  return row.json.contains("skipped") && !row.json.at("skipped").is_string() &&
         is_set(file, row, "skipped");
}

/// Why a row holds no time; empty when it does.
std::string fault_of(const JsonFile& file, const Row& row) {
  if (is_set(file, row, "error_occurred")) {
    return text_or(row.json, "error_message", "it reports an error");
  }
  if (text_or(row.json, "skipped", "") == "error") return skip_message(row);
  const double time = number_or_unknown(row.json, "real_time");
  if (time > 0 && !std::isinf(time)) {
    const double time_s = time * unit_s(file, row);
    return is_a_time(time_s)
               ? ""
               : fmt::format("its real_time of {:g} s is none that a program takes", time_s);
  }
  return row.json.contains("real_time") ? "its real_time is not a positive number"
                                        : "it has no real_time";
}

/// The rows of one benchmark, in the order of the file.
struct Rows {
  std::string name;
  int number = 1;  ///< among the families and instances of this name, from 1
  std::vector<Row> measured;
  std::vector<std::pair<std::string, Row>> aggregates;
};

BenchmarkResult observation_of(const JsonFile& file, const Rows& of, const std::vector<Row>& rows) {
  const std::string& name = of.name;
  BenchmarkResult result;
  result.benchmark = of.number > 1 ? fmt::format("{} #{}", name, of.number) : name;
  result.filter_name = name;
  result.beside_cpu_time = beside_cpu_time(rows.front(), name);
  std::vector<double> amounts;
  for (const Row& row : rows) {
    if (is_skipped(file, row)) {
      result.outcome = Outcome::unsupported;
      result.message = skip_message(row);
      continue;
    }
    if (std::string fault = fault_of(file, row); !fault.empty()) {
      result.outcome = Outcome::failed;
      result.message = std::move(fault);
      continue;
    }
    const double factor = unit_s(file, row);
    result.samples_s.push_back(number_or_unknown(row.json, "real_time") * factor);
    const double cpu_s = number_or_unknown(row.json, "cpu_time") * factor;
    if (is_a_time(cpu_s)) result.cpu_samples_s.push_back(cpu_s);
    add_amount(row, factor, name, result);
    amounts.push_back(result.amount);
  }
  result.time_s = median(result.samples_s);
  result.amount = median(amounts);
  return result;
}

/// The median or else the mean of repetitions that were not written one by one.
std::optional<Row> aggregate_in_place(const Rows& rows) {
  for (const char* const wanted : {"median", "mean"}) {
    for (const auto& [aggregate, row] : rows.aggregates) {
      if (aggregate == wanted) return row;
    }
  }
  return std::nullopt;
}

void add(const JsonFile& file, const Rows& rows, ProcessReport& report) {
  if (!rows.measured.empty()) {
    report.results.push_back(observation_of(file, rows, rows.measured));
    return;
  }
  const std::optional<Row> row = aggregate_in_place(rows);
  if (!row) return;  // a fitted complexity: no benchmark of its own
  report.results.push_back(observation_of(file, rows, {*row}));
  report.notes.push_back(fmt::format("{} states no repetitions one by one; their {} was taken",
                                     rows.name, aggregate_of(*row)));
}

/// The hard facts are those of a record, for programs that state them as custom context, and what
/// Google Benchmark says of the build and of the processor's clock.
bool is_hard(const std::string& name) {
  if (name == "num_cpus" || name == "cpu_scaling_enabled" || name == "library_build_type") {
    return true;
  }
  static const Environment known = environment_of(Record{});
  return std::any_of(known.facts.begin(), known.facts.end(),
                     [&](const EnvironmentFact& fact) { return fact.hard && fact.name == name; });
}

/// "L2 Unified 524288, L3 Unified 33554432": the size of each in bytes.
std::string caches_as_text(const Json& caches) {
  std::string text;
  for (const Json& cache : caches) {
    if (!cache.is_object() || !cache.contains("level") || !cache.contains("size")) continue;
    text += fmt::format("{}L{} {} {}", text.empty() ? "" : ", ", cache.at("level").dump(),
                        as_text(cache.value("type", Json(""))), cache.at("size").dump());
  }
  return text;
}

Environment environment_in(const Json& context) {
  Environment environment;
  for (const auto& [name, value] : context.items()) {
    if (name == "caches" && value.is_array()) {
      environment.facts.push_back({name, caches_as_text(value), false});
    }
    // The time and the load differ between any two processes.
    if (name == "date" || name == "load_avg" || value.is_structured() || value.is_null()) continue;
    environment.facts.push_back({name, as_text(value), is_hard(name)});
  }
  return environment;
}

/// Which of the benchmarks of one name a row is of: several families may have the same. Versions
/// before 1.5.3 do not say.
std::string instance_of(const Row& row) {
  std::string instance;
  for (const char* const key : {"family_index", "per_family_instance_index"}) {
    if (row.json.contains(key)) instance += row.json.at(key).dump() + "/";
  }
  return instance;
}

/// Of the last minute; older versions and other systems do not state it.
double load_in(const Json& context) {
  const auto load = context.find("load_avg");
  const bool stated = load != context.end() && load->is_array() && !load->empty();
  return stated && load->front().is_number() ? load->front().get<double>() : kUnknown;
}

std::vector<Rows> rows_by_name(const JsonFile& file) {
  std::vector<Rows> all;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  std::map<std::string, int> instances;
  const Json& list = file.list(file.root(), "", "benchmarks");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Row row{list[i], fmt::format("benchmarks[{}]", i)};
    const std::string name = name_of(file, row);
    const auto [entry, is_new] = places.try_emplace({name, instance_of(row)}, all.size());
    if (is_new) all.push_back({name, ++instances[name], {}, {}});
    Rows& rows = all[entry->second];
    if (std::string aggregate = aggregate_of(row); !aggregate.empty()) {
      rows.aggregates.emplace_back(std::move(aggregate), row);
    } else {
      rows.measured.push_back(row);
    }
  }
  return all;
}

}  // namespace

bool is_google_benchmark(const Json& root) {
  return root.is_object() && (root.contains("benchmarks") || root.contains("context"));
}

ProcessReport read_google_benchmark(const JsonFile& file) {
  ProcessReport report;
  if (file.root().contains("context")) {
    const Json& context = file.field(file.root(), "", "context");
    if (!context.is_object()) file.refuse("context", "is not an object");
    report.environments.push_back(environment_in(context));
    if (context.contains("date")) report.measured_at = as_text(context.at("date"));
    report.load = load_in(context);
  } else {
    report.environments.emplace_back();
  }
  for (const Rows& rows : rows_by_name(file)) add(file, rows, report);
  return report;
}

}  // namespace derate
