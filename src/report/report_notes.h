// SPDX-License-Identifier: Apache-2.0
// The sentences around a report's table.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "derate/aggregate.h"

namespace derate::report_notes {

/// What a reader must know of a device before its figures: N, C, software, and any warning.
/// `device` holds all rows of one device and build, at least one.
[[nodiscard]] std::vector<std::string> of_device(std::span<const Row> device);

/// What a reader must know of rows that did not pass or say less than they seem to; unstable ones
/// are only counted, since the table shows their intervals.
[[nodiscard]] std::vector<std::string> of_rows(std::span<const Row> rows);

}  // namespace derate::report_notes
