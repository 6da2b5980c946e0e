// SPDX-License-Identifier: Apache-2.0
// The model's own errors, each sample predicted from the others, choose what is left to choose and
// say how wide the intervals must be.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "derate/error.h"
#include "derate/gemm_model.h"
#include "gemm_model/checks.h"
#include "gemm_model/forms.h"
#include "stats/kriging.h"

namespace derate {
namespace {

// On the tables of docs/model.md, 16 to 40 neighbours, a nugget from 0.15 to 0.6, or another scale
// for m move the median error by about 0.1 points.
constexpr std::array kWeights = {0.0, 0.25, 0.5, 0.75, 1.0};
constexpr std::array kNuggets = {0.05, 0.1, 0.2, 0.4, 0.8, 1.6};

/// Neighbours within that many octaves count about the same for the spread of errors around a
/// shape, which is shrunk towards the mean over all samples as if that were this many of the
/// nearest.
constexpr double kNear = 0.5;
constexpr double kShrinkage = 2;

constexpr double kLeastScore = 1e-9;  // of data without noise, whose logarithms are to stay finite

Octaves octaves_of(const GemmShape& shape) {
  return {std::log2(static_cast<double>(shape.m)), std::log2(static_cast<double>(shape.n)),
          std::log2(static_cast<double>(shape.k))};
}

/// log t by the knee and by the waves; where no waves can be, they weigh nothing.
FieldValues log_forms(const GemmModelData& data, const GemmShape& shape) {
  const double knee = std::log(knee_time_s(data.peaks, data.knee, shape));
  if (data.peaks.compute_units <= 0) return {knee, knee};
  return {knee, std::log(wave_time_s(data.peaks, data.waves, shape))};
}

double mixed(const FieldValues& values, double weight) {
  return (1 - weight) * values[0] + weight * values[1];
}

GemmField field_of(const GemmModelData& data) {
  std::vector<Octaves> points;
  std::vector<FieldValues> residuals;
  for (const GemmSample& sample : data.samples) {
    points.push_back(octaves_of(sample.shape));
    const FieldValues forms = log_forms(data, sample.shape);
    const double measured = std::log(sample.time_s);
    residuals.push_back({measured - forms[0], measured - forms[1]});
  }
  return {std::move(points), std::move(residuals)};
}

using Neighbourhood = std::vector<Neighbour>;

/// The neighbours of every sample among the others.
std::vector<Neighbourhood> neighbourhoods_of(const GemmField& field) {
  std::vector<Neighbourhood> all(field.size());
  for (std::size_t i = 0; i < field.size(); ++i) field.around(field.point(i), i, all[i]);
  return all;
}

/// The nugget and the weight with which samples are predicted best from the others.
void choose(GemmModelData& data, const GemmField& field,
            const std::vector<Neighbourhood>& neighbourhoods) {
  const bool waves = data.peaks.compute_units > 0;
  double least = HUGE_VAL;
  for (const double nugget : kNuggets) {
    std::array<double, kWeights.size()> misfits{};
    for (std::size_t i = 0; i < field.size(); ++i) {
      const FieldValues found = field.estimate(neighbourhoods[i], nugget).value;
      const FieldValues& held = field.values(i);
      for (std::size_t w = 0; w < misfits.size(); ++w) {
        misfits[w] += std::abs(mixed(held, kWeights[w]) - mixed(found, kWeights[w]));
      }
    }
    for (std::size_t w = 0; w < (waves ? misfits.size() : 1); ++w) {
      if (misfits[w] >= least) continue;
      least = misfits[w];
      data.nugget_octaves = nugget;
      data.waves_weight = kWeights[w];
    }
  }
}

/// Parameters that the samples were fitted with, of which each takes the errors down a little.
constexpr double kParameters = 13;

/// A straight line through the logarithms of the larger half of the scores over log(-log(1 - p)),
/// p their rank: Weibull's law. Its quantile varies less from one calibration to the next than that
/// of the scores themselves. The largest few follow no law, and would move the line most.
/// From 1,000 samples such a quantile moves coverage by about 1 % between calibrations; no choice
/// of quantile takes that away.
void fit_scores(GemmModelData& data, std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const auto count = static_cast<double>(scores.size());
  double n = 0;
  double x = 0;
  double y = 0;
  double xx = 0;
  double xy = 0;
  for (std::size_t i = scores.size() / 2; i < scores.size(); ++i) {
    const double p = (static_cast<double>(i) + 0.5) / count;
    if (p > 0.995) break;
    const double at = std::log(-std::log(1 - p));
    const double score = std::log(scores[i]);
    n += 1;
    x += at;
    y += score;
    xx += at * at;
    xy += at * score;
  }
  data.score_slope = (xy - x * y / n) / (xx - x * x / n);
  data.score_scale =
      std::exp((y - data.score_slope * x) / n) * std::sqrt(count / (count - kParameters));
}

}  // namespace

/// What follows from the data, and is not worth storing.
struct GemmModel::State {
  explicit State(GemmModelData model) : data(std::move(model)), field(field_of(data)) {}

  /// Everything that needs the weight and the nugget.
  void settle(const std::vector<Neighbourhood>& neighbourhoods);
  [[nodiscard]] std::vector<double> scores(const std::vector<Neighbourhood>& neighbourhoods) const;
  [[nodiscard]] double spread(std::span<const Neighbour> neighbours) const;

