// SPDX-License-Identifier: Apache-2.0
// Which peaks of a device a model of its matrix products is held against.
#include "derate/gemm_model.h"
#include "gemm_model/shape_of_problem.h"
#include "hardware/peak.h"

namespace derate {
std::optional<GemmPeaks> gemm_peaks_of(const Device& device, Precision precision) {
  const std::optional<Peak> compute = peak_of(device, Bound::compute, precision, Units::tensor);
  const std::optional<Peak> memory = peak_of(device, Bound::memory, precision);
  const std::optional<double> flop_per_s = compute ? compute->specified() : std::nullopt;
  const std::optional<double> bytes_per_s = memory ? memory->specified() : std::nullopt;
  if (!flop_per_s) return std::nullopt;
  GemmPeaks peaks{*flop_per_s, bytes_per_s.value_or(kAssumedBytes_per_s), device.compute_units};
  set_gemm_widths(peaks, to_string(precision));
  return peaks;
}

}  // namespace derate
