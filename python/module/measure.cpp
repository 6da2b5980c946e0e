// SPDX-License-Identifier: Apache-2.0
// A Python function through the rounds that every workload goes through: its own description as a
// Workload, the session of its device, records, and the row that they make.
#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backend/selection.h"
#include "base/units.h"
#include "bench/record_context.h"
#include "bench/round.h"
#include "bench/suites.h"
#include "derate/aggregate.h"
#include "derate/error.h"
#include "derate/record_file.h"
#include "hardware/peak.h"
#include "measure/sampler.h"
#include "module/bindings.h"
#include "module/measured_function.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

/// What derate/_measuring.py has found out and made sure of.
struct MeasureRequest {
  std::string name;
  std::string variant;
  std::string provider;
  std::string library;
  std::string precision;
  std::string units;  ///< empty: those that a library would take
  std::string bound;  ///< empty: whichever takes longer at its peak
  double flops = 0;
  double bytes = 0;
  std::string problem;  ///< may be empty
  std::string cache;
  std::string device;                   ///< its selector
  std::optional<std::uint64_t> stream;  ///< a cudaStream_t
  int rounds = 1;
  double time_limit_s = 0;
  std::string out;  ///< empty: nowhere
  std::string run;  ///< empty: named by time and process
};

[[noreturn]] void refuse_argument(const std::string& sentence) {
  throw Error(ExitCode::usage, sentence);
}

Precision precision_of(const MeasureRequest& request) {
  if (const auto precision = parse_precision(request.precision)) return *precision;
  std::string names;
  for (const PrecisionFacts& facts : kPrecisions) {
    names += (names.empty() ? "" : ", ") + std::string(facts.name);
  }
  refuse_argument(fmt::format("precision: \"{}\" is none of {}", request.precision, names));
}

Problem problem_of(const MeasureRequest& request) {
  if (request.problem.empty()) {
    return std::initializer_list<std::pair<std::string, std::int64_t>>{};  // of one size
  }
  std::string reason;
  const auto problem = Problem::parse(request.problem, &reason);
  if (!problem) refuse_argument("problem: " + reason);
  return *problem;
}

/// The units that a library takes for products of the format: of all but f32 tensor units, where
/// the device is of a kind that may have some.
Units usual_units(const Device& device, Precision precision) {
  const bool on_vector_units =
      precision == Precision::f32 || facts_of(precision).arithmetic != Arithmetic::matrix_products;
  return device.backend == "host" || on_vector_units ? Units::vector : Units::tensor;
}

/// The one of its two peaks that work takes longer at; compute where one of them is not known.
Bound longer_at_its_peak(const Device& device, const Work& work, Precision precision, Units units) {
  if (work.flops <= 0) return Bound::memory;
  if (work.bytes <= 0) return Bound::compute;
  const auto time_s = [&](Bound bound) -> std::optional<double> {
    const auto peak = peak_of(device, bound, precision, units);
    const auto rate = peak ? peak->specified() : std::nullopt;
    return rate ? std::optional(work.amount(bound) / *rate) : std::nullopt;
  };
  const auto compute_s = time_s(Bound::compute);
  const auto memory_s = time_s(Bound::memory);
  return compute_s && memory_s && *memory_s > *compute_s ? Bound::memory : Bound::compute;
}

Workload workload_of(const MeasureRequest& request, const Device& device,
                     MeasuredFunction& function) {
  Workload workload;
  workload.name = request.name;
  workload.variant = request.variant;
  workload.provider = request.provider;
  workload.backend = device.backend;
  workload.precision = precision_of(request);
  workload.units = request.units.empty() ? usual_units(device, workload.precision)
                   : request.units == to_string(Units::tensor) ? Units::tensor
                                                               : Units::vector;
  const Work work{.flops = request.flops, .bytes = request.bytes};
  workload.bound = request.bound.empty()
                       ? longer_at_its_peak(device, work, workload.precision, workload.units)
                       : parse_bound(request.bound).value_or(Bound::compute);
  workload.cache =
      request.cache == to_string(CachePolicy::cold) ? CachePolicy::cold : CachePolicy::hot;
  workload.work = [work](const Problem&) { return work; };
  workload.size_class = [](const Problem&) { return "any"; };
  if (!request.library.empty()) workload.library = [&] { return request.library; };
  workload.prepare = [&function, on_stream = request.stream.has_value()](
                         const Problem&, const Operands&, Session&) {
    return make_instance(function, on_stream);
  };
  return workload;
}

/// Says why there is no device at all of the kind that was asked for, whatever its number.
void refuse_absent(const std::string& device, const Inventory& inventory) {
  for (const Inventory::Entry& entry : inventory.entries) {
    const bool is_meant = device.starts_with(entry.backend->name());
    if (!is_meant || !entry.probe.devices.empty()) continue;
    throw Error(ExitCode::no_device,
                fmt::format("no {} device: {}", entry.backend->name(), entry.probe.reason));
  }
}

/// The device that is meant, opened.
std::unique_ptr<Session> open_session(const MeasureRequest& request) {
  // Whoever has a stream has asked the driver already.
  const Drivers drivers = request.stream ? Drivers::tried : Drivers::untried;
  const Inventory inventory = probe_backends({request.device}, drivers);
  refuse_absent(request.device, inventory);
  const std::vector<Selected> chosen = select_devices(inventory, {request.device});
  const auto& [backend, device] = chosen.front();
  if (!device.unusable.empty()) throw Error(ExitCode::no_device, device.unusable);
  if (request.stream) return open_on_stream(device, *request.stream);
  return holding_the_lock(backend->open(device));
}

