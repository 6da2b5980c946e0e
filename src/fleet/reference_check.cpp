// SPDX-License-Identifier: Apache-2.0
// Makes rows of a GPU's cells, as `derate report` would of its records, and asks the same
// functions.
#include "fleet/reference_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "report/device_verdict.h"

namespace derate::fleet {
namespace {

std::vector<Row> rows_of_gpu(const FleetData& data, const Gpu& gpu) {
  std::vector<Row> rows;
  auto context = std::make_shared<Context>();
  context->backend = data.text(gpu.backend);
  context->device_name = data.text(gpu.name);
  context->device_id = data.text(gpu.id);
  context->device_index = gpu.index;
  context->compute_units = gpu.compute_units;
  for (const Cell& cell : gpu.cells) {
    if (cell.rounds == 0) continue;
    Row row = data.rows()[cell.row].row;
    row.context = context;
    row.library = data.text(cell.library);
    row.rounds = cell.rounds;
    const std::size_t kept = std::min<std::size_t>(cell.rounds, kKeptRounds);
    std::vector<double> rates;
    std::vector<Interval> own;
    for (std::size_t i = 0; i < kept; ++i) {
      rates.push_back(std::exp(static_cast<double>(cell.level[i])) *
                      data.rows()[cell.row].reference_rate);
      own.push_back({rates.back(), rates.back(), 0});
    }
    row.achieved = combine_rounds(rates, own);
    const double peak = cell.peak > 0 ? static_cast<double>(cell.peak) : kUnknown;
    row.peak = peak;
    const Interval& interval = row.achieved.interval;
    row.eta = {row.achieved.value / peak,
               {interval.low / peak, interval.high / peak, interval.confidence}};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

ReferenceCheck check_by_reference(const FleetData& data, const References& references,
                                  std::size_t gpu) {
  const std::vector<Row> rows = rows_of_gpu(data, data.gpus()[gpu]);
  if (rows.empty()) return {false, false, "nothing was measured"};
  const std::vector<DeviceClass> classes = device_classes(rows, references);
  const DeviceVerdict verdict = verdict_of(rows, classes);
  ReferenceCheck check;
  check.is_low = verdict.state == DeviceState::slow;
  check.is_well = verdict.state == DeviceState::healthy;
  for (const std::string& reason : verdict.reasons) {
    check.text += (check.text.empty() ? "" : "; ") + reason;
  }
  return check;
}

void add_references(const FleetData& data, const References& references, const Levels& levels,
                    JudgedGroup& judged) {
  std::vector<std::vector<double>> etas(levels.rows);
  std::vector<std::size_t> place(data.rows().size(), kNoRow);
  for (std::size_t i = 0; i < judged.group.rows.size(); ++i) place[judged.group.rows[i]] = i;
  for (std::size_t i = 0; i < levels.gpus; ++i) {
    for (const Cell& cell : data.gpus()[judged.group.gpus[i]].cells) {
      const std::size_t row = place[cell.row];
      if (row == kNoRow || !(cell.peak > 0)) continue;
      const double level = levels.at(i, row);
      if (!std::isnan(level)) {
        etas[row].push_back(std::exp(level) / static_cast<double>(cell.peak));
      }
    }
  }
  for (std::size_t row = 0; row < levels.rows; ++row) {
    judged.eta.push_back(median(etas[row]));
    const std::optional<Usual> usual = references.usual(data.rows()[judged.group.rows[row]].row);
    judged.usual.push_back(usual && usual->is_range()
                               ? Estimate{kUnknown, {usual->low, usual->high, 0.9}}
                               : Estimate{kUnknown, {kUnknown, kUnknown, 0}});
  }
}

}  // namespace derate::fleet
