// SPDX-License-Identifier: Apache-2.0
// Bars end where the running product of the factors stands. Machines get one row for each factor,
// with what the waterfall is of on each.
#include "attribution/waterfall_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "attribution/factor_table.h"
#include "base/bar.h"
#include "base/line_width.h"
#include "base/safe_text.h"
#include "base/units.h"
#include "derate/aggregate.h"

namespace derate {
namespace {

std::vector<FactorRow> rows_of(const Waterfall& waterfall) {
  std::vector<FactorRow> rows;
  for (const WaterfallStep& step : waterfall.steps) {
    rows.push_back({&waterfall.whole, "whole", step.factor, step.share_after, step.lost});
  }
  rows.push_back(delivered_row(waterfall.whole, waterfall.eta, waterfall.notes));
  for (const LossFactor& factor : waterfall.beside) {
    rows.push_back({&waterfall.whole, "beside", factor, kUnknown, kUnknown});
  }
  for (const LibraryLoss& library : waterfall.libraries) {
    for (const WaterfallStep& step : library.steps) {
      rows.push_back({&library.record, "library", step.factor, step.share_after, step.lost});
    }
    rows.push_back(delivered_row(library.record, library.eta, {}));
  }
  return rows;
}

/// The widest bar is the largest share on the way down: a fast clock may pass 2·N·C.
double widest_share(const std::vector<WaterfallStep>& steps) {
  double widest = 1;
  for (const WaterfallStep& step : steps) widest = std::max(widest, step.share_after);
  return widest;
}

void write_steps(std::ostream& out, const std::vector<WaterfallStep>& steps, double widest,
                 std::vector<std::string>& notes) {
  for (const WaterfallStep& step : steps) {
    std::string note = write_factor_line(out, step.factor, step.share_after, widest);
    if (!note.empty()) notes.push_back(std::move(note));
  }
}

void write_text(std::ostream& out, const Waterfall& waterfall) {
  const Record& record = waterfall.whole;
  write_sentence(out, fmt::format("{} on {}", title_of(record), record.device_name));
  out << '\n';
  const double widest = widest_share(waterfall.steps);
  write_figure_line(out, fmt::format("2·N·C at {}", format_frequency(reference_clock_hz(record))),
                    format_rate(waterfall.peak, bound_of(record), record.precision),
                    bar(1 / widest, kFactorBarCells));
  std::vector<std::string> notes;
  write_steps(out, waterfall.steps, widest, notes);
  write_figure_line(out, "delivered",
                    format_rate(waterfall.delivered.value, bound_of(record), record.precision),
                    share_with_interval(waterfall.eta) + " of 2·N·C");
  for (const LossFactor& factor : waterfall.beside) {
    std::string note =
        write_factor_line(out, factor, factor.value.value * waterfall.eta.value, widest);
    if (!note.empty()) notes.push_back(std::move(note));
  }
  for (const LibraryLoss& library : waterfall.libraries) {
    out << '\n';
    write_sentence(out, fmt::format("{} ({})", title_of(library.record), library.record.library));
    const double widest_of_library = widest_share(library.steps);
    write_steps(out, library.steps, widest_of_library, notes);
    write_figure_line(out, "delivered", "", share_with_interval(library.eta) + " of 2·N·C");
  }
  notes.insert(notes.end(), waterfall.notes.begin(), waterfall.notes.end());
  if (!notes.empty()) out << '\n';
  for (const std::string& note : notes) write_sentence(out, "note: " + note);
}

}  // namespace

std::string extents_text(const Record& record) {
  std::string extents;
  if (const std::optional<Problem> problem = Problem::parse(record.problem)) {
    for (const auto& [name, extent] : problem->extents()) {
      extents += fmt::format("{}{}", extents.empty() ? "" : " x ", extent);
    }
  }
  return extents;
}

std::string title_of(const Record& record) {
  return fmt::format("{} {} {} {}", record.workload, record.variant, record.precision,
                     extents_text(record));
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

void write_waterfalls(std::ostream& out, std::span<const Waterfall> waterfalls) {
  for (const Waterfall& waterfall : waterfalls) {
    if (&waterfall != waterfalls.data()) out << '\n';
    write_text(out, waterfall);
  }
}

std::vector<FactorRow> factor_rows(std::span<const Waterfall> waterfalls) {
  std::vector<FactorRow> rows;
  for (const Waterfall& waterfall : waterfalls) {
    const std::vector<FactorRow> more = rows_of(waterfall);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace derate
