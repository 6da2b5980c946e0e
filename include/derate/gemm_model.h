// SPDX-License-Identifier: Apache-2.0
// How long a matrix product of any shape takes on one device, learned from measured shapes.
// docs/model.md derives the form and says what it reached.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "derate/device.h"
#include "derate/statistics.h"
#include "derate/work.h"

namespace derate {

/// C = A·B, A is m x k, B is k x n; every extent at least 1.
struct GemmShape {
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
};

/// A shape and the time of one product.
struct GemmSample {
  GemmShape shape;
  double time_s = 0;
};

/// The theoretical peaks that the model's shares are of. They only fix the unit of a share: a model
/// fitted against other peaks predicts the same times.
struct GemmPeaks {
  double flop_per_s = 0;
  double bytes_per_s = 0;
  double compute_units = 0;  ///< SMs or cores, over which tiles spread; 0: not known
  double bytes_per_operand = 2;
  double bytes_per_result = 2;
};

/// Bandwidth for the unit of η_m where nothing says which the device has, as on most CPUs: η_m
/// means nothing then, and the times are the same.
inline constexpr double kAssumedBytes_per_s = 1e12;

/// t₀ + ‖F/(η_c·P), B/(η_m·BW)‖_p for F = 2·m·n·k and the bytes B of A, B and C, each once.
struct GemmKnee {
  double eta_compute = 1;
  double eta_memory = 1;
  double launch_s = 0;   ///< t₀
  double sharpness = 2;  ///< p, above 1; infinite would be the roofline's corner
};

/// The same with the arithmetic done in whole tiles: the fastest of some tile shapes and splits of
/// k, each spread over the compute units in waves.
struct GemmWaves {
  GemmKnee knee;
  double edge_cost = 0;       ///< elements; a tile of a x b is slower by 1 + edge_cost (1/a + 1/b)
  double prologue_depth = 0;  ///< elements of k that a tile's start and end are worth
  double quantisation = 0;    ///< 0: part of a wave costs its part; 1: it costs a whole wave
};

/// What a model consists of: enough to make the same model again, as plain numbers.
struct GemmModelData {
  GemmPeaks peaks;
  GemmKnee knee;
  GemmWaves waves;
  double waves_weight = 0;  ///< 0: the knee alone, 1: the waves alone; between, in log time
  double nugget_octaves =
      0;  ///< noise of a sample, as the distance over which times differ as much
  /// Of the law that the errors of prediction follow, see docs/model.md.
  double score_scale = 0;
  double score_slope = 0;
  std::vector<GemmSample> samples = {};
};

/// The largest term of the knee: what a faster device would have to be faster at.
enum class GemmBound { launch, compute, memory };
[[nodiscard]] std::string_view to_string(GemmBound bound);

struct GemmPrediction {
  double time_s = 0;
  Interval interval_s;  ///< where the time of one more such product lies
  GemmBound bound = GemmBound::compute;
  double distance_octaves = 0;  ///< to the nearest calibrated shape, in log2 of m, n and k
  /// Outside the range of the calibrated m, n and k, or farther from any of them than they are from
  /// each other. The interval is wider there, but nothing tests it.
  bool extrapolated = false;
};

/// Fewer samples leave the residuals of the fit to chance.
inline constexpr std::size_t kFewestGemmSamples = 30;

/// A fitted model. Immutable, so several threads may ask it at once.
class GemmModel {
 public:
  /// Fits to `samples`, whose shapes should differ. Deterministic; takes 0.3 s for 1,000 samples.
  /// Throws Error(invalid_input) for fewer than kFewestGemmSamples, for an extent below 1, and for
  /// a time or a peak that is not positive and finite.
  [[nodiscard]] static GemmModel fit(std::span<const GemmSample> samples, const GemmPeaks& peaks);

  /// The model that had these data. Throws as fit() does, and for parameters that none can have.
  explicit GemmModel(GemmModelData data);

  /// Throws Error(usage) for an extent below 1, and a confidence that is not between 0 and 1.
  [[nodiscard]] GemmPrediction predict(const GemmShape& shape, double confidence = 0.9) const;

  [[nodiscard]] const GemmModelData& data() const;

 private:
  struct State;
  explicit GemmModel(std::shared_ptr<const State> state);

  std::shared_ptr<const State> state_;
};

/// t by the knee alone, without what the model learned beside it.
[[nodiscard]] double knee_time_s(const GemmPeaks& peaks, const GemmKnee& knee,
                                 const GemmShape& shape);

/// Operations, and bytes with each operand and result moved once.
[[nodiscard]] double gemm_flop(const GemmShape& shape);
[[nodiscard]] double gemm_bytes(const GemmPeaks& peaks, const GemmShape& shape);

/// The device's peaks for products in this precision, by tensor units where it has them: of
/// arithmetic at the specified clock (that of the data sheet's tensor figures, where it is
/// another), of memory as derate/peak.h has it, or kAssumedBytes_per_s. Empty where the first is
/// not known.
[[nodiscard]] std::optional<GemmPeaks> gemm_peaks_of(const Device& device, Precision precision);

}  // namespace derate
