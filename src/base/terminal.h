// SPDX-License-Identifier: Apache-2.0
// What standard output is to a person: whether somebody reads it on a terminal, how wide that is,
// and whether in colours.
#pragma once

#include <cstddef>

namespace derate {

/// Standard output is a terminal, or the user says how wide it is ($COLUMNS).
[[nodiscard]] bool is_read_on_terminal();

/// Columns of the terminal behind a descriptor; 80 where it is none, or does not say.
[[nodiscard]] std::size_t terminal_width(int descriptor);

/// Of standard output: $COLUMNS, or else the terminal's own; at least 20.
[[nodiscard]] std::size_t output_width();

/// On a terminal, unless $NO_COLOR is set; elsewhere where $CLICOLOR_FORCE is and is not 0.
[[nodiscard]] bool wants_colours();

}  // namespace derate