/// A measurement that went well says that nobody looked at the result.
void note_unchecked(Record& record) {
  const Outcome outcome = parse_outcome(record.outcome);
  if (outcome != Outcome::passed && outcome != Outcome::unstable) return;
  record.message +=
      (record.message.empty() ? "" : "; ") + std::string("the result was not checked");
}

/// Runs without the interpreter's lock. Throws Interrupted.
std::vector<Record> run_rounds(const MeasureRequest& request, MeasuredFunction& function) {
  const Problem problem = problem_of(request);
  static_cast<void>(precision_of(request));
  std::unique_ptr<RecordWriter> writer;
  const std::unique_ptr<Session> session = open_session(request);
  if (!request.out.empty()) writer = std::make_unique<RecordWriter>(request.out);
  const Workload workload = workload_of(request, session->device(), function);
  Plan plan = plan_of(Mode::burst);
  plan.time_limit_s = request.time_limit_s;
  plan = bench::plan_for(plan, workload, session->device(), DataPattern::uniform);
  const std::string run = request.run.empty() ? bench::default_run_name() : request.run;
  std::vector<Record> records;
  bool lost = false;
  for (int round = 0; round < request.rounds && !lost; ++round) {
    Record& record =
        records.emplace_back(bench::record_of(workload, problem, session->device(), plan, run));
    const bench::Participant participant{&workload, &record};
    bench::measure_round({&participant, 1}, problem, *session, plan, lost,
                         [&] { return function.interrupted(); });
    if (!function.is_checked()) note_unchecked(record);
    if (writer) writer->write(record);
    if (parse_outcome(record.outcome) >= Outcome::unsupported) break;
  }
  return records;
}

nlohmann::json json_of(const Estimate& estimate) {
  return {{"value", estimate.value},
          {"low", estimate.interval.low},
          {"high", estimate.interval.high},
          {"confidence", estimate.interval.confidence}};
}

/// "matmul: 486.5 GFLOP/s, η 146.4 % [143.9, 149.2], at clock 90.0 % [89.0, 90.7], passed"
std::string one_line(const Row& row) {
  std::string line = row.workload + ": ";
  if (row.rounds > 0) {
    line += format_rate(row.achieved.value, bound_of(row), row.precision);
    line += row.peak > 0 ? ", η " + format_percent(row.eta) : ", no known peak";
    if (row.eta_measured.value > 0) line += ", at clock " + format_percent(row.eta_measured);
    line += ", ";
  }
  line += to_string(row.outcome);
  return row.message.empty() ? line : line + ": " + row.message;
}

std::string row_as_json(const std::vector<Record>& records) {
  Aggregate aggregate;
  for (const Record& record : records) aggregate.add(record);
  const Row row = aggregate.rows().front();
  return nlohmann::json{{"outcome", to_string(row.outcome)},
                        {"message", row.message},
                        {"bound", row.bound},
                        {"achieved", json_of(row.achieved)},
                        {"peak", row.peak},
                        {"peak_source", row.peak_source},
                        {"eta", json_of(row.eta)},
                        {"eta_at_clock", json_of(row.eta_measured)},
                        {"clock_hz", row.clock_hz},
                        {"time_s", row.amount / row.achieved.value},
                        {"line", one_line(row)}}
      .dump();
}

/// The records as lines of JSON, their row as JSON, and the exception of the function or None.
std::tuple<std::vector<std::string>, std::string, nb::object> measure_function(
    const nb::object& function, const nb::object& check, const MeasureRequest& request) {
  MeasuredFunction measured(function, check);
  std::vector<Record> records;
  try {
    const nb::gil_scoped_release others_may_run;
    records = run_rounds(request, measured);
  } catch (const Interrupted&) {
    measured.rethrow_interrupt();
  } catch (const DeviceError& error) {
    throw Error(ExitCode::no_device, fmt::format("{}: {}", request.device, error.what()));
  }
  std::vector<std::string> lines;
  for (const Record& record : records) lines.push_back(to_json_line(record));
  return {std::move(lines), row_as_json(records), measured.error()};
}

}  // namespace

void bind_measure(nb::module_& module) {
  nb::list precisions;
  for (const PrecisionFacts& facts : kPrecisions) precisions.append(std::string(facts.name));
  module.attr("precisions") = nb::tuple(precisions);
  module.def(
      "measure",
      [](const nb::object& function, const nb::object& check, std::string name, std::string variant,
         std::string provider, std::string library, std::string precision, std::string units,
         std::string bound, double flops, double bytes, std::string problem, std::string cache,
         std::string device, std::optional<std::uint64_t> stream, int rounds, double time_limit_s,
         nb::handle out, std::string run) {
        return measure_function(
            function, check,
            {std::move(name), std::move(variant), std::move(provider), std::move(library),
             std::move(precision), std::move(units), std::move(bound), flops, bytes,
             std::move(problem), std::move(cache), std::move(device), stream, rounds, time_limit_s,
             system_text(out), std::move(run)});
      },
      nb::arg("function"), nb::arg("check").none(), nb::kw_only(), nb::arg("name"),
      nb::arg("variant"), nb::arg("provider"), nb::arg("library"), nb::arg("precision"),
      nb::arg("units"), nb::arg("bound"), nb::arg("flops"), nb::arg("bytes"), nb::arg("problem"),
      nb::arg("cache"), nb::arg("device"), nb::arg("stream").none(), nb::arg("rounds"),
      nb::arg("time_limit_s"), nb::arg("out"), nb::arg("run"),
      "Measures a function as derate/_measuring.py asks, and returns its records as lines of JSON, "
      "their row as JSON, and the exception that it raised or None.");
}

}  // namespace derate::python
