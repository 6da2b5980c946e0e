// SPDX-License-Identifier: Apache-2.0
// The base, a line for each factor, what was achieved, and the comparisons beside them.
#include "attribution/stream_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "attribution/factor_table.h"
#include "attribution/waterfall_report.h"
#include "base/bar.h"
#include "base/line_width.h"
#include "base/units.h"

namespace derate {
namespace {

std::vector<FactorRow> rows_of(const StreamWaterfall& waterfall) {
  std::vector<FactorRow> rows;
  double left = 1;
  for (const LossFactor& factor : waterfall.factors) {
    const double before = left;
    left *= factor.value.value;
    rows.push_back({&waterfall.context, "whole", factor, left, before - left});
  }
  rows.push_back(delivered_row(waterfall.context, waterfall.product, waterfall.notes));
  for (const LossFactor& factor : waterfall.comparisons) {
    rows.push_back({&waterfall.context, "beside", factor, kUnknown, kUnknown});
  }
  return rows;
}

void write_text(std::ostream& out, const StreamWaterfall& waterfall) {
  write_sentence(
      out, fmt::format("{} on {}", title_of(waterfall.context), waterfall.context.device_name));
  out << '\n';
  const std::vector<FactorRow> rows = rows_of(waterfall);
  double widest = 1;
  for (const FactorRow& row : rows) {
    if (row.part == "whole") widest = std::max(widest, row.share_after);
  }
  if (!waterfall.base_name.empty()) {
    write_figure_line(out, waterfall.base_name, format_bandwidth(waterfall.base.value),
                      bar(1 / widest, kFactorBarCells));
  }
  std::vector<std::string> notes;
  for (const FactorRow& row : rows) {
    if (row.part != "whole") continue;
    std::string note = write_factor_line(out, row.factor, row.share_after, widest);
    if (!note.empty()) notes.push_back(std::move(note));
  }
  write_figure_line(out, "delivered", format_bandwidth(waterfall.achieved.value),
                    std::isnan(waterfall.product.value)
                        ? ""
                        : share_with_interval(waterfall.product) + " of " + waterfall.base_name);
  for (const LossFactor& factor : waterfall.comparisons) {
    write_figure_line(out, factor.name, change_text(factor), "");
    if (!factor.note.empty()) notes.push_back(fmt::format("{}: {}", factor.name, factor.note));
  }
  notes.insert(notes.end(), waterfall.notes.begin(), waterfall.notes.end());
  if (!notes.empty()) out << '\n';
  for (const std::string& note : notes) write_sentence(out, "note: " + note);
}

}  // namespace

void write_stream_waterfalls(std::ostream& out, std::span<const StreamWaterfall> waterfalls) {
  for (const StreamWaterfall& waterfall : waterfalls) {
    if (&waterfall != waterfalls.data()) out << '\n';
    write_text(out, waterfall);
  }
}

std::vector<FactorRow> factor_rows(std::span<const StreamWaterfall> waterfalls) {
  std::vector<FactorRow> rows;
  for (const StreamWaterfall& waterfall : waterfalls) {
    const std::vector<FactorRow> more = rows_of(waterfall);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace derate
