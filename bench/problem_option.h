// SPDX-License-Identifier: Apache-2.0
// The size that a user names in place of a suite's: "m:4096,n:11008,k:4096".
#pragma once

#include <string>

#include "derate/work.h"
#include "derate/workload.h"

namespace derate::bench {

/// m, n and k of a matrix product, in any order, between commas or as names and records have them,
/// between slashes. Throws Error(usage) with a sentence that names the extent which is wrong.
[[nodiscard]] Problem parse_product(const std::string& text);

/// Whether the workload's problems are such products.
[[nodiscard]] bool is_product(const Workload& workload);

}  // namespace derate::bench
