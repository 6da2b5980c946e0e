// SPDX-License-Identifier: Apache-2.0
// Deviations from each row's centre, taken together by part, less what node and switch add; then
// the probability of such a value under the group's own heavy-tailed distribution, over all GPUs.
#include "fleet/judge.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fleet/node_effect.h"
#include "fleet/unsteady.h"
#include "fleet/weighted_median.h"
#include "stats/false_discoveries.h"
#include "stats/heavy_tail.h"

namespace derate::fleet {
namespace {

/// Nobody cares for 0.05 %, however alike the GPUs of a group are.
constexpr double kLeastScale = 5e-4;
/// How the permitted share of false ones is divided: power and heat, which lower the clock and with
/// it all that computes, are behind most of what slow GPUs there are.
constexpr std::array<double, kParts> kShareOfPart = {0.2, 0.4, 0.2, 0.1, 0};
constexpr double kShareOfRows = 0.1;  ///< by themselves, all of them
/// One row alone is to be off by more than all of a part.
constexpr double kRowFactor = 2;
constexpr std::size_t kFewestNodes = 12;

/// One way to look at every GPU, or at every node.
struct View {
  Part part = Part::overall;
  std::size_t row = kNoRow;
  double multiplicity = 1;       ///< what its probabilities count times, for the others
  double least = 0;              ///< logarithm of the least slowdown
  std::vector<double> raw;       ///< logarithms; NaN where not measured
  std::vector<double> adjusted;  ///< less what the place adds
};

std::vector<double> known_values(const std::vector<double>& values) {
  std::vector<double> known;
  for (const double value : values) {
    if (!std::isnan(value)) known.push_back(value);
  }
  return known;
}

std::vector<double> column(const Levels& levels, const std::vector<double>& of, std::size_t row) {
  std::vector<double> values(levels.gpus);
  for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) values[gpu] = of[gpu * levels.rows + row];
  return values;
}

double least_logarithm(double slowdown) { return -std::log1p(-std::min(slowdown, 0.99)); }

/// Parts that the group can be judged by; `overall` only where there are several.
std::vector<View> views_of_parts(const Levels& levels, const std::vector<Distribution>& rows,
                                 const Asked& asked) {
  std::vector<View> views;
  for (const Part part : kEveryPart) {
    if (part == Part::latency) continue;  // as much the host's as the GPU's
    View view{
        part, kNoRow, 1, least_logarithm(asked.least_slowdown), part_levels(levels, rows, part),
        {}};
    if (known_values(view.raw).size() < kSmallGroup) continue;
    view.adjusted = without_place(without_place(view.raw, levels.leaf), levels.node);
    views.push_back(std::move(view));
  }
  return views;
}

/// A single row counts by its quickest round: one that is at fault is slow in all of them.
std::vector<View> views_of_rows(const Levels& levels, const Asked& asked) {
  std::vector<View> views;
  for (std::size_t row = 0; row < levels.rows && levels.rows > 1; ++row) {
    if (levels.parts[row] == Part::latency) continue;
    View view{levels.parts[row],
              row,
              1,
              least_logarithm(kRowFactor * asked.least_slowdown),
              column(levels, levels.best, row),
              {}};
    if (known_values(view.raw).size() < kSmallGroup) continue;
    view.adjusted = view.raw;
    views.push_back(std::move(view));
  }
  return views;
}

/// Each view's probabilities times the inverse of its share: the smallest of a GPU then is one.
void divide(std::vector<View>& parts, std::vector<View>& rows) {
  double whole = rows.empty() ? 0 : kShareOfRows;
  for (const View& view : parts) whole += kShareOfPart[static_cast<std::size_t>(view.part)];
  for (View& view : parts) {
    view.multiplicity = whole / kShareOfPart[static_cast<std::size_t>(view.part)];
  }
  for (View& view : rows) {
    view.multiplicity = whole / kShareOfRows * static_cast<double>(rows.size());
  }
}

/// Probability of each value under the tail; 1 where it is too near to the centre to matter.
std::vector<double> probabilities(const View& view, const HeavyTail& tail, double centre) {
  constexpr double kNear = 2;
  std::vector<double> found(view.raw.size(), kUnknown);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (std::isnan(view.raw[i])) continue;
    const bool matters = view.raw[i] <= centre - view.least &&
                         view.adjusted[i] < tail.centre() - kNear * tail.scale();
    found[i] = matters ? std::min(1.0, tail.below(view.adjusted[i]) * view.multiplicity) : 1;
  }
  return found;
}

