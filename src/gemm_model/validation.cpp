// SPDX-License-Identifier: Apache-2.0
// Splits samples by rows or by whole pairs (n, k), in an order that depends on the seed only, fits
// to the one part and collects the errors on the other for each form.
#include "gemm_model/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include "derate/error.h"

namespace derate {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kPairFits = 5;

/// Fisher and Yates; std::shuffle and the standard distributions differ between libraries.
template <typename T>
void shuffle(std::vector<T>& items, std::mt19937_64& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

Split split_rows(const std::vector<GemmSample>& shuffled, const ValidationPlan& plan) {
  const auto end = shuffled.begin() + static_cast<std::ptrdiff_t>(plan.train);
  return {{shuffled.begin(), end}, {end, shuffled.end()}};
}

using Pair = std::pair<std::int64_t, std::int64_t>;

/// In which of the fits each (n, k) is held out.
std::map<Pair, std::size_t> deal_pairs(std::span<const GemmSample> samples,
                                       std::mt19937_64& random) {
  std::map<Pair, std::size_t> turns;
  for (const GemmSample& sample : samples) turns[{sample.shape.n, sample.shape.k}] = 0;
  std::vector<Pair> pairs;
  for (const auto& [pair, turn] : turns) pairs.push_back(pair);
  shuffle(pairs, random);
  for (std::size_t i = 0; i < pairs.size(); ++i) turns[pairs[i]] = i % kPairFits;
  return turns;
}

std::vector<Split> split_pairs(const std::vector<GemmSample>& shuffled, const ValidationPlan& plan,
                               std::mt19937_64& random) {
  const std::map<Pair, std::size_t> turns = deal_pairs(shuffled, random);
  std::vector<Split> splits(kPairFits);
  for (const GemmSample& sample : shuffled) {
    const std::size_t turn = turns.at({sample.shape.n, sample.shape.k});
    for (std::size_t i = 0; i < splits.size(); ++i) {
      if (i == turn) {
        splits[i].test.push_back(sample);
      } else if (splits[i].train.size() < plan.train) {
        splits[i].train.push_back(sample);
      }
    }
  }
  return splits;
}

/// The value below which the share `q` of the values lies, between the two nearest.
double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - std::floor(place)) * (values[above] - values[below]);
}

/// Collects the predictions of one form.
class Errors {
 public:
  explicit Errors(std::string form) : form_(std::move(form)) {}

  void add(double predicted_s, double measured_s) {
    errors_.push_back(std::abs(predicted_s / measured_s - 1));
    predicted_s_ += predicted_s;
    measured_s_ += measured_s;
  }

  void add(const GemmPrediction& prediction, double measured_s) {
    add(prediction.time_s, measured_s);
    with_interval_ = true;
    if (prediction.interval_s.contains(measured_s)) ++covered_;
  }

  [[nodiscard]] FormErrors summary() const {
    const double coverage = with_interval_ ? covered_ / static_cast<double>(errors_.size()) : kNan;
    return {form_,    quantile(errors_, 0.5),    quantile(errors_, 0.9), quantile(errors_, 0.95),
            coverage, predicted_s_ / measured_s_};
  }

 private:
  std::string form_;
  std::vector<double> errors_;
  double predicted_s_ = 0;
  double measured_s_ = 0;
  double covered_ = 0;
  bool with_interval_ = false;
};

/// F/(η·P) with the η that is right in the middle: a derate factor as estimators use it.
double fit_scalar(std::span<const GemmSample> samples, const GemmPeaks& peaks) {
  std::vector<double> etas;
  for (const GemmSample& sample : samples) {
    etas.push_back(gemm_flop(sample.shape) / sample.time_s / peaks.flop_per_s);
  }
  return median(etas);
}

double roofline_s(const GemmPeaks& peaks, const GemmShape& shape) {
  return std::max(gemm_flop(shape) / peaks.flop_per_s,
                  gemm_bytes(peaks, shape) / peaks.bytes_per_s);
}

}  // namespace

std::vector<Split> split(std::span<const GemmSample> samples, const ValidationPlan& plan) {
  std::mt19937_64 random(plan.seed);
  std::vector<GemmSample> shuffled(samples.begin(), samples.end());
  shuffle(shuffled, random);
  std::vector<Split> splits;
  if (plan.train < shuffled.size()) {
    splits = plan.hold_out == HoldOut::pairs ? split_pairs(shuffled, plan, random)
                                             : std::vector{split_rows(shuffled, plan)};
  }
  const bool enough = !splits.empty() && std::all_of(splits.begin(), splits.end(), [&](auto& one) {
    return one.train.size() == plan.train && !one.test.empty();
  });
  if (!enough) {
    throw Error(ExitCode::usage,
                fmt::format("{} shapes are too few to fit to {} and to test on others",
                            samples.size(), plan.train));
  }
  for (std::size_t i = 0; plan.test > 0 && i < splits.size(); ++i) {
    // So many that the shares of the fits add up to plan.test.
    const std::size_t share = plan.test * (i + 1) / splits.size() - plan.test * i / splits.size();
    splits[i].test.resize(std::min(splits[i].test.size(), share));
  }
  return splits;
}

GemmValidation validate_gemm_model(std::span<const GemmSample> samples, const GemmPeaks& peaks,
                                   const ValidationPlan& plan) {
  GemmValidation validation;
  std::array forms = {Errors("model"), Errors("knee alone"), Errors("one scalar derate"),
                      Errors("ideal roofline")};
  for (const Split& one : split(samples, plan)) {
    const GemmModel model = GemmModel::fit(one.train, peaks);
    const double eta = fit_scalar(one.train, peaks);
    validation.fits.push_back(model.data());
    for (const auto& [shape, measured_s] : one.test) {
      const GemmPrediction prediction = model.predict(shape, plan.confidence);
      forms[0].add(prediction, measured_s);
      forms[1].add(knee_time_s(peaks, model.data().knee, shape), measured_s);
      forms[2].add(gemm_flop(shape) / (eta * peaks.flop_per_s), measured_s);
      forms[3].add(roofline_s(peaks, shape), measured_s);
      ++validation.tested;
      if (prediction.extrapolated) ++validation.extrapolated;
    }
  }
  for (const Errors& form : forms) validation.forms.push_back(form.summary());
  return validation;
}

}  // namespace derate
