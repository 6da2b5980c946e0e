// SPDX-License-Identifier: Apache-2.0
// The posterior over a grid around median and scaled MAD: flat in the centre, in the scale's
// logarithm and over the degrees of freedom; sides of one width are the most likely before anything
// is seen. Large samples are counted in cells of a twentieth of their scale.
#include "stats/heavy_tail.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "derate/statistics.h"
#include "stats/student_t.h"

namespace derate {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
/// From heavier than what was ever seen of devices that are well to the normal distribution.
constexpr std::array kDegrees = {4.0, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0, 40.0, kInfinite};
constexpr double kCut = 2;            ///< scales below the median, from where nothing is used
constexpr int kCentres = 3;           ///< steps to either side
constexpr int kScales = 6;            ///< likewise
constexpr double kCentreStep = 0.75;  ///< in standard errors, of which one is scale ÷ √n
constexpr double kScaleStep = 0.5;    ///< likewise, of the scale's logarithm
constexpr double kNegligible = 1e-7;  ///< weight of a candidate, of the heaviest

/// How much wider the lower side is, and how likely that is beforehand.
struct Skew {
  double ratio;
  double prior;
};
constexpr std::array kSkews = {Skew{1, 0.5}, Skew{1.2, 0.2}, Skew{1.45, 0.15}, Skew{1.8, 0.1},
                               Skew{2.2, 0.05}};

/// The probability that t of kDegrees[place] exceeds z ≥ 0, from a table of its logarithm: there
/// are thousands of candidates, and each asks for it.
class UpperTails {
 public:
  UpperTails() {
    for (std::size_t at = 0; at < kDegrees.size(); ++at) {
      for (std::size_t i = 0; i < kPoints; ++i) {
        const double z = std::expm1(static_cast<double>(i) * kStep);
        logarithms_[at][i] = std::log(std::max(student_t_above(z, kDegrees[at]), 1e-300));
      }
    }
  }

  [[nodiscard]] double above(double z, std::size_t at) const {
    const double place = std::min(std::log1p(z) / kStep, static_cast<double>(kPoints) - 1.001);
    const auto low = static_cast<std::size_t>(place);
    const double share = place - static_cast<double>(low);
    return std::exp((1 - share) * logarithms_[at][low] + share * logarithms_[at][low + 1]);
  }

 private:
  static constexpr std::size_t kPoints = 1200;
  static constexpr double kStep = 0.006;  ///< up to 1,300 scales
  std::array<std::array<double, kPoints>, kDegrees.size()> logarithms_;
};

double t_above(double z, std::size_t at) {
  static const UpperTails tails;
  return z >= 0 ? tails.above(z, at) : 1 - tails.above(-z, at);
}

/// Values in the order of size, or the middles of cells with the numbers of values in them.
struct Counted {
  std::vector<double> values;
  std::vector<double> counts;
  double total = 0;
};

Counted count(std::span<const double> values, double cut, double scale) {
  constexpr std::size_t kFew = 300;
  const double cell = values.size() > kFew ? scale / 20 : 0;
  std::vector<double> kept;
  for (const double value : values) {
    if (value < cut) continue;
    kept.push_back(cell > 0 ? cut + cell * (std::floor((value - cut) / cell) + 0.5) : value);
  }
  std::sort(kept.begin(), kept.end());
  Counted counted;
  for (const double value : kept) {
    if (!counted.values.empty() && counted.values.back() == value) {
      counted.counts.back() += 1;
    } else {
      counted.values.push_back(value);
      counted.counts.push_back(1);
    }
  }
  counted.total = static_cast<double>(kept.size());
  return counted;
}

/// Logarithm of Student's t density at 0.
double log_peak(double degrees) {
  if (std::isinf(degrees)) return -0.5 * std::log(2 * std::numbers::pi);
  return std::lgamma((degrees + 1) / 2) - std::lgamma(degrees / 2) -
         0.5 * std::log(degrees * std::numbers::pi);
}

/// Of the values above the cut, for two halves of t that meet in the centre.
double log_likelihood(const Counted& counted, double cut, double centre, double scale,
                      double lower_scale, std::size_t at) {
  const double degrees = kDegrees[at];
  double sum = 0;
  const bool is_normal = std::isinf(degrees);
  for (std::size_t i = 0; i < counted.values.size(); ++i) {
    const double off = counted.values[i] - centre;
    const double z = off / (off < 0 ? lower_scale : scale);
    sum -= counted.counts[i] *
           (is_normal ? z * z / 2 : (degrees + 1) / 2 * std::log1p(z * z / degrees));
  }
  const double lower_share = lower_scale / (scale + lower_scale);
  const double kept = 1 - 2 * lower_share * t_above((centre - cut) / lower_scale, at);
  return sum +
         counted.total * (log_peak(degrees) - std::log((scale + lower_scale) / 2) - std::log(kept));
}

}  // namespace

