// SPDX-License-Identifier: Apache-2.0
// A waterfall as text of 80 columns, and in the other formats a row for each factor.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "attribution/factor_table.h"
#include "attribution/waterfall.h"
#include "derate/format.h"

namespace derate {

void write_waterfalls(std::ostream& out, std::span<const Waterfall> waterfalls);
/// For the other formats; they point into the waterfalls.
[[nodiscard]] std::vector<FactorRow> factor_rows(std::span<const Waterfall> waterfalls);

/// What a small, a medium and a large product lose, in points of 2·N·C: a column for each factor,
/// and a sentence on the rule of thumb of 15 to 25 %.
void write_rule_of_thumb(std::ostream& out, std::span<const Waterfall> waterfalls, Format format);

/// "issue 9 %, memory 4 %, clock 2 %": the largest losses of at least half a point of 2·N·C, at
/// most `most` of them; empty where nothing is lost.
[[nodiscard]] std::string largest_losses(std::span<const WaterfallStep> steps, std::size_t most);

/// "512 x 512 x 512".
[[nodiscard]] std::string extents_text(const Record& record);
/// "gemm tiled f32 512 x 512 x 512".
[[nodiscard]] std::string title_of(const Record& record);

}  // namespace derate
