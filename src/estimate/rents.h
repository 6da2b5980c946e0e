// SPDX-License-Identifier: Apache-2.0
// What renting a product costs, as data/rents.csv has it, with the date and the source.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "estimate/estimate.h"

namespace derate {

struct Rent {
  std::string_view device;  ///< Product::name
  Range usd_per_hour;       ///< of one device
  std::string_view date;    ///< "2026-05"
  std::string_view source;
};

/// Throws Error(invalid_input) naming the line of a text that is no such table.
[[nodiscard]] std::vector<Rent> parse_rents(std::string_view csv);

[[nodiscard]] std::span<const Rent> rents();

/// Null where no line is of that product.
[[nodiscard]] const Rent* rent_of(std::string_view product);

}  // namespace derate
