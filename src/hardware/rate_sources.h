// SPDX-License-Identifier: Apache-2.0
// The documents that state rates of more than one row of the tables (rate.cpp).
#pragma once

#include <string_view>

namespace derate::rate_sources {

inline constexpr std::string_view kGuide =
    "CUDA C++ Programming Guide, throughput of native arithmetic instructions";
inline constexpr std::string_view kGt200 =
    "GT200 as NVIDIA states it: 240 cores in 30 SMs, a multiply-add each";
inline constexpr std::string_view kGuide13 =
    "CUDA C++ Best Practices Guide 13, throughput of native arithmetic instructions";
inline constexpr std::string_view kThorManual =
    "Thor's technical reference manual: 128 cores in an SM; no guide states the other rates";
inline constexpr std::string_view kAmdGuide = "AMD Software Optimization Guide for the family";
inline constexpr std::string_view kIntelGuide = "Intel Optimization Reference Manual";
inline constexpr std::string_view kMxu =
    "a matrix unit (MXU) has 128 x 128 multiply-adds: How to Scale Your Model (JAX)";
inline constexpr std::string_view kCdna2 = "AMD CDNA 2 white paper, table 1";
inline constexpr std::string_view kCdna3 = "AMD CDNA 3 white paper, table 1";
inline constexpr std::string_view kCdna4 = "AMD CDNA 4 white paper, table 1";

// Of Arm's cores the throughput of ASIMD FMLA on vectors of 128 bits. By what it is sold with, a
// Grace of 144 cores at 3.1 GHz (7.1 TFLOP/s in f64) confirms that of Neoverse V2.
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

}  // namespace derate::rate_sources
