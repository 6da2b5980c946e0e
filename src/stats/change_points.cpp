// SPDX-License-Identifier: Apache-2.0
// Recursive splitting: the best cut, else the best inner block, by Student's t with Bonferroni's
// bound over all that were tried; cuts are pruned by the residuals' lag-1 correlation (bias:
// Kendall, 1954).
#include "stats/change_points.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "derate/statistics.h"
#include "stats/student_t.h"

namespace derate::history {
namespace {

using Values = std::span<const double>;

constexpr double kMostCorrelation = 0.9;

/// A block of values that is to be told from the others of its stretch.
struct Block {
  std::size_t begin = 0;
  std::size_t end = 0;
  double t = 0;
};

/// Sums that give the mean and the squares of any block at once.
class Sums {
 public:
  explicit Sums(Values values) : sums_(values.size() + 1), squares_(values.size() + 1) {
    const double centre = median(values);  // against cancellation
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double value = values[i] - centre;
      sums_[i + 1] = sums_[i] + value;
      squares_[i + 1] = squares_[i] + value * value;
    }
  }
  [[nodiscard]] double sum(std::size_t begin, std::size_t end) const {
    return sums_[end] - sums_[begin];
  }
  [[nodiscard]] double squares(std::size_t begin, std::size_t end) const {
    return squares_[end] - squares_[begin];
  }

 private:
  std::vector<double> sums_;
  std::vector<double> squares_;
};

/// Student's t of a block against all others, with one spread for both.
double t_of(const Sums& sums, std::size_t size, std::size_t begin, std::size_t end) {
  const auto inside = static_cast<double>(end - begin);
  const auto outside = static_cast<double>(size) - inside;
  const double sum_inside = sums.sum(begin, end);
  const double sum_outside = sums.sum(0, size) - sum_inside;
  const double squares = sums.squares(0, size) - sum_inside * sum_inside / inside -
                         sum_outside * sum_outside / outside;
  const double freedom = static_cast<double>(size) - 2;
  const double sd = std::max(std::sqrt(std::max(squares, 0.0) / freedom), kLeastSd);
  return (sum_inside / inside - sum_outside / outside) / (sd * std::sqrt(1 / inside + 1 / outside));
}

/// Whether the medians differ as well: two means also differ for one wild value.
bool medians_differ(Values values, const Block& block, double smallest) {
  std::vector<double> inside;
  std::vector<double> outside;
  for (std::size_t i = 0; i < values.size(); ++i) {
    (block.begin <= i && i < block.end ? inside : outside).push_back(values[i]);
  }
  return std::abs(median(inside) - median(outside)) >= smallest;
}

/// The best split of a stretch in two, and the best block within it; blocks that touch neither end
/// are tried apart, since they are many more.
struct Candidates {
  Block split;
  std::size_t splits = 0;
  Block block;
  std::size_t blocks = 0;
};

Candidates candidates_of(Values values, std::size_t least) {
  const Sums sums(values);
  const std::size_t size = values.size();
  Candidates found;
  for (std::size_t begin = 0; begin + least <= size; ++begin) {
    if (begin > 0 && begin < least) continue;  // too little would be left before it
    for (std::size_t end = begin + least; end <= size; ++end) {
      const bool touches = begin == 0 || end == size;
      if ((end < size && size - end < least) || end - begin + least > size) continue;
      if (begin > 0 && end == size) continue;  // the same split as its other side
      const Block block{begin, end, t_of(sums, size, begin, end)};
      Block& best = touches ? found.split : found.block;
      ++(touches ? found.splits : found.blocks);
      if (std::abs(block.t) > std::abs(best.t)) best = block;
    }
  }
  return found;
}

/// Two-sided p-value of the largest of `tries`.
double p_of(double t, double freedom, std::size_t tries) {
  return 2 * student_t_above(std::abs(t), freedom) * static_cast<double>(tries);
}

void split(const ChangePointPlan& plan, Values values, std::size_t offset,
           std::vector<std::size_t>& starts) {
  if (values.size() < 2 * plan.min_segment) return;
  const Candidates found = candidates_of(values, plan.min_segment);
  const double freedom = static_cast<double>(values.size()) - 2;
  const auto is_change = [&](const Block& block, std::size_t tries) {
    return tries > 0 && p_of(block.t, freedom, tries) < plan.alpha / 2 &&
           medians_differ(values, block, plan.smallest);
  };
  std::vector<std::size_t> cuts;
  if (is_change(found.split, found.splits)) {
    cuts = {found.split.end};
  } else if (is_change(found.block, found.blocks)) {
    cuts = {found.block.begin, found.block.end};
  }
  if (cuts.empty()) return;
  cuts.push_back(values.size());
  std::size_t begin = 0;
  for (const std::size_t end : cuts) {
    if (begin > 0) starts.push_back(offset + begin);
    split(plan, values.subspan(begin, end - begin), offset + begin, starts);
    begin = end;
  }
}

/// The segments between cuts, with what is left of the values around their means.
struct Fit {
  std::vector<std::size_t> ends;
  std::vector<double> means;
  double freedom = 0;
  double sd = 0;
  double correlation = 0;

