// SPDX-License-Identifier: Apache-2.0
// Key, heading, meaning, value and text of each column of the rows.
#include "report/report_columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/units.h"

namespace derate {

std::string type_text(const Row& row) {
  const bool same = row.accumulator.empty() || row.accumulator == row.precision;
  return same ? row.precision : row.precision + "→" + row.accumulator;
}

namespace {

/// A rate, or the time of a step with its clocks.
std::string achieved_text(const Row& row) {
  std::string text = format_rate(row.achieved.value, bound_of(row), row.precision);
  const double clocks = row.clock_hz / row.achieved.value;
  if (bound_of(row) == Bound::latency && clocks > 0) text += fmt::format(", {:.1f} clocks", clocks);
  return text;
}

/// How a row differs from the calibration, and whether the intervals exclude each other ("!").
std::string against_calibration(const Row& row) {
  const bool by_eta = !std::isnan(row.calibrated.value) && !std::isnan(row.eta.value);
  const Estimate& now = by_eta ? row.eta : row.achieved;
  const Estimate& then = by_eta ? row.calibrated : row.calibrated_rate;
  if (std::isnan(then.value)) return "no factor";
  const bool apart = now.interval.high < then.interval.low || now.interval.low > then.interval.high;
  return fmt::format("{:+.1f} %{}", 100 * (now.value / then.value - 1), apart ? " !" : "");
}

std::string workload_text(const Row& row) { return row.workload + conditions(row); }

/// "80 % power_cap"
std::string throttled_text(const Row& row) {
  if (std::isnan(row.throttled_share)) return "–";
  std::string text = format_percent(row.throttled_share, 0);
  if (row.throttled_share > 0) text += fmt::format(" {}", fmt::join(row.throttle_reasons, ","));
  return text;
}

/// One sample has no interval.
double low_of(const Estimate& figure) {
  return figure.interval.confidence > 0 ? figure.interval.low : kUnknown;
}
double high_of(const Estimate& figure) {
  return figure.interval.confidence > 0 ? figure.interval.high : kUnknown;
}

using RowColumn = Column<Row>;

const std::array kColumns = {
    RowColumn{"backend", "", "host or cuda",
              [](const Row& r) -> Value { return std::string_view(r.context->backend); }},
    RowColumn{"device_index", "", "position within the backend",
              [](const Row& r) -> Value { return r.context->device_index; }},
    RowColumn{"device", "", "the device's name",
              [](const Row& r) -> Value { return std::string_view(r.context->device_name); }},
    RowColumn{"device_id", "", "hash of the device's identity",
              [](const Row& r) -> Value { return std::string_view(r.context->device_id); }},
    RowColumn{
        "architecture", "", "sm_90, zen5, ...",
        [](const Row& r) -> Value { return std::string_view(r.context->device_architecture); }},
    RowColumn{"driver", "", "version of its driver, or of the kernel",
              [](const Row& r) -> Value { return std::string_view(r.context->driver_version); }},
    RowColumn{"runtime", "", "version of the CUDA runtime",
              [](const Row& r) -> Value { return std::string_view(r.context->runtime_version); }},
    RowColumn{"tool_version", "", "of the derate that measured",
              [](const Row& r) -> Value { return std::string_view(r.context->tool_version); }},
    RowColumn{"tool_commit", "", "its commit",
              [](const Row& r) -> Value { return std::string_view(r.context->tool_commit); }},
    RowColumn{"build_type", "", "how it was built",
              [](const Row& r) -> Value { return std::string_view(r.context->build_type); }},
    RowColumn{"workload", "workload", "gemm, fma_chain, vector_add, ...",
              [](const Row& r) -> Value { return std::string_view(r.workload); }, workload_text},
    RowColumn{"variant", "variant", "which implementation",
              [](const Row& r) -> Value { return std::string_view(r.variant); }},
    RowColumn{"provider", "", "whose code",
              [](const Row& r) -> Value { return std::string_view(r.provider); }},
    RowColumn{"library", "", "library behind the provider",
              [](const Row& r) -> Value { return std::string_view(r.library); }},
    RowColumn{"algorithm", "", "which of its algorithms or configurations was taken",
              [](const Row& r) -> Value { return std::string_view(r.algorithm); }},
    RowColumn{"precision", "type", "format of the operands; for people with that of the sums",
              [](const Row& r) -> Value { return std::string_view(r.precision); }, type_text},
    RowColumn{"accumulator", "", "format of the sums",
              [](const Row& r) -> Value { return std::string_view(r.accumulator); }},
    RowColumn{"units", "", "vector or tensor",
              [](const Row& r) -> Value { return std::string_view(r.units); }},
    RowColumn{"instruction", "", "that does all the arithmetic; empty for a program of many",
              [](const Row& r) -> Value { return std::string_view(r.instruction); }},
    RowColumn{"problem", "problem", "extents",
              [](const Row& r) -> Value { return std::string_view(r.problem); }},
    RowColumn{"size_class", "", "problems that share a derate factor",
              [](const Row& r) -> Value { return std::string_view(r.size_class); }},
    RowColumn{"bound", "",
              "compute, memory, cache, link, ... or latency: which peak applies, if any",
              [](const Row& r) -> Value { return std::string_view(r.bound); }},
    RowColumn{"data", "", "uniform (random) or zeros",
              [](const Row& r) -> Value { return std::string_view(r.data); }},
    RowColumn{"cache", "", "hot or cold",
              [](const Row& r) -> Value { return std::string_view(r.cache); }},
    RowColumn{"mode", "", "burst or sustained",
              [](const Row& r) -> Value { return std::string_view(r.mode); }},
    RowColumn{"devices_at_once", "", "devices under load at the same time",
              [](const Row& r) -> Value { return r.devices_at_once; }},
    RowColumn{"side_by_side", "", "1 where variants were interleaved sample by sample, otherwise 0",
              [](const Row& r) -> Value { return std::int64_t{r.side_by_side}; }},
    RowColumn{
        "achieved", "achieved",
        "FLOP/s; B/s where memory, a cache or a link bounds the work; steps/s where latency does, "
        "for people "
        "as the time and the clocks of one step",
        [](const Row& r) -> Value { return r.achieved.value; }, achieved_text},
    RowColumn{"achieved_low", "", "lower end of its 95 % interval",
              [](const Row& r) -> Value { return low_of(r.achieved); }},
    RowColumn{"achieved_high", "", "upper end",
              [](const Row& r) -> Value { return high_of(r.achieved); }},
    RowColumn{
        "peak", "peak",
        "2·N·C at the specified clock, or the bandwidth of memory or link; unknown where no source "
        "gives N or C",
        [](const Row& r) -> Value { return r.peak; },
        [](const Row& r) { return format_rate(r.peak, bound_of(r), r.precision); }},
    RowColumn{"peak_per_clock", "", "2·N: FLOP of the whole device per clock, or bytes",
              [](const Row& r) -> Value { return r.peak_per_clock; }},
    RowColumn{"clock_reference_hz", "",
              "C: the clock of the peak, which is the maximum where none is specified",
              [](const Row& r) -> Value { return r.clock_reference_hz; }},
    RowColumn{"clock_specified_source", "", "where C comes from",
              [](const Row& r) -> Value { return std::string_view(r.clock_specified_source); }},
    RowColumn{"clock_maximum_hz", "", "by driver or kernel",
              [](const Row& r) -> Value { return r.context->clock_maximum_hz; }},
    RowColumn{"peak_instruction", "", "the instruction that reaches it",
              [](const Row& r) -> Value { return std::string_view(r.peak_instruction); }},
    RowColumn{"peak_source", "", "where N comes from",
              [](const Row& r) -> Value { return std::string_view(r.peak_source); }},
    RowColumn{"eta", "η [95 % interval]",
              "derate factor: achieved ÷ peak; above 1 where the clock exceeds the "
              "specified one",
              [](const Row& r) -> Value { return r.eta.value; },
              [](const Row& r) { return format_percent(r.eta); }},
    RowColumn{"eta_low", "", "lower end of its 95 % interval",
              [](const Row& r) -> Value { return low_of(r.eta); }},
    RowColumn{"eta_high", "", "upper end", [](const Row& r) -> Value { return high_of(r.eta); }},
    RowColumn{"eta_measured", "η at clock [95 % interval]",
              "achieved ÷ peak at the clock measured meanwhile",
              [](const Row& r) -> Value { return r.eta_measured.value; },
              [](const Row& r) { return format_percent(r.eta_measured); }},
    RowColumn{"eta_measured_low", "", "lower end of its 95 % interval",
              [](const Row& r) -> Value { return low_of(r.eta_measured); }},
    RowColumn{"eta_measured_high", "", "upper end",
              [](const Row& r) -> Value { return high_of(r.eta_measured); }},
    RowColumn{"clock_hz", "clock", "measured during the run",
              [](const Row& r) -> Value { return r.clock_hz; },
              [](const Row& r) { return format_frequency(r.clock_hz); }},
    RowColumn{"clock_ratio", "÷ spec.", "measured ÷ specified clock",
              [](const Row& r) -> Value { return r.clock_ratio; },
              [](const Row& r) { return format_percent(r.clock_ratio); }},
    RowColumn{"spread", "spread", "scaled median absolute deviation of the samples ÷ median",
              [](const Row& r) -> Value { return r.spread; },
              [](const Row& r) { return format_percent(r.spread, 2); }},
    RowColumn{"throttled", "",
              "share of the samples during which something held the clock down, of those with a "
              "reading; for people with the reasons, and only where there is one",
              [](const Row& r) -> Value { return r.throttled_share; }, throttled_text},
    RowColumn{"throttle_reasons", "", "what held it down",
              [](const Row& r)
                  -> Value { return fmt::format("{}", fmt::join(r.throttle_reasons, ",")); }},
    RowColumn{"throttled_power_s", "", "time that the driver counts as held down for power [s]",
              [](const Row& r) -> Value { return r.throttled_power_s; }},
    RowColumn{"throttled_thermal_s", "", "the same, for temperature [s]",
              [](const Row& r) -> Value { return r.throttled_thermal_s; }},
    RowColumn{"throttled_other_s", "", "the same, for anything else [s]",
              [](const Row& r) -> Value { return r.throttled_other_s; }},
    RowColumn{"clock_setting", "", "1 where somebody's setting limited the clock, otherwise 0",
              [](const Row& r) -> Value { return r.clock_setting; }},
    RowColumn{"memory_clock_ratio", "", "the memory's clock under load ÷ its maximum",
              [](const Row& r) -> Value { return r.memory_clock_ratio; }},
    RowColumn{"ecc_corrected", "", "memory errors that ECC corrected meanwhile",
              [](const Row& r) -> Value { return r.ecc_corrected; }},
    RowColumn{"ecc_uncorrected", "", "those that it could not",
              [](const Row& r) -> Value { return r.ecc_uncorrected; }},
    RowColumn{"pcie_link", "", "the PCIe link under load",
              [](const Row& r) -> Value { return std::string_view(r.pcie_link); }},
    RowColumn{"pcie_link_maximum", "", "the fastest that device and slot can have",
              [](const Row& r) -> Value { return std::string_view(r.pcie_link_maximum); }},
    RowColumn{"energy", "", "J/FLOP, J/B or J/step of the whole device, pauses included",
              [](const Row& r) -> Value { return r.energy.value; },
              [](const Row& r) { return format_energy(r.energy, bound_of(r), r.precision); }},
    RowColumn{"energy_low", "",
              "lower end of its interval: a step of the counter less, and the pauses",
              [](const Row& r) -> Value { return r.energy.interval.low; }},
    RowColumn{"energy_high", "", "upper end of its interval: a step of the counter more",
              [](const Row& r) -> Value { return r.energy.interval.high; }},
    RowColumn{"reading_effect", "", "time of samples with a sensor reading ÷ of those without",
              [](const Row& r) -> Value { return r.reading_effect.value; }},
    RowColumn{"reading_effect_low", "", "lower end of its 95 % interval",
              [](const Row& r) -> Value { return r.reading_effect.interval.low; }},
    RowColumn{"reading_effect_high", "", "upper end",
              [](const Row& r) -> Value { return r.reading_effect.interval.high; }},
    RowColumn{"power_w", "", "power under load [W]",
              [](const Row& r) -> Value { return r.power_w; }},
    RowColumn{"temperature_c", "", "temperature under load [°C]",
              [](const Row& r) -> Value { return r.temperature_c; }},
    RowColumn{"other_processes", "", "other processes that held the device",
              [](const Row& r) -> Value { return r.other_processes; }},
    RowColumn{"others_share", "", "share of the device's time that other programs had",
              [](const Row& r) -> Value { return r.others_share; }},
    RowColumn{"host_bound_share", "",
              "share of the samples in which the device waited for the host",
              [](const Row& r) -> Value { return r.host_bound_share; }},
    RowColumn{"rounds", "", "independent repetitions",
              [](const Row& r) -> Value { return r.rounds; }},
    RowColumn{"samples", "n", "samples over all rounds",
              [](const Row& r) -> Value { return r.samples; }},
    RowColumn{"outcome", "outcome", "passed, unstable, suspect, unsupported, incorrect or failed",
              [](const Row& r) -> Value { return to_string(r.outcome); }},
    RowColumn{"message", "", "why, unless it passed",
              [](const Row& r) -> Value { return std::string_view(r.message); }},
    RowColumn{"eta_calibrated", "vs calibration", "η that a calibration holds for this size class",
              [](const Row& r) -> Value { return r.calibrated.value; }, against_calibration}};

/// Whether a variant was measured with two versions of its library, so that rows look alike.
bool several_libraries(std::span<const Row> rows) {
  std::map<std::string, std::string> library_of;
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    return library_of.try_emplace(row.variant, row.library).first->second != row.library;
  });
}

