// SPDX-License-Identifier: Apache-2.0
// The two physical forms of the time of a matrix product, and how their parameters are found.
#pragma once

#include <array>
#include <span>

#include "derate/gemm_model.h"

namespace derate {

/// The terms of the knee, in seconds.
struct KneeTerms {
  double launch_s = 0;
  double compute_s = 0;
  double memory_s = 0;
};

[[nodiscard]] KneeTerms knee_terms(const GemmPeaks& peaks, const GemmKnee& knee,
                                   const GemmShape& shape);

/// Needs GemmPeaks::compute_units.
[[nodiscard]] double wave_time_s(const GemmPeaks& peaks, const GemmWaves& waves,
                                 const GemmShape& shape);

/// Parameters with the least mean |log(measured ÷ form)|. Of more than a few thousand samples some
/// are taken: the residual field holds what the parameters do not.
[[nodiscard]] GemmKnee fit_knee(std::span<const GemmSample> samples, const GemmPeaks& peaks);
[[nodiscard]] GemmWaves fit_waves(std::span<const GemmSample> samples, const GemmPeaks& peaks,
                                  const GemmKnee& start);

}  // namespace derate
