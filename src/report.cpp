// SPDX-License-Identifier: Apache-2.0
#include "derate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>
#include <vector>

#include "derate/ceiling.h"
#include "derate/units.h"
#include "report_columns.h"

namespace derate {
namespace {

/// Rows of one device and build; they share a context.
using DeviceRows = std::span<const Row>;

const Context& context_of(DeviceRows device) { return *device.front().context; }

/// Summary keeps the rows of a context together.
std::vector<DeviceRows> by_device(std::span<const Row> rows) {
  std::vector<DeviceRows> devices;
  while (!rows.empty()) {
    const auto end = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
      return row.context != rows.front().context;
    });
    devices.push_back(rows.first(static_cast<std::size_t>(end - rows.begin())));
    rows = rows.subspan(devices.back().size());
  }
  return devices;
}

double median_clock_hz(std::span<const Row> rows) {
  std::vector<double> clocks;
  for (const Row& row : rows) {
    if (row.clock_hz > 0) clocks.push_back(row.clock_hz);
  }
  return median(clocks);
}

std::string clock_line(DeviceRows device) {
  const Context& context = context_of(device);
  std::string line = "C: measured " + format_frequency(median_clock_hz(device));
  line += "; specified " + format_frequency(context.clock_specified_hz);
  if (!context.clock_specified_source.empty()) line += " (" + context.clock_specified_source + ")";
  if (!std::isnan(context.clock_maximum_hz)) {
    line += "; maximum " + format_frequency(context.clock_maximum_hz) + " (" +
            context.clock_maximum_source + ")";
  }
  return line;
}

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

/// What a reader must know of a device before its figures: N, C, software, and any warning.
std::vector<std::string> device_lines(DeviceRows device) {
  const Context& context = context_of(device);
  std::vector<std::string> lines = {clock_line(device)};
  std::vector<std::string> seen;
  for (const Row& row : device) {
    const std::string& source = row.peak_source;
    if (source.empty() || std::find(seen.begin(), seen.end(), source) != seen.end()) continue;
    seen.push_back(source);
    lines.push_back((row.bound == "memory" ? "B: " : "N: ") + source);
  }
  lines.push_back(fmt::format("driver {}, runtime {}; derate {} ({}, {})", context.driver_version,
                              context.runtime_version, context.tool_version, context.tool_commit,
                              context.build_type));
  std::vector<std::string> libraries;
  for (const Row& row : device) {
    if (row.library.empty()) continue;
    if (std::find(libraries.begin(), libraries.end(), row.library) == libraries.end()) {
      libraries.push_back(row.library);
      lines.back() += "; " + row.library;
    }
  }
  if (!context.device_remark.empty()) lines.push_back("note: " + context.device_remark);
  if (std::isnan(context.clock_specified_hz) && !std::isnan(context.clock_maximum_hz)) {
    lines.push_back("peaks are at the maximum clock, since none is specified");
  }
  double others = 0;
  for (const Row& row : device) others = std::fmax(others, row.others_share);
  if (others > kSharedAbove) {
    lines.push_back(fmt::format("WARNING: other programs had up to {} of the device meanwhile",
                                format_percent(others, 0)));
  }
  double processes = 0;
  for (const Row& row : device) processes = std::fmax(processes, row.other_processes);
  if (processes > 0) {
    lines.push_back(fmt::format("WARNING: up to {:g} other process{} held the device meanwhile",
                                processes, processes > 1 ? "es" : ""));
  }
  if (const std::string sentence = ceilings_sentence(device); !sentence.empty()) {
    lines.push_back(sentence);
  }
  if (context.build_type != "Release") {
    lines.push_back(fmt::format("WARNING: a {} build measured this; only Release figures count",
                                context.build_type.empty() ? "non-Release" : context.build_type));
  }
  return lines;
}