bool any_throttled(std::span<const Row> rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const Row& row) { return row.throttled_share > 0; });
}

bool any_energy(std::span<const Row> rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.energy.value > 0; });
}

}  // namespace

table::Narrowing report_narrowing() {
  static constexpr std::array<std::string_view, 15> kLeastFirst = {
      "samples",   "clock_ratio", "spread",         "energy",       "library",
      "throttled", "clock_hz",    "peak",           "eta_measured", "outcome",
      "problem",   "eta",         "eta_calibrated", "precision",    "variant"};
  return {kLeastFirst, 10};
}

std::span<const Column<Row>> report_columns() { return kColumns; }

std::span<const Column<Row>> report_columns_plain() {
  return std::span(kColumns).first(kColumns.size() - 1);
}

std::vector<Column<Row>> report_columns_for(std::span<const Row> rows) {
  const bool compared = std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    return !std::isnan(row.calibrated.value) || !std::isnan(row.calibrated_rate.value);
  });
  const std::span<const Column<Row>> all = compared ? report_columns() : report_columns_plain();
  std::vector<Column<Row>> shown(all.begin(), all.end());
  const auto show = [&](std::string_view name) {
    std::find_if(shown.begin(), shown.end(), [&](const Column<Row>& column) {
      return column.name == name;
    })->heading = name;
  };
  if (several_libraries(rows)) show("library");
  if (any_throttled(rows)) show("throttled");
  if (any_energy(rows)) show("energy");
  return shown;
}

}  // namespace derate
