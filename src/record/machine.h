// SPDX-License-Identifier: Apache-2.0
// One rule for what makes a machine the same, for derate's records and for Google Benchmark's files
// alike (docs/history.md).
#pragma once

#include <string_view>
#include <vector>

#include "record/environment.h"

namespace derate {

/// The facts by which two environments are of machines of different kinds, or of different builds:
/// device, processors, caches, nominal clock (by more than 5 %), build type. Empty where figures of
/// one can be judged by those of the other. The name of a host is none of them, since each
/// container has another.
[[nodiscard]] std::vector<EnvironmentDifference> machine_differences(const Environment& base,
                                                                     const Environment& candidate);

/// Whether a fact tells of a machine's state, which a machine outlives: drivers, runtimes,
/// libraries, power caps, the clock's policy.
[[nodiscard]] bool is_machine_state(std::string_view fact);

}  // namespace derate