/// What a reader must know of rows that did not pass; unstable ones are only counted, since the
/// table shows their intervals.
std::vector<std::string> trouble(std::span<const Row> rows) {
  std::vector<std::string> lines;
  std::size_t unstable = 0;
  for (const Row& row : rows) {
    if (row.outcome == Outcome::unstable) ++unstable;
    if (row.outcome == Outcome::passed || row.outcome == Outcome::unstable) continue;
    lines.push_back(fmt::format("{}: {} {} {} {}{}{}", to_string(row.outcome), row.workload,
                                row.variant, row.precision, row.problem,
                                row.message.empty() ? "" : ": ", row.message));
  }
  const auto throttled = std::count_if(rows.begin(), rows.end(),
                                       [](const Row& row) { return row.throttled_share > 0; });
  if (throttled > 0) {
    lines.push_back(
        fmt::format("throttled: the clock of {} of {} rows was held down in the share of samples "
                    "given, for the "
                    "reason given; η at clock allows for it, η does not",
                    throttled, rows.size()));
  }
  if (unstable > 0) {
    lines.push_back(fmt::format(
        "unstable: {} of {} rows have an interval wider than ±{}, too few samples, or shared the "
        "device with other programs; a quieter machine or more --rounds helps",
        unstable, rows.size(), format_percent(kUnstableAbove, 0)));
  }
  return lines;
}

std::string bad_line_text(const BadLine& bad) {
  return fmt::format("{}:{}: {}", bad.file, bad.line, bad.reason);
}

constexpr std::size_t kBadLinesShown = 20;

void write_for_people(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                      Format format, std::span<const Column<Row>> columns) {
  const bool markdown = format == Format::markdown;
  const std::string bullet = markdown ? "- " : "  ";
  if (markdown) out << "# derate report\n\n";
  std::string_view gap;
  for (const DeviceRows device : by_device(rows)) {
    const Context& context = context_of(device);
    out << gap
        << fmt::format(
               "{}{} ({}{})\n", markdown ? "## " : "", context.device_name,
               context.device_architecture.empty() ? "unknown architecture"
                                                   : context.device_architecture,
               context.backend == "host" ? "" : fmt::format(", GPU {}", context.device_index));
    if (markdown) out << '\n';
    for (const std::string& line : device_lines(device)) out << bullet << line << '\n';
    out << '\n';
    write(out, columns, device, format);
    out << '\n';
    const std::vector<std::string> lines = trouble(device);
    for (const std::string& line : lines) out << bullet << line << '\n';
    if (!lines.empty()) out << '\n';
    out << conclusion(device) << '\n';
    gap = "\n";
  }
  if (bad.empty()) return;
  out << fmt::format("\n{} unreadable line(s) left out:\n\n", bad.size());
  for (std::size_t i = 0; i < std::min(bad.size(), kBadLinesShown); ++i) {
    out << bullet << bad_line_text(bad[i]) << '\n';
  }
  if (bad.size() > kBadLinesShown) out << bullet << "...\n";
}

void write_for_machines(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                        std::span<const Column<Row>> columns) {
  out << "{\n\"conclusions\": [";
  std::string_view comma = "\n";
  for (const DeviceRows device : by_device(rows)) {
    out << comma << table::json_string(conclusion(device));
    comma = ",\n";
  }
  out << "\n],\n\"unreadable_lines\": [";
  comma = "\n";
  for (const BadLine& line : bad) {
    out << comma << table::json_string(bad_line_text(line));
    comma = ",\n";
  }
  out << "\n],\n\"rows\": ";
  write_json(out, columns, rows);
  out << "\n}\n";
}

/// A clock above the specified one by more than this makes 2·N·C at the specified clock no ceiling.
constexpr double kTurbo = 1.05;

/// Rows of one device that may be quoted: right, of random data from memory, with a known peak. One
/// clock serves them all.
class Quotable {
 public:
  explicit Quotable(std::span<const Row> rows) {
    for (const Row& row : rows) {
      const bool right = row.outcome == Outcome::passed || row.outcome == Outcome::unstable;
      const bool usual = row.cache == "cold" && row.data == "uniform" && row.bound == "compute";
      if (right && usual && !std::isnan(row.eta.value)) rows_.push_back(&row);
    }
    // Plans are for hours: what was sustained counts, where it was measured.
    const auto sustained = [](const Row* row) { return row->mode == "sustained"; };
    if (std::any_of(rows_.begin(), rows_.end(), sustained)) {
      std::erase_if(rows_, std::not_fn(sustained));
    }
    at_measured_ = std::any_of(rows_.begin(), rows_.end(), [](const Row* row) {
      return row->clock_ratio > kTurbo && !std::isnan(row->eta_measured.value);
    });
  }

