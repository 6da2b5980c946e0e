// SPDX-License-Identifier: Apache-2.0
// What a calibration knows of why its factors are below 1.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "attribution/waterfall.h"
#include "derate/calibration.h"

namespace derate {

/// Adds the factors of the waterfalls of the calibration's device.
void add_losses(std::span<const Waterfall> waterfalls, Calibration& calibration);

/// "lost on the way from 2·N·C, at tiled f32 m:2048/n:2048/k:2048: memory 6 %, issue 3 %"; empty
/// where the calibration has no such factors.
[[nodiscard]] std::string losses_sentence(const Calibration& calibration,
                                          std::string_view precision, std::string_view variant);

}  // namespace derate
