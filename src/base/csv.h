// SPDX-License-Identifier: Apache-2.0
// Lines of comma-separated values.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace derate {

/// The fields of a line, views of it. Quotation marks stand around a whole field, for the commas in
/// it.
[[nodiscard]] std::vector<std::string_view> csv_fields(std::string_view line);

/// Calls `use` with the number and the fields of each line that is neither empty nor begins with #,
/// whatever its end of line: the form of the tables in data/.
void each_csv_line(std::string_view csv,
                   const std::function<void(int, const std::vector<std::string_view>&)>& use);

}  // namespace derate
