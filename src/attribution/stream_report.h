// SPDX-License-Identifier: Apache-2.0
// Waterfalls of streams as text of 80 columns, and in the other formats a row for each factor.
#pragma once

#include <ostream>
#include <span>
#include <vector>

#include "attribution/factor_table.h"
#include "attribution/stream_waterfall.h"

namespace derate {

void write_stream_waterfalls(std::ostream& out, std::span<const StreamWaterfall> waterfalls);
/// For the other formats; they point into the waterfalls.
[[nodiscard]] std::vector<FactorRow> factor_rows(std::span<const StreamWaterfall> waterfalls);

}  // namespace derate
