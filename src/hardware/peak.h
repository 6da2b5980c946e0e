// SPDX-License-Identifier: Apache-2.0
// Theoretical peaks: 2·N·C for arithmetic, the data sheet's bandwidth for memory, the rate of a
// link.
#pragma once

#include <optional>
#include <string>

#include "derate/device.h"
#include "derate/work.h"
#include "hardware/rate.h"

namespace derate {

/// A peak as amount per clock times clock, so that it can be restated at another clock. For memory
/// and links `per_clock` is the bandwidth itself and the clock is 1.
struct Peak {
  double per_clock = 0;     ///< FLOP per clock of the whole device: 2·N; or B/s
  std::string instruction;  ///< that reaches it: "FFMA", "wgmma"; empty for memory and links
  std::string n_source;  ///< "132 SMs (driver) x 128 f32 FMA per clock (sm_90: CUDA C++ Programming
                         ///< Guide, ...)"
  Fact specified_clock_hz;
  Fact maximum_clock_hz;

  /// Peak at the specified clock, or at the maximum where nothing is specified.
  [[nodiscard]] std::optional<double> specified() const;
  [[nodiscard]] double at(double clock_hz) const { return per_clock * clock_hz; }
};

/// The peak that bounds such work on `device`; empty when N is unknown, and for caches and latency,
/// of which nobody states one. Where a known device has no tensor units for the precision, its
/// vector units are the peak of either kind. Work of one `instruction` alone has the peak of that
/// one, where a rate of it is known.
[[nodiscard]] std::optional<Peak> peak_of(const Device& device, Bound bound, Precision precision,
                                          Units units = Units::vector,
                                          std::string_view instruction = {});

/// The same for one rate of the device's architecture.
[[nodiscard]] Peak peak_of(const Device& device, const Rate& rate);

}  // namespace derate
