// SPDX-License-Identifier: Apache-2.0
// What makes records rounds of one row: the same context, and the same key of what was measured.
#pragma once

#include <string>

#include "derate/aggregate.h"
#include "derate/record.h"

namespace derate {

/// Whether a record is of this device, driver and build.
[[nodiscard]] bool same_context(const Context& context, const Record& record);

/// The same for two records of one context, and for no others.
[[nodiscard]] std::string context_key(const Record& record);

/// What was measured, under which conditions and against which peak, on whatever device: the same
/// for a record and for the row that it belongs to. For comparing only: it is no text.
[[nodiscard]] std::string row_key(const Record& record);
[[nodiscard]] std::string row_key(const Row& row);

}  // namespace derate