  [[nodiscard]] bool at_measured() const { return at_measured_; }
  [[nodiscard]] const Estimate& eta(const Row& row) const {
    return at_measured_ ? row.eta_measured : row.eta;
  }

  /// The row of a workload, and of a precision unless that is empty, with the highest derate
  /// factor; a stable one if there is any. Null when there is none.
  [[nodiscard]] const Row* best(std::string_view workload, std::string_view precision) const {
    const Row* best = nullptr;
    for (const Row* row : rows_) {
      if (row->workload != workload || std::isnan(eta(*row).value)) continue;
      if (!precision.empty() && row->precision != precision) continue;
      const auto rank = [&](const Row& r) {
        return std::pair(r.outcome == Outcome::passed, eta(r).value);
      };
      if (best == nullptr || rank(*row) > rank(*best)) best = row;
    }
    return best;
  }

 private:
  std::vector<const Row*> rows_;
  bool at_measured_ = false;
};

/// Where an overhead lies against the rule of thumb, as far as its interval tells.
std::string_view against_rule(const Estimate& eta) {
  constexpr double kLow = 0.15;
  constexpr double kHigh = 0.25;
  const double least = 1 - eta.interval.high;
  const double most = 1 - eta.interval.low;
  if (most < kLow) return "less than the rule says";
  if (least > kHigh) return "more than the rule says";
  if (least >= kLow && most <= kHigh) return "as the rule says";
  if (most <= kHigh) return "as the rule says, or less";
  if (least >= kLow) return "as the rule says, or more";
  return "an interval too wide to place it: measure on a quieter machine, or more rounds";
}

}  // namespace

std::optional<Format> parse_format(std::string_view word) {
  if (word == "table") return Format::table;
  if (word == "markdown") return Format::markdown;
  if (word == "csv") return Format::csv;
  if (word == "json") return Format::json;
  return std::nullopt;
}

std::string conclusion(std::span<const Row> rows) {
  const Quotable quotable(rows);
  const Row* const gemm = quotable.best("gemm", "");
  const Row* const quoted = gemm ? gemm : quotable.best("fma_chain", "");
  if (!quoted) {
    return "Rule of thumb of 15–25 % overhead: not placed, because no gemm or fma_chain that "
           "passed has a known peak.";
  }
  const Estimate& eta = quotable.eta(*quoted);
  const std::string_view clock = quotable.at_measured()                            ? "measured"
                                 : std::isnan(quoted->context->clock_specified_hz) ? "maximum"
                                                                                   : "specified";
  std::string text = fmt::format(
      "Rule of thumb of 15–25 % overhead: the best {} here ({} {} {}) loses {} [{:.1f}, {:.1f}] of "
      "2·N·C at the {} clock, {}",
      quoted->workload, quoted->variant, quoted->precision, quoted->problem,
      format_percent(1 - eta.value), 100 * (1 - eta.interval.high), 100 * (1 - eta.interval.low),
      clock, against_rule(eta));
  const Row* const chain = quotable.best("fma_chain", quoted->precision);
  if (chain && chain != quoted) {
    text += fmt::format("; arithmetic without memory (fma_chain {}) loses {}", chain->precision,
                        format_percent(1 - quotable.eta(*chain).value));
  }
  if (quotable.at_measured()) {
    text += fmt::format("; the clock ran at {} of the specified one",
                        format_percent(quoted->clock_ratio, 0));
  }
  return text + ".";
}

void write_report(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                  Format format) {
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
  const std::span<const Column<Row>> columns = shown;
  if (format == Format::csv) return write_csv(out, columns, rows);
  if (format == Format::json) return write_for_machines(out, rows, bad, columns);
  write_for_people(out, rows, bad, format, columns);
}

std::string render_report(std::span<const Row> rows, std::span<const BadLine> bad, Format format) {
  std::ostringstream out;
  write_report(out, rows, bad, format);
  return out.str();
}

std::string document_report_columns() {
  std::ostringstream out;
  const std::array<std::string, 3> headings = {"column", "heading", "meaning"};
  table::write_markdown(out, headings);
  out << "| --- | --- | --- |\n";
  for (const Column<Row>& column : report_columns()) {
    table::write_markdown(out,
                          std::array{std::string("`").append(column.name).append("`"),
                                     std::string(column.heading), std::string(column.meaning)});
  }
  return out.str();
}

}  // namespace derate
