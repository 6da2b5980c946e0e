// SPDX-License-Identifier: Apache-2.0
// Quantities as people write them: "7B", "2e12", "1.5T", and ranges of two: "0.75..0.85".
#pragma once

#include <string>
#include <string_view>

#include "estimate/estimate.h"

namespace derate {

/// What a quantity may be; both ends belong to it.
struct Limits {
  double low = 0;
  double high = 0;
};

/// More than zero, up to what no plan exceeds: 1e30.
inline constexpr Limits kPositive = {1e-30, 1e30};
inline constexpr Limits kNotNegative = {0, 1e30};

/// A number with an optional suffix: K, M, B or G, T, P, E for 10³ to 10¹⁸ (k and lower-case
/// letters alike). Throws Error(usage) that names `option` for anything else, for NaN, and outside
/// `limits`.
[[nodiscard]] double parse_quantity(std::string_view text, const std::string& option,
                                    Limits limits);

/// One quantity, or a range of two, whose middle is its value. Throws as parse_quantity().
[[nodiscard]] Range parse_range(std::string_view text, const std::string& option, Limits limits);

/// A share above 0 and below 1: "2%" or "0.02". Throws Error(usage) that names `option`, for a
/// number of one and more without a percent sign, which could be meant as either, above all.
[[nodiscard]] double parse_share(std::string_view text, const std::string& option);

}  // namespace derate
