// SPDX-License-Identifier: Apache-2.0
// Arm's documents for the rates of its cores: the throughput of ASIMD FMLA on vectors of 128 bits.
// By what it is sold with, a Grace of 144 cores at 3.1 GHz (7.1 TFLOP/s in f64) confirms that of
// Neoverse V2.
#pragma once

#include <string_view>

namespace derate::arm_guides {

inline constexpr std::string_view kNeoverseN1 =
    "Arm Neoverse N1 Software Optimization Guide (109896), FMLA";
inline constexpr std::string_view kNeoverseN2 =
    "Arm Neoverse N2 Software Optimization Guide (109914), FMLA";
inline constexpr std::string_view kNeoverseV1 =
    "Arm Neoverse V1 Software Optimization Guide (109897), FMLA";
inline constexpr std::string_view kNeoverseV2 =
    "Arm Neoverse V2 Software Optimization Guide (109898), FMLA";
/// There is none for A78AE, which has the pipelines of A78.
inline constexpr std::string_view kCortexA78 =
    "Arm Cortex-A78 Core Software Optimization Guide (102160), FMLA";
inline constexpr std::string_view kCortexA720 =
    "Arm Cortex-A720 Core Software Optimization Guide (109720), FMLA";

}  // namespace derate::arm_guides
