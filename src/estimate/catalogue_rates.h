// SPDX-License-Identifier: Apache-2.0
// Rates of a device that nobody measured: shares of its peaks, as wide as what is usual for it
// (data/reference.csv), or else by the rule of 15-25 % overhead.
#pragma once

#include <string>

#include "derate/device.h"
#include "estimate/step.h"

namespace derate {

struct CatalogueRates {
  StepRates rates;
  std::string products_source;  ///< for people
  std::string memory_source;
};

/// Throws Error(usage) where the peak in `precision`, or the bandwidth, is not known.
[[nodiscard]] CatalogueRates catalogue_rates(const Device& device, Precision precision);

}  // namespace derate