class GroupJudge {
 public:
  GroupJudge(const Levels& levels, const Asked& asked) : levels_(levels), asked_(asked) {
    result_.gpus.resize(levels.gpus);
    for (std::size_t row = 0; row < levels.rows; ++row) {
      result_.rows.push_back(distribution_of(column(levels, levels.level, row)));
    }
    least_.assign(levels.gpus, kUnknown);
  }

  GroupJudgement judge() {
    std::vector<View> parts = views_of_parts(levels_, result_.rows, asked_);
    describe_parts();
    result_.is_judged = levels_.gpus >= kSmallGroup && !parts.empty();
    if (!result_.is_judged) return std::move(result_);
    std::vector<View> rows = views_of_rows(levels_, asked_);
    divide(parts, rows);
    for (const View& view : parts) look(view);
    for (const View& view : rows) look(view);
    name_slow();
    name_nodes(parts);
    name_unsteady();
    return std::move(result_);
  }

 private:
  void describe_parts() {
    for (const Part part : kEveryPart) {
      const auto at = static_cast<std::size_t>(part);
      const std::vector<double> values = part_levels(levels_, result_.rows, part);
      result_.parts[at] = distribution_of(values);
      for (std::size_t gpu = 0; gpu < levels_.gpus; ++gpu) {
        result_.gpus[gpu].deviation[at] = values[gpu] - result_.parts[at].centre;
      }
    }
  }

  /// Keeps of each GPU the view that says most against it.
  void look(const View& view) {
    const HeavyTail tail(known_values(view.adjusted), kLeastScale);
    const double centre = median(known_values(view.raw));
    const std::vector<double> found = probabilities(view, tail, centre);
    for (std::size_t gpu = 0; gpu < levels_.gpus; ++gpu) {
      if (std::isnan(found[gpu])) continue;
      const bool is_first = std::isnan(least_[gpu]);
      if (!is_first && found[gpu] >= least_[gpu]) continue;
      least_[gpu] = found[gpu];
      result_.gpus[gpu].part = view.part;
      result_.gpus[gpu].row = view.row;
      result_.gpus[gpu].slowdown = -std::expm1(view.raw[gpu] - centre);
    }
    if (view.row != kNoRow) return;
    const auto at = static_cast<std::size_t>(view.part);
    const double alone =
        asked_.false_share / (static_cast<double>(levels_.gpus) * view.multiplicity);
    result_.tail_degrees[at] = tail.degrees();
    result_.detectable[at] =
        std::max(asked_.least_slowdown, -std::expm1(tail.low_with(alone) - tail.centre()));
  }

  void name_slow() {
    const std::vector<double> shares = q_values(least_);
    for (std::size_t gpu = 0; gpu < levels_.gpus; ++gpu) {
      if (std::isnan(shares[gpu])) continue;
      result_.gpus[gpu].false_share = shares[gpu];
      result_.gpus[gpu].slow = shares[gpu] <= asked_.false_share;
      if (result_.gpus[gpu].slow) say_whether_all(result_.gpus[gpu]);
    }
  }

  /// Of what is slow in every part none is at fault, however clearly one shows it.
  static void say_whether_all(GpuJudgement& judgement) {
    const double all = judgement.deviation[static_cast<std::size_t>(Part::overall)];
    if (std::isnan(all) || judgement.row != kNoRow) return;  // one part only
    for (const Part part : {Part::compute, Part::memory, Part::transfer}) {
      const double deviation = judgement.deviation[static_cast<std::size_t>(part)];
      if (deviation > std::log1p(-judgement.slowdown) / 2) return;  // NaN is none
    }
    judgement.part = Part::overall;
    judgement.slowdown = -std::expm1(all);
  }

  /// A node that is slow as a whole shows more clearly than each of its GPUs.
  void name_nodes(const std::vector<View>& parts) {
    for (const View& part : parts) {
      View nodes = part;
      nodes.raw = place_medians(part.raw, levels_.node, 2);
      nodes.adjusted = nodes.raw;
      const std::vector<double> known = known_values(nodes.raw);
      if (known.size() < kFewestNodes) continue;
      const HeavyTail tail(known, kLeastScale);
      const double centre = median(known_values(part.raw));
      const std::vector<double> shares = q_values(probabilities(nodes, tail, centre));
      for (std::size_t gpu = 0; gpu < levels_.gpus; ++gpu) {
        const auto node = static_cast<std::size_t>(levels_.node[gpu]);
        if (node >= shares.size() || !(shares[node] <= asked_.false_share)) continue;
        if (part.raw[gpu] <= centre - part.least) {
          name_with_node(gpu, part, centre, shares[node]);
        }
      }
    }
  }

