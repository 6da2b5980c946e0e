// SPDX-License-Identifier: Apache-2.0
// A line for each rate of the architecture at the specified, maximum and measured clock, then
// memory and link.
#include "report/peak_table.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/line_width.h"
#include "base/table.h"
#include "base/units.h"
#include "hardware/device_rates.h"
#include "hardware/health.h"
#include "hardware/peak.h"
#include "hardware/printed_peaks.h"

namespace derate {
namespace {

double value_of(const Fact& fact) { return fact.value.value_or(kUnknown); }

PeakLine memory_line(const Device& device) {
  const Fact& sheet = device.memory_specified_bytes_per_s;
  const Fact& driver = device.memory_bytes_per_s;
  PeakLine line;
  line.bandwidth_of = "memory";
  line.specified = value_of(sheet);
  line.maximum = value_of(driver);
  line.source = sheet.source;
  if (!driver.source.empty()) line.source += (line.source.empty() ? "" : "; ") + driver.source;
  return line;
}

PeakLine link_line(const Device& device) {
  PeakLine line;
  line.bandwidth_of = "link";
  line.maximum = value_of(device.link_bytes_per_s);
  line.source = "one way: " + device.link_bytes_per_s.source;
  return line;
}

bool is_arithmetic(const PeakLine& line) { return line.bandwidth_of.empty(); }

std::string_view name_of(const PeakLine& line, Precision precision) {
  return is_arithmetic(line) ? to_string(precision) : std::string_view();
}

std::string or_dash(std::string_view text) { return std::string(text.empty() ? "–" : text); }

std::string rate_text(const PeakLine& line, double per_s) {
  return format_rate(per_s, is_arithmetic(line) ? Bound::compute : Bound::memory,
                     to_string(line.rate.operands));
}

using PeakColumn = Column<PeakLine>;

const std::array kPeakColumns = {
    PeakColumn{"units", "units", "",
               [](const PeakLine& l) -> Value {
                 return is_arithmetic(l) ? to_string(l.rate.units) : l.bandwidth_of;
               }},
    PeakColumn{"instruction", "instruction", "",
               [](const PeakLine& l) -> Value { return std::string_view(l.rate.instruction); },
               [](const PeakLine& l) { return or_dash(l.rate.instruction); }},
    PeakColumn{"operands", "operands", "",
               [](const PeakLine& l) -> Value { return name_of(l, l.rate.operands); },
               [](const PeakLine& l) { return or_dash(name_of(l, l.rate.operands)); }},
    PeakColumn{"accumulator", "into", "",
               [](const PeakLine& l) -> Value { return name_of(l, l.rate.accumulator); },
               [](const PeakLine& l) { return or_dash(name_of(l, l.rate.accumulator)); }},
    PeakColumn{"fma_per_unit_and_clock", "FMA/clock", "",
               [](const PeakLine& l) -> Value {
                 return is_arithmetic(l) ? l.rate.fma_per_unit_and_clock : kUnknown;
               }},
    PeakColumn{"specified_clock_hz", "specified", "",
               [](const PeakLine& l) -> Value { return l.specified_clock_hz; },
               [](const PeakLine& l) { return format_frequency(l.specified_clock_hz); }},
    PeakColumn{"peak_specified", "peak there", "",
               [](const PeakLine& l) -> Value { return l.specified; },
               [](const PeakLine& l) { return rate_text(l, l.specified); }},
    PeakColumn{"peak_maximum", "at maximum", "",
               [](const PeakLine& l) -> Value { return l.maximum; },
               [](const PeakLine& l) { return rate_text(l, l.maximum); }},
    PeakColumn{"measured_clock_hz", "measured", "",
               [](const PeakLine& l) -> Value { return l.measured_clock.hz; },
               [](const PeakLine& l) { return format_frequency(l.measured_clock.hz); }},
    PeakColumn{"measured_on", "on", "",
               [](const PeakLine& l) -> Value { return std::string_view(l.measured_clock.of); },
               [](const PeakLine& l) { return or_dash(l.measured_clock.of); }},
    PeakColumn{"peak_measured", "peak there", "",
               [](const PeakLine& l) -> Value { return l.measured; },
               [](const PeakLine& l) { return rate_text(l, l.measured); }},
    PeakColumn{"source", "source", "",
               [](const PeakLine& l) -> Value { return std::string_view(l.source); }}};

constexpr std::array<std::string_view, 9> kPeakLeastFirst = {"source",
                                                             "measured_on",
                                                             "measured_clock_hz",
                                                             "specified_clock_hz",
                                                             "peak_maximum",
                                                             "fma_per_unit_and_clock",
                                                             "accumulator",
                                                             "peak_measured",
                                                             "instruction"};

/// Architecture and N.
std::string units_line(const Device& device) {
  const std::string_view architecture =
      device.architecture.empty() ? "unknown architecture" : std::string_view(device.architecture);
  if (device.compute_units <= 0) return fmt::format("{}: no units are on record", architecture);
  return fmt::format("{}: {:g} {} ({})", architecture, device.compute_units, unit_name(device),
                     device.compute_units_source);
}

/// N, the clocks and the notes, with their sources.
std::vector<std::string> description(const Device& device) {
  std::vector<std::string> lines = {units_line(device)};
  const auto add_clock = [&](std::string_view name, const Fact& clock) {
    if (clock.source.empty()) return;
    lines.push_back(
        clock.value ? fmt::format("{}: {} ({})", name, format_frequency(*clock.value), clock.source)
                    : fmt::format("{}: {}", name, clock.source));
  };
  add_clock("specified clock", device.clock_specified_hz);
  add_clock("specified clock of tensor units", device.clock_tensor_hz);
  add_clock("maximum clock", device.clock_maximum_hz);
  if (rates_of(device).empty()) {
    lines.emplace_back("No source here gives its rates: its peaks are unknown.");
  }
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) lines.push_back(fmt::format("{}: {}", name, text));
  };
  add("state", health_line(device));
  add("not known", health_unknown(device.health));
  add("unusable", device.unusable);
  add("note", device.note);
  return lines;
}

}  // namespace

std::vector<PeakLine> peaks_of(const Device& device, const MeasuredClocks& clocks) {
  std::vector<PeakLine> lines;
  for (const Rate& rate : rates_of(device)) {
    const Peak peak = peak_of(device, rate);
    PeakLine line;
    line.rate = rate;
    line.source = rate.source;
    line.specified_clock_hz = value_of(peak.specified_clock_hz);
    line.specified = peak.at(line.specified_clock_hz);
    if (is_as_printed(rate)) line.rate.fma_per_unit_and_clock = line.specified_clock_hz = kUnknown;
    line.maximum = peak.at(value_of(peak.maximum_clock_hz));
    line.measured_clock = clocks.at(rate);
    line.measured = peak.at(line.measured_clock.hz);
    lines.push_back(line);
  }
  lines.push_back(memory_line(device));
  if (device.link_bytes_per_s.value) lines.push_back(link_line(device));
  return lines;
}

void write_peaks(std::ostream& out, const std::vector<PeakLine>& lines, bool measured,
                 Format format) {
  std::vector<PeakColumn> columns(kPeakColumns.begin(), kPeakColumns.end());
  for (PeakColumn& column : columns) {
    const bool is_measured = column.name.find("measured") != std::string_view::npos;
    if (is_measured && !measured) column.heading = {};
  }
  write(out, std::span<const PeakColumn>(columns), lines, format, {kPeakLeastFirst});
}

void write_description(std::ostream& out, const Device& device, Format format) {
  for (const std::string& line : description(device)) write_sentence(out, line, format);
  out << '\n';
}

}  // namespace derate
