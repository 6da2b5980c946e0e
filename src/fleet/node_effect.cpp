// SPDX-License-Identifier: Apache-2.0
// Variance components by medians: GPUs within their places, and places beside what their GPUs'
// spread explains; then the best linear prediction of a place's effect, cut.
#include "fleet/node_effect.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "derate/statistics.h"

namespace derate::fleet {
namespace {

constexpr std::size_t kFewestPlaces = 8;
constexpr std::size_t kFewestOfPlace = 3;
/// Of a place's own standard deviation: an effect beyond is a fault of the place.
constexpr double kMostEffect = 1.5;

std::vector<std::vector<double>> values_by_place(std::span<const double> values,
                                                 std::span<const int> place) {
  std::vector<std::vector<double>> by_place;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (place[i] < 0 || std::isnan(values[i])) continue;
    const auto at = static_cast<std::size_t>(place[i]);
    if (by_place.size() <= at) by_place.resize(at + 1);
    by_place[at].push_back(values[i]);
  }
  return by_place;
}

std::vector<double> known_of(std::span<const double> values) {
  std::vector<double> known;
  for (const double value : values) {
    if (!std::isnan(value)) known.push_back(value);
  }
  return known;
}

/// The variance of a median of n normal values of variance 1, nearly.
double variance_of_median(double n) { return std::numbers::pi / 2 / n; }

struct Components {
  double centre = 0;
  double within = 0;  ///< variance of GPUs in their place
  double places = 0;  ///< variance of places
  bool known = false;
};

Components components_of(const std::vector<std::vector<double>>& by_place) {
  std::vector<double> medians;
  std::vector<double> deviations;
  double gpus = 0;
  for (const std::vector<double>& one : by_place) {
    if (one.size() < kFewestOfPlace) continue;
    const double middle = median(one);
    medians.push_back(middle);
    const auto n = static_cast<double>(one.size());
    gpus += n;
    // GPUs lie closer to the median of their own place than to its true centre.
    for (const double value : one) deviations.push_back((value - middle) * std::sqrt(n / (n - 1)));
  }
  if (medians.size() < kFewestPlaces) return {};
  const double within = std::pow(scaled_mad(deviations), 2);
  const double of_place = gpus / static_cast<double>(medians.size());
  const double between = std::pow(scaled_mad(medians), 2);
  return {median(medians), within, std::max(0.0, between - within * variance_of_median(of_place)),
          true};
}

}  // namespace

std::vector<double> without_place(std::span<const double> values, std::span<const int> place) {
  std::vector<double> left(values.begin(), values.end());
  const std::vector<std::vector<double>> by_place = values_by_place(values, place);
  const Components components = components_of(by_place);
  if (!components.known || components.places <= 0) return left;
  const double most = kMostEffect * std::sqrt(components.places);
  std::vector<double> others;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (place[i] < 0 || std::isnan(left[i])) continue;
    others = by_place[static_cast<std::size_t>(place[i])];
    if (others.size() < kFewestOfPlace) continue;
    others.erase(std::find(others.begin(), others.end(), left[i]));
    const double error = components.within * variance_of_median(static_cast<double>(others.size()));
    const double shrunk =
        (median(others) - components.centre) * components.places / (components.places + error);
    left[i] -= std::clamp(shrunk, -most, most);
  }
  return left;
}

std::vector<double> place_medians(std::span<const double> values, std::span<const int> place,
                                  std::size_t fewest) {
  std::vector<double> medians;
  for (const std::vector<double>& one : values_by_place(values, place)) {
    const std::vector<double> known = known_of(one);
    medians.push_back(known.size() < fewest ? kUnknown : median(known));
  }
  return medians;
}

}  // namespace derate::fleet
