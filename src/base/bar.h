// SPDX-License-Identifier: Apache-2.0
// Bars of block characters, in eighths of a cell.
#pragma once

#include <cstddef>
#include <string>

namespace derate {

/// `share`, cut to 0 to 1, of `cells` full ones; no longer than it needs.
[[nodiscard]] std::string bar(double share, std::size_t cells);

}  // namespace derate