  void name_with_node(std::size_t gpu, const View& part, double centre, double share) {
    GpuJudgement& judgement = result_.gpus[gpu];
    judgement.with_its_node = true;
    if (judgement.slow) return;
    judgement.slow = true;
    judgement.part = part.part;
    judgement.row = kNoRow;
    judgement.slowdown = -std::expm1(part.raw[gpu] - centre);
    judgement.false_share = share;
    say_whether_all(judgement);
  }

  void name_unsteady() {
    const std::vector<Unsteadiness> found = unsteadiness(levels_);
    for (std::size_t gpu = 0; gpu < levels_.gpus; ++gpu) {
      result_.gpus[gpu].between_rounds = found[gpu].between_rounds;
      result_.gpus[gpu].unsteady_false_share = found[gpu].false_share;
      result_.gpus[gpu].unsteady = found[gpu].false_share <= asked_.false_share &&
                                   found[gpu].between_rounds >= asked_.least_unsteady;
    }
  }

  const Levels& levels_;
  const Asked& asked_;
  GroupJudgement result_;
  std::vector<double> least_;  ///< probability of each GPU's, by the view that says most
};

}  // namespace

GroupJudgement judge_group(const Levels& levels, const Asked& asked) {
  return GroupJudge(levels, asked).judge();
}

std::string_view to_string(Part part) {
  constexpr std::array<std::string_view, kParts> kWords = {"all", "compute", "memory", "transfers",
                                                           "latency"};
  return kWords[static_cast<std::size_t>(part)];
}

Part part_of(Bound bound) {
  switch (bound) {
    case Bound::compute:
    case Bound::cache:
      return Part::compute;
    case Bound::memory:
      return Part::memory;
    case Bound::latency:
      return Part::latency;
    case Bound::link:
    case Bound::link_both_ways:
    case Bound::link_to_peer:
      return Part::transfer;
  }
  return Part::transfer;
}

Distribution distribution_of(std::vector<double> logarithms) {
  std::erase_if(logarithms, [](double value) { return std::isnan(value); });
  Distribution found;
  found.gpus = logarithms.size();
  if (logarithms.empty()) return found;
  found.centre = median(logarithms);
  found.sigma = scaled_mad(logarithms);
  std::sort(logarithms.begin(), logarithms.end());
  const auto relative = [&](double share) {
    const double place = share * static_cast<double>(logarithms.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, logarithms.size() - 1);
    const double value =
        logarithms[low] + (place - std::floor(place)) * (logarithms[high] - logarithms[low]);
    return std::expm1(value - found.centre);
  };
  found.p1 = relative(0.01);
  found.p5 = relative(0.05);
  found.p95 = relative(0.95);
  found.p99 = relative(0.99);
  found.slowest = relative(0);
  found.fastest = relative(1);
  return found;
}

bool is_common(const Levels& levels, const std::vector<Distribution>& rows, std::size_t row) {
  std::size_t most = 0;
  for (std::size_t other = 0; other < rows.size(); ++other) {
    if (levels.parts[other] == levels.parts[row]) most = std::max(most, rows[other].gpus);
  }
  return rows[row].gpus > 0 && 2 * rows[row].gpus >= most;
}

std::vector<double> part_levels(const Levels& levels, const std::vector<Distribution>& rows,
                                Part part) {
  std::vector<double> found(levels.gpus, kUnknown);
  if (part == Part::overall) {
    std::vector<std::vector<double>> parts;
    for (const Part one : {Part::compute, Part::memory, Part::transfer}) {
      if (std::find(levels.parts.begin(), levels.parts.end(), one) == levels.parts.end()) continue;
      parts.push_back(part_levels(levels, rows, one));
    }
    for (std::size_t gpu = 0; gpu < levels.gpus && parts.size() > 1; ++gpu) {
      double sum = 0;
      for (const std::vector<double>& one : parts) sum += one[gpu];
      found[gpu] = sum / static_cast<double>(parts.size());
    }
    return found;
  }
  std::vector<std::size_t> places;
  std::vector<double> weights;
  double whole = 0;
  for (std::size_t row = 0; row < levels.rows; ++row) {
    if (levels.parts[row] != part || !is_common(levels, rows, row)) continue;
    places.push_back(row);
    weights.push_back(1 / std::max(rows[row].sigma, kLeastScale));
    whole += weights.back();
  }
  std::vector<WeightedValue> values;
  for (std::size_t gpu = 0; gpu < levels.gpus; ++gpu) {
    values.clear();
    double weight = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const double level = levels.at(gpu, places[i]);
      if (std::isnan(level)) continue;
      values.push_back({level - rows[places[i]].centre, weights[i]});
      weight += weights[i];
    }
    // Of a GPU that was cut short too little may be left to say anything.
    if (!values.empty() && weight >= whole / 2) found[gpu] = weighted_median(values);
  }
  return found;
}

}  // namespace derate::fleet
