// SPDX-License-Identifier: Apache-2.0
// How other programs head their tables of matrix products: separators, names of columns in any
// case, and units of time.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace derate {

/// The fields of a line without blanks and quotes; no field of such a table holds the separator.
void split_row(std::string_view line, char separator, std::vector<std::string_view>& fields);

struct GemmColumns {
  char separator = ',';
  std::array<std::size_t, 4> places{};  ///< of m, n, k and the time among the fields
  std::array<std::string, 4> names;     ///< as the table has them
  double seconds_per_unit = 1;          ///< of the time
  bool unit_is_assumed = false;         ///< the name of the time's column states none
};

/// From the line that names the columns. Throws Error(invalid_input) naming `file` and `line` for
/// one that names no such column, or one of them twice, or a time in no known unit.
[[nodiscard]] GemmColumns gemm_columns_of(std::string_view heading, const std::string& file,
                                          std::size_t line);

}  // namespace derate
