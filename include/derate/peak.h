// SPDX-License-Identifier: Apache-2.0
// Theoretical peaks: 2·N·C for arithmetic, the data sheet's bandwidth for memory.
#pragma once

#include <optional>
#include <string>

#include "derate/device.h"
#include "derate/work.h"

namespace derate {

/// Fused multiply-adds per compute unit and clock, dense.
struct FmaRate {
  double per_unit_and_clock = 0;
  std::string source;
};

/// The cited rate of an architecture; empty when the architecture is not in the table, which
/// makes its peak unknown. There is no default.
[[nodiscard]] std::optional<FmaRate> fma_rate(const std::string& architecture, Precision precision,
                                              Units units = Units::vector);

/// A peak as amount per clock times clock, so that it can be restated at another clock. For memory
/// `per_clock` is the bandwidth itself and the clock is 1.
struct Peak {
  double per_clock = 0;  ///< FLOP per clock of the whole device: 2·N; or B/s
  std::string n_source;  ///< "132 SMs (driver) x 128 FMA per SM and clock (CUDA programming guide)"
  Fact specified_clock_hz;
  Fact maximum_clock_hz;

  /// Peak at the specified clock, or at the maximum where nothing is specified.
  [[nodiscard]] std::optional<double> specified() const;
  [[nodiscard]] double at(double clock_hz) const { return per_clock * clock_hz; }
};

/// The peak that bounds such work on `device`; empty when N is unknown. Where a known device has no
/// tensor units for the precision, its vector units are the peak of either kind.
[[nodiscard]] std::optional<Peak> peak_of(const Device& device, Bound bound, Precision precision,
                                          Units units = Units::vector);

}  // namespace derate
