// SPDX-License-Identifier: Apache-2.0
// Bars end where the running product of the factors stands. Machines get one row for each factor,
// with what the waterfall is of on each.
#include "attribution/waterfall_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bar.h"
#include "base/fit_text.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"
#include "derate/aggregate.h"

namespace derate {
namespace {

constexpr std::size_t kBarCells = 20;
constexpr std::size_t kNameWidth = 22;

/// One line for machines, and of Markdown.
struct FactorRow {
  const Record* record;
  std::string_view part;  ///< whole, beside, or library
  const LossFactor* factor;
  double share_after;
  double lost;
};

using FactorColumn = Column<FactorRow>;

const std::array kFactorColumns = {
    FactorColumn{"device", "", "device",
                 [](const FactorRow& row) -> Value { return row.record->device_name; }},
    FactorColumn{"workload", "", "what was computed",
                 [](const FactorRow& row) -> Value { return row.record->workload; }},
    FactorColumn{"variant", "variant", "by which code",
                 [](const FactorRow& row) -> Value { return row.record->variant; }},
    FactorColumn{"precision", "type", "format of the operands",
                 [](const FactorRow& row) -> Value { return row.record->precision; }},
    FactorColumn{"problem", "problem", "its size",
                 [](const FactorRow& row) -> Value { return row.record->problem; }},
    FactorColumn{"part", "", "whole: a factor of the product; beside: a ratio beside it; library",
                 [](const FactorRow& row) -> Value { return row.part; }},
    FactorColumn{"factor", "factor", "what takes its part",
                 [](const FactorRow& row) -> Value { return std::string_view(row.factor->name); }},
    FactorColumn{
        "value", "value", "the factor",
        [](const FactorRow& row) -> Value { return row.factor->value.value; },
        [](const FactorRow& row) { return fmt::format("{:.4f}", row.factor->value.value); }},
    FactorColumn{
        "low", "from", "lower end of its 95 % interval",
        [](const FactorRow& row) -> Value { return row.factor->value.interval.low; },
        [](const FactorRow& row) { return fmt::format("{:.4f}", row.factor->value.interval.low); }},
    FactorColumn{"high", "to", "upper end",
                 [](const FactorRow& row) -> Value { return row.factor->value.interval.high; },
                 [](const FactorRow& row) {
                   return fmt::format("{:.4f}", row.factor->value.interval.high);
                 }},
    FactorColumn{"share_after", "left of 2·N·C", "share of the peak that is left behind it",
                 [](const FactorRow& row) -> Value { return row.share_after; },
                 [](const FactorRow& row) { return format_percent(row.share_after); }},
    FactorColumn{"lost", "", "share of the peak that it takes; negative for a gain",
                 [](const FactorRow& row) -> Value { return row.lost; }},
    FactorColumn{"note", "", "what is known of it besides",
                 [](const FactorRow& row) -> Value { return std::string_view(row.factor->note); }}};

std::vector<FactorRow> rows_of(const Waterfall& waterfall) {
  std::vector<FactorRow> rows;
  for (const WaterfallStep& step : waterfall.steps) {
    rows.push_back({&waterfall.whole, "whole", &step.factor, step.share_after, step.lost});
  }
  for (const LossFactor& factor : waterfall.beside) {
    rows.push_back({&waterfall.whole, "beside", &factor, kUnknown, kUnknown});
  }
  for (const LibraryLoss& library : waterfall.libraries) {
    for (const WaterfallStep& step : library.steps) {
      rows.push_back({&library.record, "library", &step.factor, step.share_after, step.lost});
    }
  }
  return rows;
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t have = fit_text::width(text);
  if (have < width) text.append(width - have, ' ');
  return text;
}

/// "-8.1 % ±0.3", with the note of an unknown one.
std::string change_text(const LossFactor& factor) {
  const Estimate& value = factor.value;
  if (std::isnan(value.value)) return "–";
  const std::string change = fmt::format("{:+.1f} %", 100 * (value.value - 1));
  const double half = (value.interval.high - value.interval.low) / 2;
  if (std::isnan(half)) return change;
  return fmt::format("{} ±{:.1f}", change, 100 * half);
}

/// The widest bar is the largest share on the way down: a fast clock may pass 2·N·C.
double widest_share(const std::vector<WaterfallStep>& steps) {
  double widest = 1;
  for (const WaterfallStep& step : steps) widest = std::max(widest, step.share_after);
  return widest;
}

void write_step(std::ostream& out, const WaterfallStep& step, double widest) {
  const bool is_known = !std::isnan(step.share_after);
  out << padded(step.factor.name, kNameWidth) << padded(change_text(step.factor), 15)
      << padded(is_known ? bar(step.share_after / widest, kBarCells) : "", kBarCells + 2)
      << fmt::format("{:>7}", is_known ? format_percent(step.share_after) : "");
  if (!step.factor.note.empty()) out << "  " << safe_text::for_terminal(step.factor.note);
  out << '\n';
}

void write_text(std::ostream& out, const Waterfall& waterfall) {
  const Record& record = waterfall.whole;
  write_sentence(out, fmt::format("{} on {}", title_of(record), record.device_name));
  out << '\n';
  const double widest = widest_share(waterfall.steps);
  out << padded(fmt::format("2·N·C at {}", format_frequency(reference_clock_hz(record))),
                kNameWidth)
      << padded(format_rate(waterfall.peak, bound_of(record), record.precision), 15)
      << bar(1 / widest, kBarCells) << '\n';
  for (const WaterfallStep& step : waterfall.steps) write_step(out, step, widest);
  out << padded("delivered", kNameWidth)
      << padded(format_rate(waterfall.delivered.value, bound_of(record), record.precision), 15)
      << format_percent(waterfall.eta) << " of 2·N·C\n";
  for (const LossFactor& factor : waterfall.beside) {
    const double share = factor.value.value * waterfall.eta.value;
    out << padded(factor.name, kNameWidth + 15) << padded(change_text(factor), 15)
        << format_percent(share) << '\n';
  }
  for (const LibraryLoss& library : waterfall.libraries) {
    out << '\n';
    write_sentence(out, fmt::format("{} ({})", title_of(library.record), library.record.library));
    const double widest_of_library = widest_share(library.steps);
    for (const WaterfallStep& step : library.steps) write_step(out, step, widest_of_library);
    out << padded("delivered", kNameWidth) << padded("", 15) << format_percent(library.eta)
        << " of 2·N·C\n";
  }
  if (!waterfall.notes.empty()) out << '\n';
  for (const std::string& note : waterfall.notes) write_sentence(out, "note: " + note);
}

}  // namespace

std::string title_of(const Record& record) {
  std::string extents;
  if (const std::optional<Problem> problem = Problem::parse(record.problem)) {
    for (const auto& [name, extent] : problem->extents()) {
      extents += fmt::format("{}{}", extents.empty() ? "" : " x ", extent);
    }
  }
  return fmt::format("{} {} {} {}", record.workload, record.variant, record.precision, extents);
}

std::string largest_losses(std::span<const WaterfallStep> steps, std::size_t most) {
  std::vector<const WaterfallStep*> losses;
  for (const WaterfallStep& step : steps) {
    if (step.lost >= 0.005) losses.push_back(&step);
  }
  std::stable_sort(
      losses.begin(), losses.end(),
      [](const WaterfallStep* a, const WaterfallStep* b) { return a->lost > b->lost; });
  if (losses.size() > most) losses.resize(most);
  std::vector<std::string> parts;
  for (const WaterfallStep* step : losses) {
    parts.push_back(fmt::format("{} {:.0f} %", step->factor.name, 100 * step->lost));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

void write_waterfalls(std::ostream& out, std::span<const Waterfall> waterfalls, Format format) {
  if (format == Format::table) {
    for (const Waterfall& waterfall : waterfalls) {
      if (&waterfall != waterfalls.data()) out << '\n';
      write_text(out, waterfall);
    }
    return;
  }
  std::vector<FactorRow> rows;
  for (const Waterfall& waterfall : waterfalls) {
    const std::vector<FactorRow> more = rows_of(waterfall);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  write<FactorRow>(out, kFactorColumns, rows, format);
  if (format != Format::markdown) return;
  for (const Waterfall& waterfall : waterfalls) {
    for (const std::string& note : waterfall.notes) {
      out << '\n';
      write_sentence(out, note, format);
    }
  }
}

}  // namespace derate
