// SPDX-License-Identifier: Apache-2.0
// Gathers for each device what a report says, and for its plots the samples, the work of a launch
// and the GEMM models.
#include "page/report_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "attribution/waterfall_report.h"
#include "base/units.h"
#include "derate/report.h"
#include "page/gemm_sections.h"
#include "page/page.h"
#include "page/page_json.h"
#include "record/rows_by_device.h"
#include "record/side_by_side.h"
#include "report/device_classes.h"
#include "report/device_verdict.h"
#include "report/report_columns.h"
#include "report/report_notes.h"

namespace derate::page {
namespace {

constexpr std::string_view kWarning = "WARNING: ";

/// What stands at the top of a device's part: the verdict, the rule of thumb, and what limits it.
Json top_of(DeviceRows device) {
  const DeviceVerdict verdict = verdict_of(device, device_classes(device, References::built_in()));
  Json reasons = {conclusion(device)};
  for (const std::string& note : report_notes::of_device(device)) {
    if (note.starts_with(kWarning)) reasons.push_back(note.substr(kWarning.size()));
  }
  for (const std::string& note : report_notes::of_rows(device)) reasons.push_back(note);
  return {{"sentence",
           fmt::format("{}: {}", to_string(verdict.state), fmt::join(verdict.reasons, "; "))},
          {"reasons", reasons}};
}

/// Pairs of what it is and its value; what is not known is left out.
Json facts_of(DeviceRows device) {
  const Context& context = *device.front().context;
  Json facts = Json::array();
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty() && value != "–") facts.push_back({name, value});
  };
  const auto sized = [](double bytes) { return bytes > 0 ? format_bytes(bytes) : ""; };
  add("device", context.device_name);
  add("architecture", context.device_architecture);
  add("selector", fmt::format("{}:{}", context.backend, context.device_index));
  add("id", context.device_id);
  add(context.backend == "host" ? "cores" : "compute units",
      fmt::format("{:g}", context.compute_units));
  add("memory", sized(context.memory_bytes));
  add("last-level cache", sized(context.last_level_cache_bytes));
  add("specified clock", format_frequency(context.clock_specified_hz));
  add("maximum clock", format_frequency(context.clock_maximum_hz));
  add(context.backend == "host" ? "kernel" : "driver", context.driver_version);
  add("runtime", context.runtime_version);
  add("last record", context.time_utc);
  add("derate",
      fmt::format("{} ({}, {})", context.tool_version, context.tool_commit, context.build_type));
  return facts;
}

/// The other notes: where N, C and software come from.
Json sources_of(DeviceRows device) {
  Json notes = Json::array();
  for (const std::string& note : report_notes::of_device(device)) {
    if (!note.starts_with(kWarning)) notes.push_back(note);
  }
  return notes;
}

/// Column by column, which is shorter than an object for each sample.
Json samples_of(const MeasuredSamples& measured, DeviceRows device, DeviceRows shown) {
  const std::vector<Sample> samples = measured.of(shown);
  const auto column = [&](const auto& value) {
    Json list = Json::array();
    for (const Sample& sample : samples) list.push_back(value(sample));
    return list;
  };
  const auto readings = [&](double Sample::*member, int digits) {
    const bool any = std::any_of(samples.begin(), samples.end(),
                                 [&](const Sample& sample) { return !std::isnan(sample.*member); });
    return any ? column([&](const Sample& s) { return number(s.*member, digits); }) : Json::array();
  };
  std::int64_t taken = 0;
  for (const Row& row : device) taken += row.samples;
  return {{"taken", taken},
          {"row", column([](const Sample& s) { return Json(s.row); })},
          {"round", column([](const Sample& s) { return Json(s.round); })},
          {"time_s", readings(&Sample::time_s, 6)},
          {"rate", readings(&Sample::rate, 5)},
          {"clock_hz", readings(&Sample::clock_hz, 5)},
          {"power_w", readings(&Sample::power_w, 4)},
          {"temperature_c", readings(&Sample::temperature_c, 3)},
          {"throttled", readings(&Sample::throttled, 1)}};
}

