// SPDX-License-Identifier: Apache-2.0
// Refuses too few samples, and peaks, times or stored parameters that are not finite and positive.
#include "gemm_model/checks.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "derate/error.h"

namespace derate {
namespace {

[[noreturn]] void refuse_samples(const std::string& sentence) {
  throw Error(ExitCode::invalid_input, "a GEMM model: " + sentence);
}

bool is_positive(double value) { return std::isfinite(value) && value > 0; }

bool is_sane(const GemmKnee& knee) {
  return is_positive(knee.eta_compute) && is_positive(knee.eta_memory) &&
         is_positive(knee.launch_s) && std::isfinite(knee.sharpness) && knee.sharpness >= 1;
}

}  // namespace

void require_sane(std::span<const GemmSample> samples, const GemmPeaks& peaks) {
  if (samples.size() < kFewestGemmSamples) {
    refuse_samples(
        fmt::format("{} shapes are too few, it takes {}", samples.size(), kFewestGemmSamples));
  }
  if (!is_positive(peaks.flop_per_s) || !is_positive(peaks.bytes_per_s) ||
      !is_positive(peaks.bytes_per_operand) || !is_positive(peaks.bytes_per_result) ||
      !(peaks.compute_units >= 0)) {
    refuse_samples("a peak is not a positive number");
  }
  for (const GemmSample& sample : samples) {
    const GemmShape& shape = sample.shape;
    if (shape.m < 1 || shape.n < 1 || shape.k < 1 || !is_positive(sample.time_s)) {
      refuse_samples(
          fmt::format("{} x {} x {} in {} s is invalid", shape.m, shape.n, shape.k, sample.time_s));
    }
  }
}

void require_sane(const GemmModelData& data) {
  require_sane(data.samples, data.peaks);
  const GemmWaves& waves = data.waves;
  const bool waves_sane =
      data.peaks.compute_units == 0 ||
      (is_sane(waves.knee) && std::isfinite(waves.edge_cost) && waves.edge_cost >= 0 &&
       std::isfinite(waves.prologue_depth) && waves.prologue_depth >= 0 &&
       waves.quantisation >= 0 && waves.quantisation <= 1);
  if (!is_sane(data.knee) || !waves_sane || !(data.waves_weight >= 0 && data.waves_weight <= 1) ||
      !is_positive(data.nugget_octaves) || !is_positive(data.score_scale) ||
      !std::isfinite(data.score_slope)) {
    refuse_samples("a parameter is invalid");
  }
}

}  // namespace derate
