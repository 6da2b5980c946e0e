// SPDX-License-Identifier: Apache-2.0
// Which peaks of a device a model of its matrix products is held against.
#include "derate/gemm_model.h"
#include "derate/peak.h"

namespace derate {
namespace {

/// What programs get: products of fp8 come back as bf16, those of 8-bit integers as 32-bit ones.
Precision result_of(Precision operands) {
  if (operands == Precision::fp8 || operands == Precision::fp4) return Precision::bf16;
  return operands == Precision::i8 ? Precision::i32 : operands;
}

}  // namespace

std::optional<GemmPeaks> gemm_peaks_of(const Device& device, Precision precision) {
  const std::optional<Peak> compute = peak_of(device, Bound::compute, precision, Units::tensor);
  const std::optional<Peak> memory = peak_of(device, Bound::memory, precision);
  const std::optional<double> flop_per_s = compute ? compute->specified() : std::nullopt;
  const std::optional<double> bytes_per_s = memory ? memory->specified() : std::nullopt;
  if (!flop_per_s || !bytes_per_s) return std::nullopt;
  return GemmPeaks{*flop_per_s, *bytes_per_s, device.compute_units, bytes_per_element(precision),
                   bytes_per_element(result_of(precision))};
}

}  // namespace derate