/// FLOP and bytes of a launch of each row.
Json work_of(DeviceRows rows) {
  Json work = Json::array();
  for (const Row& row : rows) work.push_back({number(row.work.flops), number(row.work.bytes)});
  return work;
}

Json steps_of(const Waterfall& waterfall) {
  Json steps = Json::array();
  double before = 1;
  for (const auto& [factor, after, lost] : waterfall.steps) {
    steps.push_back({{"name", factor.name},
                     {"value", number(factor.value.value)},
                     {"low", number(factor.value.interval.low)},
                     {"high", number(factor.value.interval.high)},
                     {"before", number(before)},
                     {"after", number(after)},
                     {"note", factor.note}});
    before = after;
  }
  return steps;
}

Json waterfalls_of(std::span<const Waterfall> waterfalls, const std::string& device_id) {
  Json all = Json::array();
  for (const Waterfall& waterfall : waterfalls) {
    const Record& record = waterfall.whole;
    if (record.device_id != device_id) continue;
    all.push_back(
        {{"title", title_of(record)},
         {"peak", format_rate(waterfall.peak, bound_of(record), record.precision)},
         {"delivered", format_rate(waterfall.delivered.value, bound_of(record), record.precision)},
         {"eta", number(waterfall.eta.value)},
         {"steps", steps_of(waterfall)},
         {"notes", waterfall.notes}});
  }
  return all;
}

Json device_json(const ReportInput& input, DeviceRows device, std::size_t most_rows) {
  const Context& context = *device.front().context;
  const DeviceRows shown = device.first(std::min(device.size(), most_rows));
  const std::vector<SideBySide> comparisons = compare_side_by_side(device);
  Json models = Json::array();
  for (const Calibration& calibration : input.calibrations) {
    if (calibration.device.device_id != context.device_id) continue;
    for (const CalibratedGemm& gemm : calibration.gemm_models) {
      models.push_back(gemm_sections(gemm));
    }
  }
  return {{"name", context.device_name},
          {"selector", fmt::format("{}:{}", context.backend, context.device_index)},
          {"tool_version", context.tool_version},
          {"at_measured_clock", shown_at_measured_clock(device)},
          {"verdict", top_of(device)},
          {"facts", facts_of(device)},
          {"notes", sources_of(device)},
          {"rows", table_of<Row>(report_columns_for(device), shown)},
          {"rows_left_out", device.size() - shown.size()},
          {"work", work_of(shown)},
          {"samples", samples_of(input.samples, device, shown)},
          {"side_by_side", table_of(side_by_side_columns(), comparisons)},
          {"side_by_side_sentences", side_by_side_sentences(comparisons)},
          {"models", models},
          {"waterfalls", waterfalls_of(input.waterfalls, context.device_id)}};
}

Json bad_lines(std::span<const BadLine> bad) {
  constexpr std::size_t kShown = 20;
  Json lines = Json::array();
  for (const BadLine& line : bad.first(std::min(bad.size(), kShown))) {
    lines.push_back(fmt::format("{}:{}: {}", line.file, line.line, line.reason));
  }
  return lines;
}

}  // namespace

Json report_data(const ReportInput& input) {
  const std::vector<DeviceRows> devices = by_device(input.rows);
  Json data = {{"page", "report"},
               {"devices", Json::array()},
               {"devices_left_out", devices.size() - std::min(devices.size(), kMostDevices)},
               {"unreadable", bad_lines(input.bad)},
               {"unreadable_count", input.bad.size()}};
  std::size_t rows_left = kMostRows;
  for (const DeviceRows device : std::span(devices).first(std::min(devices.size(), kMostDevices))) {
    data["devices"].push_back(device_json(input, device, std::max(rows_left, kFewestRows)));
    rows_left -= std::min(rows_left, device.size());
  }
  return data;
}

std::string report_html(const ReportInput& input) { return html(report_data(input)); }

}  // namespace derate::page
