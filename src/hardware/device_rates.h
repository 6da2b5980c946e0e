// SPDX-License-Identifier: Apache-2.0
// The rates of one device: those of its architecture, less what its product has not; or its printed
// peaks.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "derate/device.h"
#include "hardware/rate.h"

namespace derate {

/// Every rate that a source gives for the device, vector units first.
[[nodiscard]] std::vector<Rate> rates_of(const Device& device);

/// The rate of one precision, as fma_rate() chooses it. Where the device has no tensor units for
/// it, its vector units stand for either kind; empty where the rate is not known.
[[nodiscard]] std::optional<Rate> rate_of(const Device& device, Precision precision, Units units,
                                          std::string_view instruction = {});

}  // namespace derate
