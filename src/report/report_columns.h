// SPDX-License-Identifier: Apache-2.0
// The report's columns: every format and the documentation are made from these two tables.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/table.h"
#include "derate/aggregate.h"
#include "record/side_by_side.h"

namespace derate {

[[nodiscard]] std::span<const Column<Row>> report_columns();
/// The same without the column that compares with a calibration, for reports without one.
[[nodiscard]] std::span<const Column<Row>> report_columns_plain();
/// Those of these rows, with headings for what only some reports have to tell apart: libraries,
/// throttling, energy.
[[nodiscard]] std::vector<Column<Row>> report_columns_for(std::span<const Row> rows);

/// Of the section "Side by side".
[[nodiscard]] std::span<const Column<SideBySide>> side_by_side_columns();

/// Which columns go first where a terminal has too little room.
[[nodiscard]] table::Narrowing report_narrowing();
[[nodiscard]] table::Narrowing side_by_side_narrowing();

/// "bf16→f32": operands, and the sums where they are something else.
[[nodiscard]] std::string type_text(const Row& row);

}  // namespace derate
