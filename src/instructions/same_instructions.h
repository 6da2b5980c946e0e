// SPDX-License-Identifier: Apache-2.0
// Whether two programs hold a benchmark with the same instructions, so that only where the linker
// has put them can make one of them slower.
#pragma once

#include <string>
#include <vector>

#include "instructions/program.h"

namespace derate::instructions {

/// The functions that are the same in both: first those of the benchmark, then what they call
/// directly, and so on; mangled names. Empty where any of them differs or cannot be compared, or a
/// program has none. What belongs to Google Benchmark itself, or to a shared library, is compared
/// by name alone.
[[nodiscard]] std::vector<std::string> same_functions(const Program& one, const Program& other,
                                                      const std::string& benchmark);

}  // namespace derate::instructions
