// SPDX-License-Identifier: Apache-2.0
// Whether a device does as it should: what its classes reach, what its driver reports, and whether
// other programs had it meanwhile.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/device_classes.h"

namespace derate {

/// slow: a figure below what is usual, or a fault. disturbed: others had the device, so that a low
/// figure would say nothing. not_known: nothing could be judged.
enum class DeviceState { healthy, slow, disturbed, not_known };

[[nodiscard]] std::string_view to_string(DeviceState state);

struct DeviceVerdict {
  DeviceState state = DeviceState::not_known;
  std::vector<std::string> reasons;  ///< whole clauses, at least one
};

/// `device`: all rows of one device; `classes` point into them.
[[nodiscard]] DeviceVerdict verdict_of(std::span<const Row> device,
                                       std::span<const DeviceClass> classes);

}  // namespace derate
