// SPDX-License-Identifier: Apache-2.0
// Columns of the rows, and the widths of a line.
#include "attribution/factor_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/bar.h"
#include "base/fit_text.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"

namespace derate {
namespace {

using FactorColumn = Column<FactorRow>;

std::string four_decimals(double value) {
  return std::isnan(value) ? std::string("–") : fmt::format("{:.4f}", value);
}

/// Below the table, which has no room for them.
void write_markdown_notes(std::ostream& out, std::span<const FactorRow> rows) {
  bool is_first = true;
  for (const FactorRow& row : rows) {
    if (row.factor.note.empty()) continue;
    const Record& record = *row.record;
    if (std::exchange(is_first, false)) out << '\n';
    out << "- "
        << safe_text::for_people(
               fmt::format("{} {} {} {}, {}: {}", record.workload, record.variant, record.precision,
                           record.problem, row.factor.name, row.factor.note),
               Format::markdown)
        << '\n';
  }
}

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
    FactorColumn{
        "part", "",
        "whole: a factor; delivered: what these multiply to; beside: a ratio beside it; library",
        [](const FactorRow& row) -> Value { return row.part; }},
    FactorColumn{"factor", "factor", "what takes its part",
                 [](const FactorRow& row) -> Value { return std::string_view(row.factor.name); }},
    FactorColumn{"value", "value", "the factor",
                 [](const FactorRow& row) -> Value { return row.factor.value.value; },
                 [](const FactorRow& row) { return four_decimals(row.factor.value.value); }},
    FactorColumn{"low", "from", "lower end of its 95 % interval",
                 [](const FactorRow& row) -> Value { return row.factor.value.interval.low; },
                 [](const FactorRow& row) { return four_decimals(row.factor.value.interval.low); }},
    FactorColumn{
        "high", "to", "upper end",
        [](const FactorRow& row) -> Value { return row.factor.value.interval.high; },
        [](const FactorRow& row) { return four_decimals(row.factor.value.interval.high); }},
    FactorColumn{"share_after", "left of 2·N·C", "share of the peak that is left behind it",
                 [](const FactorRow& row) -> Value { return row.share_after; },
                 [](const FactorRow& row) { return format_percent(row.share_after); }},
    FactorColumn{"lost", "", "share of the peak that it takes; negative for a gain",
                 [](const FactorRow& row) -> Value { return row.lost; }},
    FactorColumn{"note", "", "what is known of it besides",
                 [](const FactorRow& row) -> Value { return std::string_view(row.factor.note); }}};

}  // namespace

FactorRow delivered_row(const Record& record, const Estimate& share,
                        const std::vector<std::string>& notes) {
  return {&record,
          "delivered",
          {"delivered", share, fmt::format("{}", fmt::join(notes, "; "))},
          share.value,
          kUnknown};
}

void write_factor_rows(std::ostream& out, std::span<const FactorRow> rows, Format format) {
  write<FactorRow>(out, kFactorColumns, rows, format);
  if (format == Format::markdown) write_markdown_notes(out, rows);
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t have = fit_text::width(text);
  if (have < width) text.append(width - have, ' ');
  return text;
}

std::string change_text(const LossFactor& factor) {
  const Estimate& value = factor.value;
  if (std::isnan(value.value)) return "–";
  std::string change = fmt::format("{:+.1f} %", 100 * (value.value - 1));
  const double half = (value.interval.high - value.interval.low) / 2;
  if (std::isnan(half)) return change;
  return fmt::format("{} ±{:.1f}", change, 100 * half);
}

std::string share_with_interval(const Estimate& share) {
  return std::isnan(share.interval.low) ? format_percent(share.value) : format_percent(share);
}

std::string write_factor_line(std::ostream& out, const LossFactor& factor, double share,
                              double widest) {
  constexpr std::size_t kShareWidth = 7;
  const std::size_t width = line_width(out);
  const bool is_known = !std::isnan(share);
  const std::size_t least = kFactorNameWidth + kShareWidth;
  const std::size_t name_width =
      width < least ? std::max(width, kShareWidth + 9) - kShareWidth : kFactorNameWidth;
  std::string line = padded(fit_text::shortened(factor.name, name_width - 1), name_width);
  const auto has_room = [&](std::size_t more) {
    return fit_text::width(line) + more + kShareWidth <= width;
  };
  if (has_room(kFactorChangeWidth)) line += padded(change_text(factor) + " ", kFactorChangeWidth);
  if (has_room(kFactorBarCells + 2)) {
    line += padded(is_known ? bar(share / widest, kFactorBarCells) : "", kFactorBarCells + 2);
  }
  line += fmt::format("{:>7}", is_known ? format_percent(share) : "");
  const std::string note = safe_text::for_terminal(factor.note);
  const bool note_fits = fit_text::width(line) + 2 + fit_text::width(note) <= width;
  if (note_fits && !note.empty()) line += "  " + note;
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
  return note_fits || note.empty() ? "" : fmt::format("{}: {}", factor.name, note);
}

void write_figure_line(std::ostream& out, const std::string& name, const std::string& figure,
                       const std::string& rest) {
  std::string line = padded(name, kFactorNameWidth) + padded(figure, kFactorChangeWidth) + rest;
  line.erase(line.find_last_not_of(' ') + 1);
  out << fit_text::shortened(line, line_width(out)) << '\n';
}

}  // namespace derate
