// SPDX-License-Identifier: Apache-2.0
// Which family of tensor instructions reaches the peak of a device, and which does not, and why.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "derate/aggregate.h"

namespace derate::report_notes {

/// Sentences on one device's rows; none where every row is of the instruction that the peak takes.
[[nodiscard]] std::vector<std::string> of_instruction_families(std::span<const Row> rows);

}  // namespace derate::report_notes
