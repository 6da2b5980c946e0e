// SPDX-License-Identifier: Apache-2.0
// Pools the rows of each class of problems into one factor: the median, with an interval that spans
// those of all rows. Refuses records of different devices, drivers or builds.
#include "derate/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/units.h"
#include "calibration/gemm_models.h"
#include "derate/error.h"

namespace derate {
namespace {

/// What was interleaved with others ran on a device that these had loaded: no figure of it alone.
bool usable(const Row& row) {
  return !row.side_by_side && row.rounds > 0 &&
         (row.outcome == Outcome::passed || row.outcome == Outcome::unstable);
}

bool same_class(const Factor& factor, const Row& row) {
  return factor.workload == row.workload && factor.variant == row.variant &&
         factor.provider == row.provider && factor.library == row.library &&
         factor.precision == row.precision && factor.size_class == row.size_class &&
         factor.data == row.data && factor.cache == row.cache && factor.mode == row.mode &&
         factor.devices_at_once == row.devices_at_once;
}

/// Median of the values, and an interval that spans all of theirs: problems of one class differ by
/// more than any one of them varies.
Estimate span_of(std::span<const Row* const> rows, Estimate Row::*member) {
  std::vector<double> values;
  Interval all{kUnknown, kUnknown, 0.95};
  for (const Row* row : rows) {
    const Estimate& estimate = row->*member;
    if (std::isnan(estimate.value)) return {kUnknown, {kUnknown, kUnknown, 0}};
    values.push_back(estimate.value);
    all.low = std::fmin(all.low, estimate.interval.low);
    all.high = std::fmax(all.high, estimate.interval.high);
  }
  return {median(values), all};
}

Factor pooled(std::span<const Row* const> rows) {
  const Row& first = *rows.front();
  Factor factor{.workload = first.workload,
                .variant = first.variant,
                .provider = first.provider,
                .library = first.library,
                .precision = first.precision,
                .accumulator = first.accumulator,
                .units = first.units,
                .size_class = first.size_class,
                .data = first.data,
                .cache = first.cache,
                .mode = first.mode,
                .devices_at_once = first.devices_at_once,
                .bound = first.bound};
  factor.outcome = to_string(Outcome::passed);
  std::vector<double> clocks;
  for (const Row* row : rows) {
    factor.problems += (factor.problems.empty() ? "" : " ") + row->problem;
    factor.rounds += row->rounds;
    factor.samples += row->samples;
    if (row->clock_hz > 0) clocks.push_back(row->clock_hz);
    if (row->outcome == Outcome::unstable) factor.outcome = to_string(Outcome::unstable);
    factor.others_share = std::fmax(factor.others_share, row->others_share);
  }
  factor.peak = first.peak;
  factor.achieved = span_of(rows, &Row::achieved);
  factor.eta = span_of(rows, &Row::eta);
  factor.eta_measured = span_of(rows, &Row::eta_measured);
  factor.clock_hz = median(clocks);
  return factor;
}

/// Why a measurement was unstable.
std::string reason_of(double others_share) {
  if (!(others_share > kSharedAbove)) return ": wide intervals or few samples";
  return fmt::format(": other programs had up to {} of the device",
                     format_percent(others_share, 0));
}

std::string named(const Context& device) {
  return fmt::format("{} (id {})", device.device_name, device.device_id);
}

}  // namespace

Calibration calibrate(std::span<const Row> rows) {
  std::vector<const Row*> left;
  for (const Row& row : rows) {
    if (usable(row)) left.push_back(&row);
  }
  const bool any_alone =
      std::any_of(rows.begin(), rows.end(), [](const Row& row) { return !row.side_by_side; });
  if (left.empty() && !any_alone && !rows.empty()) {
    throw Error(ExitCode::invalid_input,
                "everything was measured side by side, which compares and does not calibrate");
  }
  if (left.empty()) {
    throw Error(ExitCode::invalid_input, "no measurement passed, so there is nothing to calibrate");
  }
  Calibration calibration{*left.front()->context, {}};
  for (const Row* row : left) {
    if (row->context != left.front()->context) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("the records mix {} with {}, or two builds or drivers: name one with "
                              "--device, or give their files apart",
                              named(calibration.device), named(*row->context)));
    }
  }
  calibration.gemm_models = calibrate_gemms(left);
  while (!left.empty()) {
    const Factor key = pooled(std::span(left).first(1));
    const auto rest = std::stable_partition(left.begin() + 1, left.end(),
                                            [&](const Row* row) { return same_class(key, *row); });
    calibration.factors.push_back(
        pooled(std::span(left).first(static_cast<std::size_t>(rest - left.begin()))));
    left.erase(left.begin(), rest);
  }
  return calibration;
}

const Factor* factor_of(const Calibration& calibration, std::string_view workload,
                        std::string_view precision, std::string_view size_class) {
  const Factor* best = nullptr;
  for (const Factor& factor : calibration.factors) {
    if (factor.workload != workload || factor.precision != precision ||
        factor.size_class != size_class || factor.data != "uniform" ||
        factor.devices_at_once != 1) {
      continue;
    }
    const auto rank = [](const Factor& f) {
      return std::tuple(f.cache == "cold", f.mode == "sustained", f.achieved.value);
    };
    if (best == nullptr || rank(factor) > rank(*best)) best = &factor;
  }
  return best;
}

std::string doubt_of(const Factor& factor) {
  if (factor.outcome != to_string(Outcome::unstable)) return {};
  return ", unstable" + reason_of(factor.others_share);
}

std::string doubt_of(const CalibratedGemm& gemm) {
  if (gemm.unstable_rows == 0) return {};
  return fmt::format(", {} of its measurements unstable{}", gemm.unstable_rows,
                     reason_of(gemm.others_share));
}

std::string mismatch(const Calibration& calibration, const Context& device) {
  const Context& own = calibration.device;
  if (own.backend != device.backend || own.device_id != device.device_id) {
    return fmt::format("the calibration is for {}, not for {}", named(own), named(device));
  }
  if (own.driver_version != device.driver_version) {
    return fmt::format("the calibration was made with driver {}, not {}", own.driver_version,
                       device.driver_version);
  }
  if (own.compute_units != device.compute_units) {
    return fmt::format("the calibration used {:g} compute units, not {:g}", own.compute_units,
                       device.compute_units);
  }
  return {};
}

std::size_t compare_with(const Calibration& calibration, std::span<Row> rows, bool force) {
  std::size_t matched = 0;
  for (Row& row : rows) {
    const std::string reason = mismatch(calibration, *row.context);
    if (!reason.empty() && !force) {
      throw Error(ExitCode::not_comparable, reason + "; --force compares all the same");
    }
    for (const Factor& factor : calibration.factors) {
      if (row.side_by_side || !same_class(factor, row)) continue;
      row.calibrated = factor.eta;
      row.calibrated_rate = factor.achieved;
      ++matched;
      break;
    }
  }
  if (matched == 0) {
    throw Error(ExitCode::not_comparable,
                "the calibration holds none of these workloads in this size, mode and library");
  }
  return matched;
}

}  // namespace derate
