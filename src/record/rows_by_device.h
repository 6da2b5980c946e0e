// SPDX-License-Identifier: Apache-2.0
// Rows of one device and build; they share a context.
#pragma once

#include <span>
#include <vector>

#include "derate/aggregate.h"

namespace derate {

using DeviceRows = std::span<const Row>;

/// The rows of each device and build, in the order in which Aggregate gives them: those of a
/// context together.
[[nodiscard]] std::vector<DeviceRows> by_device(std::span<const Row> rows);

}  // namespace derate
