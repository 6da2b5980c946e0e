// SPDX-License-Identifier: Apache-2.0
// Energy per amount of work, bounded by the counter's step and by the pauses between samples.
#include "record/energy.h"

#include <algorithm>
#include <numeric>

namespace derate {

Estimate energy_per_amount(const Record& record) {
  const auto launches = static_cast<double>(record.launches_per_sample);
  const double work = amount_of(record) * launches * static_cast<double>(record.samples_s.size());
  const double busy_s =
      launches * std::accumulate(record.samples_s.begin(), record.samples_s.end(), 0.0);
  const bool known = record.energy_j > record.energy_step_j && record.energy_step_j > 0 &&
                     record.energy_time_s > 0 && work > 0;
  if (!known) return {kUnknown, {kUnknown, kUnknown, 0}};
  const double busy_share = std::min(1.0, busy_s / record.energy_time_s);
  return {record.energy_j / work,
          {(record.energy_j - record.energy_step_j) / work * busy_share,
           (record.energy_j + record.energy_step_j) / work, 0.95}};
}

}  // namespace derate
