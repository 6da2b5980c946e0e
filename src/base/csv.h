// SPDX-License-Identifier: Apache-2.0
// Lines of comma-separated values.
#pragma once

#include <string_view>
#include <vector>

namespace derate {

/// The fields of a line, views of it. Quotation marks stand around a whole field, for the commas in
/// it.
[[nodiscard]] std::vector<std::string_view> csv_fields(std::string_view line);

}  // namespace derate
