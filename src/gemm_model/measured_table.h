// SPDX-License-Identifier: Apache-2.0
// Tables of measured matrix products: text with columns for m, n, k and the time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "derate/gemm_model.h"
#include "derate/record_file.h"
#include "gemm_model/table_columns.h"

namespace derate {

struct GemmTable {
  std::vector<GemmSample> samples;  ///< one a shape, in the order of the file
  std::int64_t rows = 0;            ///< good ones; a shape may stand in several
  std::vector<BadLine> bad;
  GemmColumns columns;
  std::string left_out;  ///< a sentence on impossible rows; may be empty
};

/// A table of more rows than this is refused.
inline constexpr std::int64_t kMostGemmRows = 20'000'000;

/// The first line that is not empty and does not begin with # names the columns, in any order, case
/// and among others (table_columns.h); times are those of one product. Shapes that stand there
/// several times get their median time. Rows that are invalid are left out and named. Throws
/// Error(invalid_input) when the file cannot be read, has no such columns, or has no good row.
[[nodiscard]] GemmTable read_gemm_table(const std::filesystem::path& path);

/// Leaves out shapes whose rate is above the device's peak at its highest clock, and says so in
/// `left_out`: no model shall learn from them. Throws Error(invalid_input) where they are most of
/// all: then the unit is wrong.
void leave_out_impossible(double most_flop_per_s, const std::string& file, GemmTable& table);

}  // namespace derate
