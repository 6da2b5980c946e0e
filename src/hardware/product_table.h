// SPDX-License-Identifier: Apache-2.0
// Reads data/products.csv, which the build puts into the program.
#pragma once

#include <string_view>
#include <vector>

#include "hardware/product.h"

namespace derate {

/// The products of such a file, which must outlive them. Throws Error(invalid_input) naming line
/// and column.
[[nodiscard]] std::vector<Product> parse_products(std::string_view csv);

/// The names in a field that holds several, "|" between them.
[[nodiscard]] std::vector<std::string_view> names_in(std::string_view field);

}  // namespace derate
