// SPDX-License-Identifier: Apache-2.0
// What a library lost on a product that an own kernel can be taken apart on: a library cannot be
// ablated, but its clock, its launches and, where its algorithm names its tiles, its tail are
// known, and what the own kernel's memory hierarchy allows.
#pragma once

#include <optional>
#include <string_view>

#include "attribution/waterfall.h"

namespace derate {

/// Adds the libraries of `stages` to a waterfall whose steps are there.
void add_libraries(const MeasuredStages& stages, Waterfall& waterfall);

/// Tiles of C that an algorithm names, as in "tile 128x256": rows and columns.
struct LibraryTile {
  std::int64_t rows;
  std::int64_t columns;
};
[[nodiscard]] std::optional<LibraryTile> tile_of_algorithm(std::string_view algorithm);

/// Share of the last wave that is used, and of its tiles that lies in C: m·n ÷ what as many whole
/// waves of `units` tiles compute.
[[nodiscard]] double share_of_whole_waves(std::int64_t m, std::int64_t n, const LibraryTile& tile,
                                          double units);

}  // namespace derate