  GemmModelData data;
  GemmField field;
  std::vector<double> errors;  ///< |log| of each sample predicted from the others ÷ its deviation
  double mean_error = 0;
  double reach_octaves = 0;  ///< the farthest that a sample has its nearest other one
  Octaves low{};
  Octaves high{};
};

void GemmModel::State::settle(const std::vector<Neighbourhood>& neighbourhoods) {
  low = high = field.point(0);
  for (std::size_t i = 0; i < field.size(); ++i) {
    const FieldEstimate found = field.estimate(neighbourhoods[i], data.nugget_octaves);
    const double error =
        mixed(field.values(i), data.waves_weight) - mixed(found.value, data.waves_weight);
    errors.push_back(std::max(std::abs(error) / std::sqrt(found.variance), kLeastScore));
    mean_error += errors.back() / static_cast<double>(field.size());
    reach_octaves = std::max(reach_octaves, neighbourhoods[i].front().distance);
    for (std::size_t axis = 0; axis < low.size(); ++axis) {
      low[axis] = std::min(low[axis], field.point(i)[axis]);
      high[axis] = std::max(high[axis], field.point(i)[axis]);
    }
  }
}

/// How large the errors are around there, on average, as a share of the field's own deviation.
double GemmModel::State::spread(std::span<const Neighbour> neighbours) const {
  double sum = kShrinkage / kNear * mean_error;
  double weights = kShrinkage / kNear;
  for (const Neighbour& neighbour : neighbours) {
    const double weight = 1 / (kNear + neighbour.distance);
    sum += weight * errors[neighbour.index];
    weights += weight;
  }
  return sum / weights;
}

std::vector<double> GemmModel::State::scores(
    const std::vector<Neighbourhood>& neighbourhoods) const {
  std::vector<double> found;
  for (std::size_t i = 0; i < field.size(); ++i) {
    found.push_back(errors[i] / spread(neighbourhoods[i]));
  }
  return found;
}

std::string_view to_string(GemmBound bound) {
  constexpr std::array<std::string_view, 3> kNames = {"launch", "compute", "memory"};
  return kNames[static_cast<std::size_t>(bound)];
}

GemmModel GemmModel::fit(std::span<const GemmSample> samples, const GemmPeaks& peaks) {
  require_sane(samples, peaks);
  GemmModelData data;
  data.peaks = peaks;
  data.samples.assign(samples.begin(), samples.end());
  data.knee = fit_knee(samples, peaks);
  if (peaks.compute_units > 0) data.waves = fit_waves(samples, peaks, data.knee);
  State state(std::move(data));
  const std::vector<Neighbourhood> neighbourhoods = neighbourhoods_of(state.field);
  choose(state.data, state.field, neighbourhoods);
  state.settle(neighbourhoods);
  fit_scores(state.data, state.scores(neighbourhoods));
  return GemmModel(std::make_shared<const State>(std::move(state)));
}

GemmModel::GemmModel(GemmModelData data) {
  require_sane(data);
  State state(std::move(data));
  state.settle(neighbourhoods_of(state.field));
  state_ = std::make_shared<const State>(std::move(state));
}

GemmModel::GemmModel(std::shared_ptr<const State> state) : state_(std::move(state)) {}

const GemmModelData& GemmModel::data() const { return state_->data; }

GemmPrediction GemmModel::predict(const GemmShape& shape, double confidence) const {
  if (shape.m < 1 || shape.n < 1 || shape.k < 1) {
    throw Error(ExitCode::usage, fmt::format("a product of {} x {} x {} has no time: each extent "
                                             "must be at least 1",
                                             shape.m, shape.n, shape.k));
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw Error(ExitCode::usage,
                fmt::format("an interval with a confidence of {} there is not", confidence));
  }
  const State& state = *state_;
  const GemmModelData& data = state.data;
  const Octaves at = octaves_of(shape);
  std::vector<Neighbour> neighbours;
  neighbours.reserve(GemmField::kNeighbours);
  state.field.around(at, KdTree::kNobody, neighbours);
  const FieldEstimate found = state.field.estimate(neighbours, data.nugget_octaves);
  const double log_time =
      mixed(log_forms(data, shape), data.waves_weight) + mixed(found.value, data.waves_weight);

  GemmPrediction prediction;
  prediction.time_s = std::exp(log_time);
  const double half = data.score_scale * std::pow(-std::log1p(-confidence), data.score_slope) *
                      state.spread(neighbours) * std::sqrt(found.variance);
  prediction.interval_s = {std::exp(log_time - half), std::exp(log_time + half), confidence};
  const KneeTerms terms = knee_terms(data.peaks, data.knee, shape);
  prediction.bound = terms.launch_s > std::max(terms.compute_s, terms.memory_s) ? GemmBound::launch
                     : terms.memory_s > terms.compute_s                         ? GemmBound::memory
                                                        : GemmBound::compute;
  prediction.distance_octaves = neighbours.front().distance;
  prediction.extrapolated = prediction.distance_octaves > state.reach_octaves;
  for (std::size_t axis = 0; axis < at.size(); ++axis) {
    if (at[axis] < state.low[axis] || at[axis] > state.high[axis]) prediction.extrapolated = true;
  }
  return prediction;
}

}  // namespace derate
