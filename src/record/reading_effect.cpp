// SPDX-License-Identifier: Apache-2.0
// Compares the samples of a record that carry a reading with those that do not.
#include "record/reading_effect.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace derate {
namespace {

constexpr std::size_t kFewest = 5;

bool was_read(const Record& record, std::size_t sample) {
  for (const std::vector<double>* readings :
       {&record.powers_w, &record.temperatures_c, &record.throttled}) {
    if (sample < readings->size() && !std::isnan((*readings)[sample])) return true;
  }
  return false;
}

}  // namespace

Estimate reading_effect(const Record& record) {
  std::vector<double> with_s;
  std::vector<double> without_s;
  for (std::size_t i = 0; i < record.samples_s.size(); ++i) {
    (was_read(record, i) ? with_s : without_s).push_back(record.samples_s[i]);
  }
  if (std::min(with_s.size(), without_s.size()) < kFewest) {
    return {kUnknown, {kUnknown, kUnknown, 0}};
  }
  const Interval with = median_interval(with_s);
  const Interval without = median_interval(without_s);
  const double ratio = median(with_s) / median(without_s);
  const double half_width = std::hypot(with.relative_half_width(median(with_s)),
                                       without.relative_half_width(median(without_s)));
  return {ratio,
          {ratio / (1 + half_width), ratio * (1 + half_width),
           std::min(with.confidence, without.confidence)}};
}

}  // namespace derate
