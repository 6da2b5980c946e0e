// SPDX-License-Identifier: Apache-2.0
// The core's clock, measured: a chain of dependent additions takes one cycle each.
#pragma once

namespace derate::host {

/// Clock of the core that the caller runs on, in about 0.1 ms; NaN where the instruction set has no
/// chain of a known latency.
[[nodiscard]] double measure_core_clock_hz();

}  // namespace derate::host
