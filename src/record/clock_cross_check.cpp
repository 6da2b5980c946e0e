// SPDX-License-Identifier: Apache-2.0
// Compares the implied clock of each ceiling with the highest one; a lower one is suspect, or
// unstable where steal time and other programs can explain the difference.
#include "record/clock_cross_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/units.h"

namespace derate {
namespace {

/// A row whose rate moved with the clock still implies a clock, if only its share is narrow.
bool can_be_compared(const Row& row) {
  const bool right = row.outcome == Outcome::passed || row.outcome == Outcome::unstable;
  if (!right || !is_ceiling(row)) return false;
  if (row.others_share > kSharedAbove || row.host_bound_share > kHostBoundAbove) return false;
  const Estimate& share = implied_clock_share(row);
  return share.interval.confidence >= 0.95 &&
         share.interval.relative_half_width(share.value) <= kUnstableAbove;  // false for NaN
}

/// The share that the row would have had if others had taken nothing. Its work is dealt out evenly,
/// so that all units wait for the one that lost most: it may be that one unit lost everything.
double without_others(const Row& row, double share) {
  const double of_one_unit = std::fmax(0, row.others_share) * row.context->compute_units;
  return of_one_unit < 1 ? share / (1 - of_one_unit) : std::numeric_limits<double>::infinity();
}

std::string named(const Row& row) {
  return fmt::format("{}{} {} {}", row.workload, conditions(row), row.variant, row.precision);
}

/// Ceilings of a device that passed, the lowest implied clock first.
template <typename AnyRow>
std::vector<AnyRow*> ceilings(std::span<AnyRow> rows) {
  std::vector<AnyRow*> found;
  for (AnyRow& row : rows) {
    if (can_be_compared(row)) found.push_back(&row);
  }
  std::sort(found.begin(), found.end(), [](const Row* a, const Row* b) {
    return implied_clock_share(*a).value < implied_clock_share(*b).value;
  });
  return found;
}

}  // namespace

bool is_ceiling(const Row& row) {
  return !row.instruction.empty() && row.instruction == row.peak_instruction;
}

const Estimate& implied_clock_share(const Row& row) {
  return std::isnan(row.eta_measured.value) ? row.eta : row.eta_measured;
}

void cross_check(std::span<Row> rows) {
  const std::vector<Row*> compared = ceilings(rows);
  if (compared.size() < 2) return;
  // Who is surely the highest: the end of an interval alone makes nobody suspect.
  const Row& best =
      **std::max_element(compared.begin(), compared.end(), [](const Row* a, const Row* b) {
        return implied_clock_share(*a).interval.low < implied_clock_share(*b).interval.low;
      });
  const Estimate& highest = implied_clock_share(best);
  const double lowest_right = (1 - kImpliedClocksApart) * highest.interval.low;
  for (Row* const row : compared) {
    const Estimate& share = implied_clock_share(*row);
    if (!(share.interval.high < lowest_right)) continue;
    const std::string implied =
        fmt::format("implies {} of the clock, where {} implies {}", format_percent(share.value),
                    named(best), format_percent(highest.value));
    if (without_others(*row, share.interval.high) < lowest_right) {
      row->outcome = Outcome::suspect;
      row->message = implied + ": its rate per clock, or the code, is not what it is taken for";
    } else {
      row->outcome = Outcome::unstable;
      row->message = fmt::format("{}, but other programs had {} of the device", implied,
                                 format_percent(row->others_share, 0));
    }
  }
}

std::string ceilings_sentence(std::span<const Row> rows) {
  const auto compared = ceilings(rows);
  if (compared.size() < 2) return {};
  const auto suspects = std::count_if(rows.begin(), rows.end(), [](const Row& row) {
    return is_ceiling(row) && row.outcome == Outcome::suspect;
  });
  return fmt::format("cross-check: {} chains and probes imply {} to {} of the clock{}",
                     compared.size(), format_percent(implied_clock_share(*compared.front()).value),
                     format_percent(implied_clock_share(*compared.back()).value),
                     suspects == 0 ? std::string(": rates and clock agree")
                                   : fmt::format("; {} more cannot be right", suspects));
}

}  // namespace derate
