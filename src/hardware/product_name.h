// SPDX-License-Identifier: Apache-2.0
// From a name as drivers, clouds and people write it to the one product that it means, or to those
// between which only its writer can choose. Upper and lower case, blanks, "-" and "_" are the same;
// maker, brand and the size of the memory may be left out or added where they are the product's.
#pragma once

#include <string_view>
#include <vector>

#include "hardware/product.h"

namespace derate {

/// The product whose whole name this is; null where it is none's, or that of several.
[[nodiscard]] const Product* find_product(std::string_view name);

/// The product whose whole name this is; otherwise all that have these words in their names.
[[nodiscard]] std::vector<const Product*> products_meant(std::string_view name);

/// The one product that `name` means. Throws Error(usage): with the candidates where it may mean
/// several, with similar names where there are any; `where` it was looked for.
[[nodiscard]] const Product& product_named(std::string_view name,
                                           std::string_view where = "in the catalogue");

/// At most three names that differ from this by a slip of the pen, the nearest first.
[[nodiscard]] std::vector<std::string_view> similar_products(std::string_view name);

}  // namespace derate
