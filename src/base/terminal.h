// SPDX-License-Identifier: Apache-2.0
// What standard output is to a person: whether somebody reads it on a terminal, how wide that is,
// and whether in colours.
#pragma once

#include <cstddef>

namespace derate {

/// Standard output is a terminal, or the user says how wide it is ($COLUMNS).
[[nodiscard]] bool is_read_on_terminal();

/// $COLUMNS, or else the terminal's own; 80 where neither is known.
[[nodiscard]] std::size_t terminal_width();

/// On a terminal, unless $NO_COLOR is set; elsewhere where $CLICOLOR_FORCE is and is not 0.
[[nodiscard]] bool wants_colours();

}  // namespace derate
