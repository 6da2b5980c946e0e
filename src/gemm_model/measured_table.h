// SPDX-License-Identifier: Apache-2.0
// Tables of measured matrix products: CSV files with the columns m, n, k and seconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "derate/gemm_model.h"
#include "derate/record_file.h"

namespace derate {

struct GemmTable {
  std::vector<GemmSample> samples;  ///< one a shape, in the order of the file
  std::int64_t rows = 0;            ///< good ones; a shape may stand in several
  std::vector<BadLine> bad;
};

/// A table of more rows than this is refused.
inline constexpr std::int64_t kMostGemmRows = 20'000'000;

/// The first line names the columns, in any order and among others; seconds are those of one
/// product. Shapes that stand there several times get their median time. Rows that are invalid
/// are left out and named. Throws Error(invalid_input) when the file cannot be read, has no such
/// columns, or has no good row.
[[nodiscard]] GemmTable read_gemm_table(const std::filesystem::path& path);

}  // namespace derate
