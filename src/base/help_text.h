// SPDX-License-Identifier: Apache-2.0
// The help of a command in the width of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace derate {

/// Lines of CLI11's help, filled anew where they are wider than `width`: a description stays in its
/// column, or stands below its option where that column leaves no room.
[[nodiscard]] std::string fitted_help(std::string_view help, std::size_t width);

}  // namespace derate
