// SPDX-License-Identifier: Apache-2.0
// How well a model of matrix products predicts shapes that it has not seen, beside simpler forms.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "derate/gemm_model.h"

namespace derate {

/// What a test shape has in common with those that the model was fitted to.
enum class HoldOut {
  rows,   ///< other m with the same n and k may have been seen
  pairs,  ///< no shape with its n and k: every (n, k) is held out once, in one of five fits
};

struct ValidationPlan {
  std::size_t train = 1000;  ///< samples of each fit
  std::size_t test = 0;      ///< over all fits; 0: all that were not fitted to
  std::uint64_t seed = 0;
  HoldOut hold_out = HoldOut::rows;
  double confidence = 0.9;
};

/// One fit: what it is fitted to, and what it is tested on.
struct Split {
  std::vector<GemmSample> train;
  std::vector<GemmSample> test;
};

/// Throws Error(usage) when there are too few samples for the plan.
[[nodiscard]] std::vector<Split> split(std::span<const GemmSample> samples,
                                       const ValidationPlan& plan);

/// Errors of one form over the test shapes: |predicted ÷ measured − 1|.
struct FormErrors {
  std::string form;
  double median = 0;
  double p90 = 0;
  double p95 = 0;
  double coverage = 0;   ///< share of measured times within the interval; NaN without one
  double sum_ratio = 0;  ///< predicted ÷ measured time of all test shapes together
};

struct GemmValidation {
  std::vector<GemmModelData> fits;
  std::size_t tested = 0;
  std::size_t extrapolated = 0;  ///< of those tested
  std::vector<FormErrors> forms;
};

/// Fits, predicts and compares. The same plan on the same samples gives the same everywhere.
/// Throws as split() and GemmModel::fit() do.
[[nodiscard]] GemmValidation validate_gemm_model(std::span<const GemmSample> samples,
                                                 const GemmPeaks& peaks,
                                                 const ValidationPlan& plan);

}  // namespace derate
