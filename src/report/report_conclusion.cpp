// SPDX-License-Identifier: Apache-2.0
// The report's closing sentence: a device against the rule of thumb of 15-25 % overhead.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/units.h"
#include "derate/report.h"
#include "report/device_classes.h"

namespace derate {
namespace {

/// Rows of one device that may be quoted: right and stable, of random data from memory, with a
/// known peak. One clock serves them all.
class Quotable {
 public:
  explicit Quotable(std::span<const Row> rows) {
    for (const Row& row : rows) {
      const bool right = row.outcome == Outcome::passed || row.outcome == Outcome::unstable;
      const bool named = row.workload == "gemm" || row.workload == "fma_chain";
      const bool usual = named && row.cache == "cold" && row.data == "uniform";
      if (!right || !usual || std::isnan(row.eta.value)) continue;
      // What others left over says nothing of the device.
      const bool shared = row.others_share > kSharedAbove;
      if (!shared && row.outcome == Outcome::passed) rows_.push_back(&row);
      any_shared_ = any_shared_ || shared;
    }
    at_measured_ = std::any_of(rows_.begin(), rows_.end(), [](const Row* row) {
      return row->clock_ratio > kTurbo && !std::isnan(row->eta_measured.value);
    });
  }

  /// Whether rows were left out because other programs had the device meanwhile.
  [[nodiscard]] bool any_shared() const { return any_shared_; }
  [[nodiscard]] bool at_measured() const { return at_measured_; }
  [[nodiscard]] const Estimate& eta(const Row& row) const {
    return at_measured_ ? row.eta_measured : row.eta;
  }

  /// The row of a workload, and of a precision unless that is empty, with the highest derate
  /// factor: rather of one device at a time, and measured alone, then rather sustained, since plans
  /// are for hours. None that beats the ceiling it obeys: one of the two is wrong. Null when there
  /// is none.
  [[nodiscard]] const Row* best(std::string_view workload, std::string_view precision) const {
    const Row* best = nullptr;
    for (const Row* row : rows_) {
      if (row->workload != workload || std::isnan(eta(*row).value)) continue;
      if (!precision.empty() && row->precision != precision) continue;
      if (beats_its_ceiling(*row)) continue;
      const auto rank = [&](const Row& r) {
        return std::tuple(r.devices_at_once == 1, !r.side_by_side, r.mode == "sustained",
                          eta(r).value);
      };
      if (best == nullptr || rank(*row) > rank(*best)) best = row;
    }
    return best;
  }

 private:
  /// Whether arithmetic without memory, on the same units, came out slower.
  [[nodiscard]] bool beats_its_ceiling(const Row& row) const {
    return std::any_of(rows_.begin(), rows_.end(), [&](const Row* chain) {
      return chain->workload == "fma_chain" && row.workload != "fma_chain" &&
             chain->precision == row.precision && chain->units == row.units &&
             eta(row).interval.low > eta(*chain).interval.high;
    });
  }

  std::vector<const Row*> rows_;
  bool at_measured_ = false;
  bool any_shared_ = false;
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
  return "as the rule says, or more";  // a stable row's interval is narrower than the rule's
}

}  // namespace

std::string conclusion(std::span<const Row> rows) {
  const Quotable quotable(rows);
  const Row* const gemm = quotable.best("gemm", "");
  const Row* const quoted = gemm ? gemm : quotable.best("fma_chain", "");
  if (!quoted && quotable.any_shared()) {
    return "Rule of thumb of 15–25 % overhead: not placed, because other programs had much of the "
           "device meanwhile.";
  }
  if (!quoted) {
    return "Rule of thumb of 15–25 % overhead: not placed, because no stable gemm or fma_chain has "
           "a "
           "known peak.";
  }
  const Estimate& eta = quotable.eta(*quoted);
  const std::string_view clock = quotable.at_measured()                            ? "measured"
                                 : std::isnan(quoted->context->clock_specified_hz) ? "maximum"
                                                                                   : "specified";
  std::string text = fmt::format(
      "Rule of thumb of 15–25 % overhead: the best stable {}{} here ({} {} {}) loses {} "
      "[{:.1f}, {:.1f}] of 2·N·C at the {} clock, {}",
      quoted->workload, conditions(*quoted), quoted->variant, quoted->precision, quoted->problem,
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

}  // namespace derate