  Fit(Values values, const std::vector<std::size_t>& cuts) : ends(cuts.begin() + 1, cuts.end()) {
    ends.push_back(values.size());
    std::vector<double> residuals;
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      const Values segment = values.subspan(begin, end - begin);
      means.push_back(std::accumulate(segment.begin(), segment.end(), 0.0) /
                      static_cast<double>(segment.size()));
      for (const double value : segment) residuals.push_back(value - means.back());
      begin = end;
    }
    freedom = static_cast<double>(values.size()) - static_cast<double>(ends.size());
    double squares = 0;
    for (const double residual : residuals) squares += residual * residual;
    if (freedom > 0) sd = std::max(std::sqrt(squares / freedom), kLeastSd);
    correlation = neighbour_correlation(residuals, ends.size());
  }
  [[nodiscard]] double count(std::size_t segment) const {
    return static_cast<double>(ends[segment] - (segment == 0 ? 0 : ends[segment - 1]));
  }
};

/// Takes away the cuts that chance may have made after all, the least sure first, once it is known
/// how much neighbours resemble each other. This cannot be known before the cuts: steps make
/// neighbours alike as well.
void prune(const ChangePointPlan& plan, Values values, std::vector<std::size_t>& cuts) {
  while (cuts.size() > 1) {
    const Fit fit(values, cuts);
    const double factor = std::sqrt((1 - fit.correlation) / (1 + fit.correlation));
    double worst = 0;
    std::size_t least_sure = 0;
    for (std::size_t cut = 1; cut < cuts.size(); ++cut) {
      const double error = fit.sd * std::sqrt(1 / fit.count(cut) + 1 / fit.count(cut - 1));
      const double t = (fit.means[cut] - fit.means[cut - 1]) / error * factor;
      const double p = p_of(t, fit.freedom, values.size());
      if (p > worst) {
        worst = p;
        least_sure = cut;
      }
    }
    if (worst < plan.alpha) return;
    cuts.erase(cuts.begin() + static_cast<std::ptrdiff_t>(least_sure));
  }
}

}  // namespace

double neighbour_correlation(Values residuals, std::size_t segments) {
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    squares += residuals[i] * residuals[i];
    if (i > 0) products += residuals[i] * residuals[i - 1];
  }
  if (squares <= 0) return 0;
  // Around a mean of m values, independent ones correlate by about -1/m, and dependent ones by
  // (1 + 4 c)/m too little (Kendall, 1954).
  const double m = static_cast<double>(residuals.size()) / static_cast<double>(segments);
  const double raw = products / squares;
  return std::clamp((raw + 1 / m) / std::max(1 - 4 / m, 0.25), 0.0, kMostCorrelation);
}

std::vector<bool> find_spikes(Values values, double sds, double most) {
  constexpr std::size_t kBeside = 3;
  std::vector<bool> spikes(values.size(), false);
  std::vector<double> steps;
  for (std::size_t i = 1; i < values.size(); ++i) steps.push_back(values[i] - values[i - 1]);
  if (values.size() <= 2 * kBeside) return spikes;
  const double sd = std::max(scaled_mad(steps) / std::sqrt(2.0), kLeastSd);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t before = std::min(i, kBeside);
    const std::size_t after = std::min(values.size() - 1 - i, kBeside);
    const auto far = [&](Values beside) {
      return beside.empty() || std::abs(values[i] - median(beside)) > sds * sd;
    };
    spikes[i] = far(values.subspan(i - before, before)) && far(values.subspan(i + 1, after));
  }
  // The last may be the first of a new level, so that it is not counted.
  const auto count = std::count(spikes.begin(), spikes.end() - 1, true);
  const double limit = std::max(1.0, most * static_cast<double>(values.size()));
  if (static_cast<double>(count) > limit) spikes.assign(values.size(), false);
  return spikes;
}

Levels find_levels(const ChangePointPlan& plan, Values values) {
  Levels levels;
  levels.spikes = find_spikes(values, plan.spike_sds, plan.most_spikes);
  std::vector<double> kept;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (levels.spikes[i]) continue;
    kept.push_back(values[i]);
    places.push_back(i);
  }
  std::vector<std::size_t> cuts = {0};
  split(plan, kept, 0, cuts);
  std::sort(cuts.begin(), cuts.end());
  prune(plan, kept, cuts);
  const Fit fit(kept, cuts);
  for (std::size_t at = 0; at < cuts.size(); ++at) {
    levels.starts.push_back(at == 0 ? 0 : places[cuts[at]]);
    levels.counts.push_back(static_cast<std::size_t>(fit.count(at)));
  }
  levels.means = fit.means;
  levels.freedom = static_cast<std::size_t>(std::max(fit.freedom, 0.0));
  levels.sd = fit.sd;
  levels.correlation = fit.correlation;
  return levels;
}

}  // namespace derate::history
