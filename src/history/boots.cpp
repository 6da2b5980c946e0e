// SPDX-License-Identifier: Apache-2.0
// Student's t of the mean of the boots' means, with the spread of those before the change.
#include "history/boots.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <vector>

#include "stats/change.h"

namespace derate::history {
namespace {

struct Mean {
  double sum = 0;
  double count = 0;
  [[nodiscard]] double value() const { return sum / count; }
};

/// The means of the boots of the points from `begin` to `end`.
std::vector<double> means_of_boots(const SeriesSet& set, const Points& points, std::size_t begin,
                                   std::size_t end) {
  std::map<std::string_view, Mean> boots;
  for (std::size_t at = begin; at < end; ++at) {
    const Environment& environment = set.environments.at(points.values[at]->environment);
    Mean& boot = boots[environment.value("boot_id")];
    boot.sum += points.logs[at];
    ++boot.count;
  }
  boots.erase("");  // of sessions that do not say
  std::vector<double> means;
  for (const auto& [id, mean] : boots) means.push_back(mean.value());
  return means;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

BootTest test_boots(const SeriesSet& set, const Points& points, std::size_t at) {
  constexpr std::size_t kLeast = 3;
  const std::vector<double> before = means_of_boots(set, points, points.accepted, at);
  const std::vector<double> since = means_of_boots(set, points, at, points.values.size());
  BootTest test;
  test.boots = before.size();
  if (before.size() < kLeast || since.empty()) return test;
  const double mean = mean_of(before);
  double squares = 0;
  for (const double each : before) squares += (each - mean) * (each - mean);
  const double freedom = static_cast<double>(before.size()) - 1;
  test.spread = std::max(std::sqrt(squares / freedom), kLeastSd);
  const double error = test.spread * std::sqrt(1 / static_cast<double>(before.size()) +
                                               1 / static_cast<double>(since.size()));
  test.p = Change{mean_of(since) - mean, error, freedom}.p();
  return test;
}

}  // namespace derate::history
