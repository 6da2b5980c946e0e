// SPDX-License-Identifier: Apache-2.0
// What derate_bench calls the benchmark that a record is of.
#pragma once

#include <string>

#include "derate/record.h"

namespace derate {

/// "cuda:1/gemm/cublas/bf16": as the program names it, without the problem.
[[nodiscard]] std::string benchmark_path(const Record& record);

/// The path, and in brackets what it does not say but makes it another measurement: "(hot)",
/// "(zeros)", "(sustained)", "(2 at once)", "(side by side)".
[[nodiscard]] std::string benchmark_name(const Record& record);

}  // namespace derate
