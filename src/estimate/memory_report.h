// SPDX-License-Identifier: Apache-2.0
// The memory of a step for people and for programs, and whether a device has as much.
#pragma once

#include <ostream>
#include <string>

#include "base/json.h"
#include "derate/format.h"
#include "estimate/memory.h"

namespace derate {

/// With what is set aside of so many bytes; 0: not known, and nothing is set aside.
[[nodiscard]] StepMemory with_set_aside(StepMemory memory, double device_bytes, double share);

/// True where the memory of the device is not known.
[[nodiscard]] bool fits(const StepMemory& memory, double device_bytes);

/// "Memory of one device: weights 16.06 GB, ... ; fits: 18.00 GB needed, 24.00 GB there"
void write_memory(std::ostream& out, const StepMemory& memory, double device_bytes, Format format);
[[nodiscard]] nlohmann::ordered_json json_of(const StepMemory& memory, double device_bytes);

}  // namespace derate
