// SPDX-License-Identifier: Apache-2.0
// Rates of a device that nobody measured: shares of its peaks, as wide as what is usual for it
// (data/reference.csv), or else by the rule of 15-25 % overhead.
#pragma once

#include <optional>
#include <string>

#include "derate/device.h"
#include "estimate/estimate.h"
#include "estimate/step.h"

namespace derate {

/// What is usual for the device, as a share of 2·N·C and who says so.
struct UsualShare {
  Range eta;
  std::string source;
};

/// Of large products in `precision`; nothing where fewer than two figures are on record.
[[nodiscard]] std::optional<UsualShare> usual_products(const Device& device, Precision precision);

struct CatalogueRates {
  StepRates rates;
  std::string products_source;  ///< for people
  std::string memory_source;
};

/// Throws Error(usage) where the peak in `precision`, or the bandwidth, is not known.
[[nodiscard]] CatalogueRates catalogue_rates(const Device& device, Precision precision);

}  // namespace derate
