// SPDX-License-Identifier: Apache-2.0
// Flags that `derate run` hands on to derate_bench, behind --.
#pragma once

#include <string>
#include <vector>

namespace derate::cli {

/// Refuses flags behind -- that derate sets itself, or with which nothing is measured.
/// Throws Error(usage).
void require_measuring(const std::vector<std::string>& pass_on);

}  // namespace derate::cli
