// SPDX-License-Identifier: Apache-2.0
// Makes rows of factors, so that the page of a report shows them; what a factor does not keep is
// not known.
#include "page/calibration_page.h"

#include <memory>
#include <span>
#include <vector>

#include "page/report_page.h"

namespace derate::page {
namespace {

Row row_of(const Factor& factor, const std::shared_ptr<const Context>& context) {
  Row row;
  row.context = context;
  row.workload = factor.workload;
  row.variant = factor.variant;
  row.provider = factor.provider;
  row.library = factor.library;
  row.precision = factor.precision;
  row.accumulator = factor.accumulator;
  row.units = factor.units;
  row.problem = factor.problems;
  row.size_class = factor.size_class;
  row.bound = factor.bound;
  row.data = factor.data;
  row.cache = factor.cache;
  row.mode = factor.mode;
  row.devices_at_once = factor.devices_at_once;
  row.rounds = factor.rounds;
  row.samples = factor.samples;
  row.achieved = factor.achieved;
  row.peak = factor.peak;
  row.eta = factor.eta;
  row.eta_measured = factor.eta_measured;
  row.others_share = factor.others_share;
  row.clock_hz = factor.clock_hz;
  row.clock_reference_hz = reference_clock_hz(*context);
  row.outcome = factor.outcome.empty() ? Outcome::passed : parse_outcome(factor.outcome);
  return row;
}

}  // namespace

std::string calibration_html(const Calibration& calibration) {
  const auto context = std::make_shared<const Context>(calibration.device);
  std::vector<Row> rows;
  for (const Factor& factor : calibration.factors) rows.push_back(row_of(factor, context));
  const MeasuredSamples none;
  return report_html({rows, {}, none, std::span(&calibration, 1)});
}

}  // namespace derate::page