HeavyTail::HeavyTail(std::span<const double> values, double least_scale) {
  const double middle = median(values);
  const double spread = std::max(scaled_mad(values), least_scale);
  const double cut = middle - kCut * spread;
  const Counted counted = count(values, cut, spread);
  const double error = 1 / std::sqrt(static_cast<double>(values.size()));
  const double normal_quartile = student_t_exceeded(0.25, kInfinite);
  std::vector<double> log_likelihoods;
  const auto try_scales = [&](std::size_t at, const Skew& skew) {
    // The median of a skewed t lies below its centre, and its MAD between its scales.
    const double both = (1 + skew.ratio) / 2;
    const double fits = spread * normal_quartile / student_t_exceeded(0.25, kDegrees[at]) / both;
    const double centred = middle + 0.8 * (both - 1) * spread / both;
    for (int s = -kScales; s <= kScales; ++s) {
      const double scale = std::max(fits * std::exp(s * kScaleStep * error), least_scale);
      for (int c = -kCentres; c <= kCentres; ++c) {
        const double centre = centred + c * kCentreStep * error * spread;
        const double lower = scale * skew.ratio;
        candidates_.push_back({0, centre, scale, lower, at});
        log_likelihoods.push_back(std::log(skew.prior) +
                                  log_likelihood(counted, cut, centre, scale, lower, at));
      }
    }
  };
  for (std::size_t at = 0; at < kDegrees.size(); ++at) {
    for (const Skew& skew : kSkews) try_scales(at, skew);
  }
  weigh(log_likelihoods);
}

void HeavyTail::weigh(const std::vector<double>& log_likelihoods) {
  const auto most = std::max_element(log_likelihoods.begin(), log_likelihoods.end());
  degrees_ = kDegrees[candidates_[static_cast<std::size_t>(most - log_likelihoods.begin())].tail];
  const double largest = *most;
  double sum = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    candidates_[i].weight = std::exp(log_likelihoods[i] - largest);
  }
  std::erase_if(candidates_, [](const Candidate& each) { return each.weight < kNegligible; });
  for (const Candidate& each : candidates_) sum += each.weight;
  for (Candidate& each : candidates_) {
    each.weight /= sum;
    centre_ += each.weight * each.centre;
    scale_ += each.weight * each.lower_scale;
  }
}

double HeavyTail::below(const Candidate& candidate, double value) {
  const double share = candidate.lower_scale / (candidate.scale + candidate.lower_scale);
  const double off = value - candidate.centre;
  if (off < 0) {
    return 2 * share * t_above(-off / candidate.lower_scale, candidate.tail);
  }
  return 1 - 2 * (1 - share) * t_above(off / candidate.scale, candidate.tail);
}

double HeavyTail::below(double value) const {
  double probability = 0;
  for (const Candidate& each : candidates_) probability += each.weight * below(each, value);
  return probability;
}

double HeavyTail::low_with(double probability) const {
  constexpr int kHalvings = 40;
  double high = centre_;
  double low = centre_ - scale_;
  while (below(low) > probability && low > centre_ - 1e6 * scale_) low -= centre_ - low;
  for (int i = 0; i < kHalvings; ++i) {
    const double between = (low + high) / 2;
    (below(between) > probability ? high : low) = between;
  }
  return low;
}

}  // namespace derate
